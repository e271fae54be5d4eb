package install

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// homeOf is where hosts look when only the home folder is known.
func homeOf(dir string, vars ...string) Place {
	return Place{Home: dir, Getenv: func(name string) string {
		for _, v := range vars {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value
			}
		}
		return ""
	}}
}

func TestWhereHostsKeepTheirFiles(t *testing.T) {
	for name, tt := range map[string]struct {
		place Place
		want  []string
	}{
		"at home": {homeOf("/home/ann"), []string{
			"/home/ann/.claude/settings.json", "/home/ann/.claude.json", "/home/ann/.codex/hooks.json", "/home/ann/.codex/config.toml",
			"/home/ann/.gemini/settings.json",
		}},
		"elsewhere": {homeOf("/home/ann", "CLAUDE_CONFIG_DIR=/etc/cc", "CODEX_HOME=/etc/cx", "GEMINI_CLI_HOME=/etc/gm"), []string{
			"/etc/cc/settings.json", "/etc/cc/.claude.json", "/etc/cx/hooks.json", "/etc/cx/config.toml", "/etc/gm/.gemini/settings.json",
		}},
	} {
		var got []string
		for _, h := range Hosts(tt.place) {
			for _, f := range h.Files {
				got = append(got, filepath.ToSlash(f.Path))
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestHere(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, h := range Hosts(homeOf(t.TempDir())) {
		if h.Here() {
			t.Errorf("%s is here", h.Name)
		}
		if err := os.MkdirAll(h.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if !h.Here() {
			t.Errorf("%s is not here though it left its folder", h.Name)
		}
	}
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	for _, h := range Hosts(homeOf(t.TempDir())) {
		if err := os.WriteFile(filepath.Join(bin, h.Program), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		if !h.Here() {
			t.Errorf("%s is not here though it is on the PATH", h.Name)
		}
	}
}

// What other programs have in the hosts' hooks stays, and all comes back.
func TestHooksOfAnyHost(t *testing.T) {
	for _, h := range Hosts(homeOf(t.TempDir())) {
		t.Run(h.Agent, func(t *testing.T) {
			f := h.Files[0]
			const before = `{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "say done", "timeout": 3}]}]}}`
			if err := os.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(f.Path, []byte(before), 0o600); err != nil {
				t.Fatal(err)
			}
			o := Options{Exe: filepath.Join(t.TempDir(), "my tools", "claude-mem"), FileContext: true}
			if err := os.MkdirAll(filepath.Dir(o.Exe), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(o.Exe, nil, 0o755); err != nil {
				t.Fatal(err)
			}
			p, err := f.Install(o)
			text := applied(t, p, err)
			if r, err := h.Check(o); err != nil || !r.Registered() || len(r.Events) != len(h.hooks.events) {
				t.Errorf("%+v, %v", r, err)
			}
			if got := commands(t, text)["Stop"]; got[0] != "say done" {
				t.Errorf("others' hooks: %q", got)
			}
			if p, err := f.Install(o); err != nil || p.Changed() {
				t.Errorf("again: %v\n%s", err, p.Diff())
			}
			for _, other := range Hosts(homeOf(filepath.Dir(filepath.Dir(f.Path)))) {
				s, err := parseSettings([]byte(text), other.hooks)
				if err != nil || other.Agent != h.Agent && len(s.registered()) > 0 {
					t.Errorf("%s takes them for its own: %v", other.Name, err)
				}
			}
			p, err = f.Uninstall()
			if got := applied(t, p, err); got != before {
				t.Errorf("given back: %s", got)
			}
		})
	}
}

func TestCodexHookLine(t *testing.T) {
	h, err := codexForm().entry("/opt/my tools/claude-mem")
	if err != nil || h.Command != "'/opt/my tools/claude-mem' hook codex" || len(h.Args) > 0 || h.Timeout != 5 {
		t.Errorf("%+v, %v", h, err)
	}
	if _, err := codexForm().entry("/opt/ann's/claude-mem"); err == nil || !strings.Contains(err.Error(), "move the program") {
		t.Errorf("a path with a quote: %v", err)
	}
}

// geminiSettings are as people have them: with comments.
var geminiSettings = map[string]string{
	"none":                "",
	"plain":               "{\n  \"theme\": \"Default\"\n}\n",
	"comments":            "// mine\n{\n  \"theme\": \"a // b\", /* dark */\n  \"mcpServers\": {\n    // \"off\": {},\n    \"docs\": {\"command\": \"docs\"} // local\n  },\n  \"hooks\": {\n    // none yet\n  }\n} // end",
	"a hook of another's": `{"hooks": {"AfterTool": [{"matcher": "write_file", "hooks": [{"name": "fmt", "type": "command", "command": "gofmt -l ."}]}]}}`,
}

func TestGeminiComesAndGoes(t *testing.T) {
	for name, before := range geminiSettings {
		t.Run(name, func(t *testing.T) {
			h := gemini(homeOf(t.TempDir()))
			f := h.Files[0]
			if err := os.MkdirAll(h.Dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if before != "" {
				if err := os.WriteFile(f.Path, []byte(before), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			after := put(t, f, "/old/claude-mem")
			var got struct {
				Hooks map[string][]struct {
					Matcher string
					Hooks   []hook
				}
				Servers map[string]server `json:"mcpServers"`
			}
			if err := json.Unmarshal(blanked([]byte(after)), &got); err != nil {
				t.Fatalf("%v in %s", err, after)
			}
			groups := got.Hooks["AfterTool"]
			if mine := groups[len(groups)-1].Hooks[0]; mine.Name != "claude-mem" || mine.Command != "/old/claude-mem hook gemini" || mine.Timeout != 5000 {
				t.Errorf("registered %+v", mine)
			}
			if s := got.Servers["claude-mem"]; s.Command != "/old/claude-mem" || !cmp.Equal(s.Args, []string{"mcp"}) {
				t.Errorf("registered %+v", s)
			}
			if got.Hooks["PreCompress"][0].Matcher != "manual" {
				t.Error("PreCompress is registered for each request of the model")
			}
			for _, comment := range []string{"// mine", "/* dark */", "// none yet", "// \"off\"", "// local", "// end"} {
				if strings.Contains(before, comment) && !strings.Contains(after, comment) {
					t.Errorf("%s is gone:\n%s", comment, after)
				}
			}
			moved := put(t, f, exe)
			if want := strings.ReplaceAll(after, "/old/claude-mem", exe); moved != want {
				t.Errorf("after a move:\n%s", moved)
			}
			if again := put(t, f, exe); again != moved {
				t.Errorf("the second time changes it:\n%s", again)
			}
			if back := taken(t, f); back != before {
				t.Errorf("given back:\n%q\nwas:\n%q", back, before)
			}
		})
	}
}

// A comment that was added since stays, though it says nothing to a machine.
func TestGeminiCommentAddedSince(t *testing.T) {
	h := gemini(homeOf(t.TempDir()))
	f := h.Files[0]
	after := put(t, f, exe)
	if err := os.WriteFile(f.Path, []byte("// new\n"+after), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := taken(t, f); !strings.HasPrefix(got, "// new\n{") || strings.Contains(got, "claude-mem") {
		t.Errorf("left %q", got)
	}
}

func TestGeminiSwitchedOff(t *testing.T) {
	h := gemini(homeOf(t.TempDir()))
	program := filepath.Join(filepath.Dir(h.Dir), "claude-mem")
	if err := os.WriteFile(program, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	text := put(t, h.Files[0], program)
	for config, problem := range map[string]string{
		``: "",
		`"hooksConfig": {"enabled": true, "disabled": ["fmt"]},`: "",
		`"hooksConfig": {"enabled": false},`:                     "runs no hooks",
		`"hooksConfig": {"disabled": ["fmt", "claude-mem"]},`:    "does not run its hooks",
	} {
		if err := os.WriteFile(h.Files[0].Path, []byte(strings.Replace(text, "{", "{"+config, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := h.Check(Options{Exe: program})
		if err != nil || r.Registered() != (problem == "") || !strings.Contains(strings.Join(r.Problems, "; "), problem) {
			t.Errorf("%s: %+v, %v", config, r, err)
		}
	}
}

func TestBlanked(t *testing.T) {
	for in, want := range map[string]string{
		"{} // a\n": "{}     \n", `{"a": "// \" /* b */"}`: `{"a": "// \" /* b */"}`, "/* a\nb */{}": "    \n    {}",
		"{/* a": "{/* a", `"\`: `"\`, "/": "/", "//": "  ",
	} {
		if got := string(blanked([]byte(in))); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// Codex runs no hook that its user has not agreed to.
func TestCodexTrust(t *testing.T) {
	home := t.TempDir()
	h := codex(homeOf(home))
	program := filepath.Join(home, "claude-mem")
	if err := os.WriteFile(program, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	o := Options{Exe: program}
	for _, f := range h.Files {
		p, err := f.Install(o)
		applied(t, p, err)
	}
	config := h.Files[1].Path
	without := read(t, config)
	r, err := h.Check(o)
	if err != nil || !r.Registered() || len(r.Untrusted) != len(h.hooks.events) {
		t.Errorf("before: %+v, %v", r, err)
	}
	agreed := "\n[hooks.state]\n"
	for _, event := range h.hooks.events {
		agreed += "\n[hooks.state.\"" + h.Files[0].Path + ":" + snake(event) + ":0:0\"]\ntrusted_hash = \"sha256:1\"\n"
	}
	write := func(text string) {
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(without + agreed)
	if r, err := h.Check(o); err != nil || !r.Registered() || len(r.Untrusted) > 0 || !strings.Contains(r.Agreed, "asks again") {
		t.Errorf("after: %+v, %v", r, err)
	}
	moved := Options{Exe: o.Exe, Hook: program + "-hook"}
	for name, tt := range map[string]struct {
		config string
		o      Options
		want   bool
	}{
		"the same command":    {without + agreed, o, false},
		"another command":     {without + agreed, moved, true},
		"agreed to none":      {without, moved, false},
		"a file with a fault": {"a = ", moved, false},
	} {
		write(tt.config)
		p, err := h.Files[0].Install(tt.o)
		if got := h.AsksAgain(p); err != nil || got != tt.want {
			t.Errorf("%s: asks again: %t, %v", name, got, err)
		}
	}
	write(without + strings.Replace(agreed, "trusted_hash = \"sha256:1\"\n", "trusted_hash = \"sha256:1\"\nenabled = false\n", 1))
	if r, err := h.Check(o); err != nil || !cmp.Equal(r.Untrusted, []string{"SessionStart"}) || r.Agreed != "" {
		t.Errorf("one is off: %+v, %v", r, err)
	}
	write(without + agreed + "[features]\nhooks = false\n")
	if r, err := h.Check(o); err != nil || r.Registered() {
		t.Errorf("all are off: %+v, %v", r, err)
	}
	write("a = ")
	if r, err := h.Check(o); err != nil || r.Registered() {
		t.Errorf("a broken file: %+v, %v", r, err)
	}
}
