package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBrokenFile(t *testing.T) {
	tests := []struct{ name, content, where string }{
		{"trailing comma", "{\n  \"a\": 1,\n}", ":3:1:"},
		{"comment", "{\n  // no\n}", ":2:3:"},
		{"an array", "[1]", ":1:1:"},
		{"cut off", `{"a": `, ":1:6:"},
		{"wrong type of a setting", `{"CLAUDE_MEM_SERVER_PORT": {}}`, "CLAUDE_MEM_SERVER_PORT"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := write(t, tt.content)
			path := filepath.Join(dir, "settings.json")
			c, err := Load(Options{Environ: []string{DataDir + "=" + dir, ServerHost + "=::1"}})
			if err == nil || !strings.Contains(err.Error(), tt.where) || !strings.Contains(err.Error(), path) {
				t.Fatalf("error %v does not say %s and %s", err, path, tt.where)
			}
			if c.String(ServerHost) != "::1" {
				t.Error("the environment is lost")
			}
		})
	}
}

func TestSetRefusesABrokenFile(t *testing.T) {
	const content = "{\n  \"CLAUDE_MEM_DISABLE\": true,\n}"
	path := filepath.Join(write(t, content), "settings.json")
	if err := SetInFile(path, ServerPort, "1"); err == nil {
		t.Error("no error")
	}
	if got, _ := os.ReadFile(path); string(got) != content {
		t.Errorf("the file became %q", got)
	}
}

func TestSetInFile(t *testing.T) {
	tests := []struct{ name, before, want string }{
		{"no file", "", `{"CLAUDE_MEM_SERVER_PORT":"9"}`},
		{"flat", `{"x": 12345678901234567890, "CLAUDE_MEM_SERVER_PORT": 1}`, `{"CLAUDE_MEM_SERVER_PORT":"9","x":12345678901234567890}`},
		{"nested", `{"env": {"y": [1]}, "z": 1}`, `{"env":{"CLAUDE_MEM_SERVER_PORT":"9","y":[1]},"z":1}`},
		{"flat beside nested", `{"env": {}, "CLAUDE_MEM_SERVER_PORT": 1}`, `{"CLAUDE_MEM_SERVER_PORT":"9","env":{}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "new", "settings.json")
			if tt.before != "" {
				path = filepath.Join(write(t, tt.before), "settings.json")
			}
			if err := SetInFile(path, ServerPort, "9"); err != nil {
				t.Fatal(err)
			}
			if got := compact(t, path); got != tt.want {
				t.Errorf("file = %s, want %s", got, tt.want)
			}
			if fi, _ := os.Stat(path); fi.Mode().Perm() != 0o600 {
				t.Errorf("mode %v", fi.Mode())
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

func TestFilesThatAreNone(t *testing.T) {
	for name, content := range map[string]string{"empty": "", "blank": " \n", "only a mark": "\ufeff"} {
		dir := write(t, content)
		if c := load(t, dir, nil); c.Origin(LogLevel).Source != "default" {
			t.Errorf("%s: level from %s", name, c.Origin(LogLevel))
		}
		if err := SetInFile(filepath.Join(dir, "settings.json"), LogLevel, "warn"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	huge := write(t, `{"x": "`+strings.Repeat("x", maxSettingsBytes)+`"}`)
	if _, err := Load(Options{Environ: []string{DataDir + "=" + huge}}); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("a huge file: %v", err)
	}
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "settings.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(Options{Environ: []string{DataDir + "=" + folder}}); err == nil {
		t.Error("a folder is read")
	}
}

func TestWriteFileReplacesOrLeaves(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "new" {
		t.Errorf("content %q", got)
	}
	if fi, _ := os.Stat(path); fi.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", fi.Mode())
	}
	if err := WriteFile(filepath.Join(dir, "nowhere", "f"), nil); err == nil {
		t.Error("no error without a folder")
	}
	taken := filepath.Join(dir, "taken") // a folder cannot be replaced by a file
	if err := os.MkdirAll(filepath.Join(taken, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(taken, nil); err == nil {
		t.Error("no error over a folder")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestSetInFileKeepsALink(t *testing.T) {
	real := filepath.Join(write(t, `{}`), "settings.json")
	link := filepath.Join(t.TempDir(), "settings.json")
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	if err := SetInFile(link, ServerPort, "9"); err != nil {
		t.Fatal(err)
	}
	if err := SetInFile(link, ServerHost, "h"); err != nil {
		t.Fatal(err)
	}
	if err := SetInFile(link, ServerPort, ""); err != nil {
		t.Fatal(err)
	}
	if got := compact(t, real); got != `{"CLAUDE_MEM_SERVER_HOST":"h"}` {
		t.Errorf("file = %s", got)
	}
	if beside, err := os.ReadDir(filepath.Dir(real)); err != nil || len(beside) != 1 {
		t.Errorf("left beside what the link points to: %v, %v", beside, err)
	}
}

func compact(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]json.RawMessage
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func FuzzSettingsFile(f *testing.F) {
	f.Add([]byte(`{"env": {"CLAUDE_MEM_SERVER_PORT": "7"}}`))
	f.Add([]byte("\ufeff{}"))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, content []byte) {
		dir := write(t, string(content))
		if c, _ := Load(Options{Environ: []string{DataDir + "=" + dir}}); c == nil {
			t.Fatal("no config")
		}
		path := filepath.Join(dir, "settings.json")
		if SetInFile(path, Disable, "true") != nil {
			return
		}
		if c, _ := Load(Options{Environ: []string{DataDir + "=" + dir}}); !c.Bool(Disable) {
			t.Error("what was set is not there")
		}
	})
}

func TestSetAllInFileChangesWhatIsNestedAndWhatIsNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(path, []byte(`{"CLAUDE_MEM_LOG_LEVEL":"warn","env":{"CLAUDE_MEM_SERVER_URL":"http://a","OTHER":"1"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	err := SetAllInFile(path, map[string]string{LogLevel: "", ServerURL: "http://b", ServerAPIKey: "k"})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &got)
	}
	want := map[string]any{"env": map[string]any{ServerURL: "http://b", ServerAPIKey: "k", "OTHER": "1"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

// A daemon that writes its key and a user who sets something do not undo each other.
func TestSetInFileAtTheSameTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "settings.json")
	keys := []string{LogLevel, ServerURL, ServerAPIKey, ServerPort, ServerHost, Disable}
	var wg sync.WaitGroup
	for _, key := range keys {
		wg.Go(func() {
			if err := SetInFile(path, key, "1"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := readSettings(path)
	if err != nil || len(got) != len(keys) {
		t.Errorf("of %d settings there are %v, %v", len(keys), got, err)
	}
	if fi, err := os.Stat(path + ".lock"); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("the lock is %v, %v", fi, err)
	}
}
