package config

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// write makes a settings file in a fresh data dir and returns the dir.
func write(t *testing.T, content string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "settings.json"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func load(t *testing.T, dir string, flags map[string]string, env ...string) *Config {
	t.Helper()
	c, err := Load(Options{Flags: flags, Environ: append(env, DataDir+"="+dir)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPrecedence(t *testing.T) {
	file := `{"CLAUDE_MEM_SERVER_PORT": 4}`
	tests := []struct {
		name, file, env, flag string
		want                  int
		origin                string
	}{
		{name: "default", file: `{}`, want: 0, origin: "default"},
		{name: "file", file: file, want: 4, origin: "file"},
		{name: "environment over file", file: file, env: "3", want: 3, origin: "environment"},
		{name: "flag over environment", file: file, env: "3", flag: "2", want: 2, origin: "flag"},
		{name: "empty is not set", file: file, env: "", flag: "", want: 4, origin: "file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := load(t, write(t, tt.file), map[string]string{ServerPort: tt.flag}, ServerPort+"="+tt.env)
			if got := c.Int(ServerPort); got != tt.want {
				t.Errorf("port = %d, want %d", got, tt.want)
			}
			if got := c.Origin(ServerPort).Source; got != tt.origin {
				t.Errorf("origin = %q, want %q", got, tt.origin)
			}
		})
	}
}

func TestFileForms(t *testing.T) {
	tests := []struct{ name, file string }{
		{"flat texts", `{"CLAUDE_MEM_SERVER_PORT": "7", "CLAUDE_MEM_DISABLE": "yes", "CLAUDE_MEM_SKIP_TOOLS": "A, B"}`},
		{"flat values", `{"CLAUDE_MEM_SERVER_PORT": 7, "CLAUDE_MEM_DISABLE": true, "CLAUDE_MEM_SKIP_TOOLS": ["A", "B"]}`},
		{"nested", `{"env": {"CLAUDE_MEM_SERVER_PORT": "7", "CLAUDE_MEM_DISABLE": "1", "CLAUDE_MEM_SKIP_TOOLS": "A,B"}}`},
		{"flat wins over nested", `{"CLAUDE_MEM_SERVER_PORT": 7, "env": {"CLAUDE_MEM_SERVER_PORT": 8, "CLAUDE_MEM_DISABLE": "on", "CLAUDE_MEM_SKIP_TOOLS": "A,B"}}`},
		{"byte-order mark", "\ufeff" + `{"CLAUDE_MEM_SERVER_PORT": 7, "CLAUDE_MEM_DISABLE": true, "CLAUDE_MEM_SKIP_TOOLS": "A,B"}`},
		{"foreign keys", `{"env": 3, "x": {"y": []}, "CLAUDE_MEM_LATER": {}, "CLAUDE_MEM_SERVER_PORT": 7, "CLAUDE_MEM_DISABLE": true, "CLAUDE_MEM_SKIP_TOOLS": "A,B"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := Load(Options{Environ: []string{DataDir + "=" + write(t, tt.file)}})
			if c.Int(ServerPort) != 7 || !c.Bool(Disable) {
				t.Errorf("port %d, disable %v", c.Int(ServerPort), c.Bool(Disable))
			}
			if d := cmp.Diff([]string{"A", "B"}, c.List(SkipTools)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestListNone(t *testing.T) {
	for _, file := range []string{`{"CLAUDE_MEM_SKIP_TOOLS": "none"}`, `{"CLAUDE_MEM_SKIP_TOOLS": []}`} {
		if got := load(t, write(t, file), nil).List(SkipTools); len(got) != 0 {
			t.Errorf("%s: list = %q, want none", file, got)
		}
	}
	if got := load(t, write(t, `{}`), nil).List(SkipTools); len(got) < 5 {
		t.Errorf("the default list = %q", got)
	}
}

func TestOlderNames(t *testing.T) {
	dir := write(t, `{"CLAUDE_MEM_SERVER_BETA_URL": "http://file"}`)
	if got := load(t, dir, nil).String(ServerURL); got != "http://file" {
		t.Errorf("from the file: %q", got)
	}
	c := load(t, dir, nil, "CLAUDE_MEM_SERVER_BETA_URL=http://env")
	if got := c.String(ServerURL); got != "http://env" {
		t.Errorf("from the environment: %q", got)
	}
	if got := c.Origin(ServerURL).Name; got != "CLAUDE_MEM_SERVER_BETA_URL" {
		t.Errorf("origin names %q", got)
	}
}

func TestWrongValues(t *testing.T) {
	tests := []struct{ key, value, fix string }{
		{ServerPort, "eighty", "a whole number from 0 to 65535"},
		{ServerPort, "65536", "a whole number from 0 to 65535"},
		{ServerPort, "-1", "a whole number from 0 to 65535"},
		{Disable, "maybe", "true or false"},
		{LogLevel, "loud", "one of debug, info, warn, error"},
	}
	for _, tt := range tests {
		t.Run(tt.key+"="+tt.value, func(t *testing.T) {
			env := []string{DataDir + "=" + t.TempDir(), tt.key + "=" + tt.value, SemanticInject + "=1"}
			c, err := Load(Options{Environ: env})
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range []string{tt.key, tt.value, tt.fix, "environment " + tt.key} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not contain %q", err, part)
				}
			}
			if c.String(tt.key) != load(t, t.TempDir(), nil).String(tt.key) {
				t.Errorf("%s = %q, want its default", tt.key, c.String(tt.key))
			}
			if !c.Bool(SemanticInject) {
				t.Error("the other settings are lost")
			}
		})
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{"1500": 1500 * time.Millisecond, "1m30s": 90 * time.Second} {
		if got, ok := parseDuration(text); !ok || got != want {
			t.Errorf("%q = %v %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"-5", "-5s", "soon", "9999999999999999"} {
		if fix := (Setting{Kind: KindDuration}).check(text); fix == "" {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestEverySettingIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Settings() {
		if s.Doc == "" || seen[s.Key] || !strings.HasPrefix(s.Key, "CLAUDE_MEM_") {
			t.Errorf("%s: doc %q, seen %v", s.Key, s.Doc, seen[s.Key])
		}
		seen[s.Key] = true
		if s.Default != "" && s.check(s.Default) != "" {
			t.Errorf("%s: default %q must be %s", s.Key, s.Default, s.check(s.Default))
		}
	}
}

func TestMask(t *testing.T) {
	const key = "cmem_0123456789abcdef0123456789abcdef"
	if got := Mask(key); got == key || !strings.HasPrefix(got, "cmem_") || len(got) > 16 {
		t.Errorf("Mask = %q", got)
	}
	if got := Mask("hunter2"); strings.Contains(got, "h") {
		t.Errorf("Mask of a short secret = %q", got)
	}
}

func TestDirs(t *testing.T) {
	root := t.TempDir()
	c, err := Load(Options{Environ: []string{DataDir + "=" + root}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Dirs.Make(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		c.Dirs.SettingsFile(), c.Dirs.Database(), c.Dirs.Logs(), c.Dirs.Spool(),
		c.Dirs.LockFile(), c.Dirs.PortFile(), c.Dirs.PidFile(), c.Dirs.StateFile(),
	} {
		if !strings.HasPrefix(path, root) {
			t.Errorf("%s is not under %s", path, root)
		}
	}
	d, err := findDirs("", userHome)
	if err != nil || d.Config == d.Data || !filepath.IsAbs(d.Data) {
		t.Errorf("XDG directories: %+v, %v", d, err)
	}
}

// Where the settings are those of a team's server, that is who is talked to.
func TestServerOfATeam(t *testing.T) {
	database := ServerDatabaseURL + "=postgres://db.example/memory"
	here := "http://127.0.0.1:" + strconv.Itoa(DefaultPort())
	for _, c := range []struct {
		environ []string
		want    string
	}{
		{nil, ""},
		{[]string{database}, here},
		{[]string{database, ServerHost + "=0.0.0.0"}, here},
		{[]string{database, ServerHost + "=::", ServerPort + "=8080"}, "http://127.0.0.1:8080"},
		{[]string{database, ServerHost + "=::1", ServerPort + "=8080"}, "http://[::1]:8080"},
		{[]string{database, ServerHost + "=memory.example"}, "http://memory.example:" + strconv.Itoa(DefaultPort())},
		{[]string{database, ServerURL + "=https://memory.example"}, "https://memory.example"},
	} {
		cfg, err := Load(Options{Environ: append(c.environ, DataDir+"="+t.TempDir())})
		if err != nil || cfg.String(ServerURL) != c.want {
			t.Errorf("%v: %q, %v, want %q", c.environ, cfg.String(ServerURL), err, c.want)
		}
	}
}
