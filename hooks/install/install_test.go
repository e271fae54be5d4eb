package install

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const exe = "/home/ann/.local/bin/claude-mem"

// files are settings as people have them.
var files = map[string]string{
	"none":   "",
	"empty":  "{}",
	"spaced": "{ }\n",
	"plain": `{
  "model": "opus",
  "permissions": {
    "allow": ["Bash(go test:*)", "Read(~/src/**)"],
    "deny": []
  },
  "env": {"FOO": "1 < 2 & 3", "BIG": 12345678901234567890, "PI": 3.10}
}
`,
	"with hooks": `{
    "$schema": "https://json.schemastore.org/claude-code-settings.json",
    "hooks": {
        "PreToolUse": [
            {
                "matcher": "Bash",
                "hooks": [
                    {"type": "command", "command": "~/bin/guard.sh", "timeout": 10}
                ]
            }
        ],
        "Stop": [
            {
                "hooks": [
                    {"type": "command", "command": "say done"}
                ]
            }
        ],
        "PostToolUse": []
    },
    "statusLine": {"type": "command", "command": "~/bin/line.sh"}
}`,
	"tabs and CRLF":  "{\r\n\t\"model\": \"opus\",\r\n\t\"hooks\": {\r\n\t\t\"Stop\": [\r\n\t\t\t{\r\n\t\t\t\t\"hooks\": []\r\n\t\t\t}\r\n\t\t]\r\n\t}\r\n}\r\n",
	"one line":       `{"model":"opus","hooks":{"Stop":[{"hooks":[{"type":"command","command":"x"}]}]}}`,
	"empty hooks":    "{\n  \"hooks\": {},\n  \"model\": \"opus\"\n}\n",
	"BOM":            "\ufeff{\n  \"model\": \"opus\"\n}\n",
	"hugging braces": "{ \"a\": 1,\n  \"hooks\": { \"Stop\": [ {\n      \"hooks\": [ { \"type\": \"command\", \"command\": \"x\" } ] } ] } }\n",
	"key twice":      `{"hooks":{"Stop":[]},"hooks":{"SessionEnd":[]}}`,
	"odd strings":    `{"a\"b\\": "c\u0020\"", "hooks": {"Notification": [{"hooks": [{"command": "claude-mem-like hook"}]}]}}`,
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings.json")
	if content != "" {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// apply makes the planned edit and returns what the file holds then.
func applied(t *testing.T, p Plan, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Apply(); err != nil {
		t.Fatal(err)
	}
	return read(t, p.Path)
}

// claudeAt is Claude Code with its settings in a folder of the test's.
func claudeAt(path string) Host {
	return claudeCode(Place{Home: filepath.Dir(path), Getenv: func(name string) string {
		return map[string]string{"CLAUDE_CONFIG_DIR": filepath.Dir(path)}[name]
	}})
}

// settingsFile is Claude Code's settings at that path.
func settingsFile(path string) File {
	f := claudeAt(path).Files[0]
	f.Path = path
	return f
}

func installed(t *testing.T, path string, o Options) string {
	t.Helper()
	p, err := settingsFile(path).Install(o)
	return applied(t, p, err)
}

func uninstalled(t *testing.T, path string) string {
	t.Helper()
	p, err := settingsFile(path).Uninstall()
	return applied(t, p, err)
}

// decoded reads settings the way the host does.
func decoded(t *testing.T, text string) map[string]any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	dec.UseNumber()
	m := map[string]any{}
	if text == "" {
		return m
	}
	if err := dec.Decode(&m); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return m
}

// commands lists, per event, the commands the host would run.
func commands(t *testing.T, text string) map[string][]string {
	t.Helper()
	var s struct {
		Hooks map[string][]struct {
			Matcher string
			Hooks   []struct {
				Type, Command string
				Args          []string
				Timeout       int
			}
		}
	}
	if err := json.Unmarshal([]byte(strings.TrimPrefix(text, "\ufeff")), &s); err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for event, groups := range s.Hooks {
		for _, g := range groups {
			for _, h := range g.Hooks {
				out[event] = append(out[event], strings.TrimSpace(strings.Join(append([]string{g.Matcher, h.Command}, h.Args...), " ")))
			}
		}
	}
	return out
}

func TestInstallKeepsWhatIsThere(t *testing.T) {
	for name, before := range files {
		t.Run(name, func(t *testing.T) {
			path := write(t, before)
			after := installed(t, path, Options{Exe: exe})
			got := commands(t, after)
			for _, event := range claudeForm().wanted(Options{}) {
				if n := len(got[event]); n == 0 || got[event][n-1] != exe+" hook claude-code" {
					t.Errorf("%s: %v", event, got[event])
				}
			}
			// Everything but the hooks is what it was, to the digit.
			want, have := decoded(t, before), decoded(t, after)
			delete(want, "hooks")
			delete(have, "hooks")
			if diff := cmp.Diff(want, have); diff != "" {
				t.Error(diff)
			}
			// And every line that was there is there, in order; only commas were added.
			if lost := lostLine(before, after); lost != "" && strings.Contains(before, "\n") && name != "empty hooks" && name != "spaced" && name != "hugging braces" {
				t.Errorf("line %q is gone in\n%s", lost, after)
			}
			if strings.Count(after, "\r\n") > 0 && strings.Count(after, "\r\n") != strings.Count(after, "\n") {
				t.Error("line ends are mixed")
			}
			if again := installed(t, path, Options{Exe: exe}); again != after {
				t.Error("the second time changes it")
			}
			if back := uninstalled(t, path); back != before {
				t.Errorf("given back:\n%q\nwas:\n%q", back, before)
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); before == "" && len(left) != 0 || len(left) > 1 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// lostLine returns a line of before that does not follow in after.
func lostLine(before, after string) string {
	rows := strings.Split(after, "\n")
	for line := range strings.Lines(before) {
		line = strings.TrimRight(line, "\r\n")
		for {
			if len(rows) == 0 {
				return line
			}
			row := strings.TrimRight(rows[0], "\r")
			rows = rows[1:]
			if row == line || row == line+"," || strings.HasSuffix(line, "[]") && row == strings.TrimSuffix(line, "]") {
				break
			}
		}
	}
	return ""
}

// Without the copy the entries alone are taken out; that gives the same text but
// for containers that were empty.
func TestUninstallWithoutTheCopy(t *testing.T) {
	for name, before := range files {
		t.Run(name, func(t *testing.T) {
			path := write(t, before)
			installed(t, path, Options{Exe: exe, FileContext: true})
			if err := os.Remove(path + BackupSuffix); err != nil {
				t.Fatal(err)
			}
			got := uninstalled(t, path)
			switch name {
			case "none", "spaced", "with hooks", "empty hooks", "tabs and CRLF", "key twice":
				if len(registeredIn(t, got)) != 0 {
					t.Errorf("still registered: %s", got)
				}
			default:
				if got != before {
					t.Errorf("got:\n%s\nwas:\n%s", got, before)
				}
			}
		})
	}
}

func registeredIn(t *testing.T, text string) []string {
	t.Helper()
	s, err := parseSettings([]byte(strings.TrimPrefix(text, "\ufeff")), claudeForm())
	if err != nil {
		t.Fatal(err)
	}
	return s.registered()
}

// What the user changed after we came stays.
func TestUninstallKeepsLaterChanges(t *testing.T) {
	path := write(t, files["with hooks"])
	after := installed(t, path, Options{Exe: exe})
	changed := strings.Replace(after, `"say done"`, `"say well done"`, 1)
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	got := uninstalled(t, path)
	want := strings.Replace(files["with hooks"], `"say done"`, `"say well done"`, 1)
	// The list that was empty went with our entry.
	want = strings.Replace(want, ",\n        \"PostToolUse\": []", "", 1)
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestUninstallBetweenOthers(t *testing.T) {
	entry := `{"type":"command","command":"` + exe + `","args":["hook","claude-code"]}`
	for before, want := range map[string]string{
		`{"hooks":{"Stop":[{"hooks":[` + entry + `,{"command":"b"}]}]}}`:                               `{"hooks":{"Stop":[{"hooks":[{"command":"b"}]}]}}`,
		`{"hooks":{"Stop":[{"hooks":[{"command":"a"}, ` + entry + `, {"command":"b"}]}]}}`:             `{"hooks":{"Stop":[{"hooks":[{"command":"a"}, {"command":"b"}]}]}}`,
		`{"hooks":{"Stop":[{"hooks":[` + entry + `]},{"hooks":[{"command":"b"}]}],"X":[]}}`:            `{"hooks":{"Stop":[{"hooks":[{"command":"b"}]}],"X":[]}}`,
		`{"hooks":{"Stop":[{"hooks":[` + entry + `]}],"X":[1]},"z":1}`:                                 `{"hooks":{"X":[1]},"z":1}`,
		`{"hooks":{"Stop":[{"hooks":[` + entry + `,` + entry + `]}]},"z":1}`:                           `{"z":1}`,
		`{"hooks":{"Stop":[{"hooks":[{"command":"a"},` + entry + `,` + entry + `,{"command":"b"}]}]}}`: `{"hooks":{"Stop":[{"hooks":[{"command":"a"},{"command":"b"}]}]}}`,
	} {
		if got := uninstalled(t, write(t, before)); got != want {
			t.Errorf("%s\n got %s\nwant %s", before, got, want)
		}
	}
}

func TestEntriesThatMoved(t *testing.T) {
	for name, old := range map[string]string{
		"another path":  `{"type": "command", "command": "/opt/old/claude-mem", "args": ["hook", "claude-code"], "timeout": 3}`,
		"shell form":    `{"type": "command", "command": "\"/opt/my tools/claude-mem\" hook claude-code"}`,
		"plain shell":   `{"type": "command", "command": "claude-mem hook claude-code"}`,
		"Windows":       `{"type": "command", "command": "C:\\bin\\claude-mem.exe", "args": ["hook", "claude-code"]}`,
		"a dev's build": `{"type": "command", "command": "/tmp/claude-mem-dev", "args": ["hook", "claude-code"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, `{"hooks": {"Stop": [{"hooks": [{"command": "a"}, `+old+`]}]}}`)
			got := commands(t, installed(t, path, Options{Exe: exe}))["Stop"]
			if diff := cmp.Diff([]string{"a", exe + " hook claude-code"}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	// What a user has tuned stays.
	tuned := `{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "` + exe + `", "args": ["hook", "claude-code"], "timeout": 30}]}]}}`
	if got := installed(t, write(t, tuned), Options{Exe: exe}); !strings.Contains(got, `"timeout": 30`) {
		t.Errorf("the user's timeout is gone: %s", got)
	}
}

func TestLayoutIsTheFiles(t *testing.T) {
	path := write(t, files["with hooks"])
	got := installed(t, path, Options{Exe: exe})
	want := `                    {"type": "command", "command": "say done"}
                ]
            },
            {
                "hooks": [
                    {
                        "type": "command",
                        "command": "/home/ann/.local/bin/claude-mem",
                        "args": [
                            "hook",
                            "claude-code"
                        ],
                        "timeout": 5
                    }
                ]
            }
        ],
`
	if !strings.Contains(got, want) {
		t.Errorf("got:\n%s", got)
	}
}

func TestDiff(t *testing.T) {
	p, err := settingsFile(write(t, files["plain"])).Install(Options{Exe: exe})
	if err != nil {
		t.Fatal(err)
	}
	got := p.Diff()
	for _, want := range []string{"--- " + p.Path, "+++ " + p.Path, "@@ ", "\n+  \"hooks\": {\n", "\n-  \"env\": {", "\n+    \"SessionEnd\": ["} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if read(t, p.Path) != files["plain"] {
		t.Error("a plan changed the file")
	}
	if err := p.Apply(); err != nil {
		t.Fatal(err)
	}
	again, err := settingsFile(p.Path).Install(Options{Exe: exe})
	if err != nil || again.Changed() || again.Diff() != "" {
		t.Errorf("again: %v, %s", err, again.Diff())
	}
	gone, err := settingsFile(p.Path).Uninstall()
	if err != nil || !strings.Contains(gone.Diff(), "\n-  \"hooks\": {\n") {
		t.Errorf("%v: %s", err, gone.Diff())
	}
}

func TestOddFilesAreGivenBack(t *testing.T) {
	for _, content := range []string{"", " \n", `{"hooks":null}`, "{\n  \"hooks\": null,\n  \"model\": \"opus\"\n}\n"} {
		path := filepath.Join(t.TempDir(), "settings.json")
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		text := installed(t, path, Options{Exe: exe})
		if got := registeredIn(t, text); len(got) != len(claudeForm().wanted(Options{})) || strings.Count(text, `"hooks"`) != 1+len(got) {
			t.Errorf("%q became %s", content, text)
		}
		uninstalled(t, path)
		if got, err := os.ReadFile(path); err != nil || string(got) != content {
			t.Errorf("%q came back as %q, %v", content, got, err)
		}
	}
}

func TestLinkToNothing(t *testing.T) {
	dir := t.TempDir()
	link, target := filepath.Join(dir, "settings.json"), filepath.Join(dir, "dotfiles.json")
	if err := os.Symlink(filepath.Base(target), link); err != nil {
		t.Fatal(err)
	}
	installed(t, link, Options{Exe: exe})
	if fi, err := os.Lstat(target); err != nil || !fi.Mode().IsRegular() {
		t.Errorf("the target was not made: %v", err)
	}
	plan, err := settingsFile(link).Uninstall()
	if err != nil || plan.Apply() != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(link); err != nil || to != filepath.Base(target) {
		t.Errorf("the link is %q, %v", to, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left %v, %v", entries, err)
	}
}

func TestBrokenFilesAreLeftAlone(t *testing.T) {
	for content, where := range map[string]string{
		"{\n  \"a\": 1,\n}\n":                "line 3:1",
		"{\n  // comment\n}\n":               "line 2:3",
		"{\n  \"ä\": x\n}":                   "line 2:8",
		"{\"a\": 1":                          "line 1:",
		"[1]":                                "line 1:1",
		"{\n  \"hooks\": []\n}":              "line 2:12",
		"{\"hooks\": {\n  \"Stop\": \"x\"}}": "line 2:11",
	} {
		path := write(t, content)
		_, err := settingsFile(path).Install(Options{Exe: exe})
		if err == nil || !strings.Contains(err.Error(), where) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v, want %s", content, err, where)
		}
		if _, err := settingsFile(path).Uninstall(); err == nil {
			t.Errorf("%q: taken for valid when uninstalling", content)
		}
		if read(t, path) != content {
			t.Errorf("%q was changed", content)
		}
	}
	if _, err := settingsFile(write(t, "{}")).Install(Options{Exe: "claude-mem"}); err == nil {
		t.Error("a path that depends on PATH was taken")
	}
	if _, err := settingsFile(write(t, "{}")).Install(Options{Exe: "/bin/memory"}); err == nil || !strings.Contains(err.Error(), "rename it") {
		t.Errorf("a name that is not known again was taken: %v", err)
	}
	if _, err := settingsFile(t.TempDir()).Install(Options{Exe: exe}); err == nil {
		t.Error("a folder was taken for a file")
	}
}

func TestFileModeAndLink(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "dotfiles.json")
	if err := os.WriteFile(target, []byte(files["plain"]), 0o640); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "settings.json")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	installed(t, link, Options{Exe: exe})
	if fi, err := os.Lstat(link); err != nil || fi.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", fi, err)
	}
	if fi, err := os.Stat(target); err != nil || fi.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", fi.Mode(), err)
	}
	if uninstalled(t, link) != files["plain"] {
		t.Error("not given back through the link")
	}
}

func TestSomebodyElseWrites(t *testing.T) {
	path := write(t, files["plain"])
	p, err := settingsFile(path).Install(Options{Exe: exe})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(`{"theirs": 1}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := p.Apply(); err == nil {
		t.Error("overwrote what somebody else wrote")
	}
	if read(t, path) != `{"theirs": 1}` {
		t.Error("changed it")
	}
}

func TestNewFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "settings.json")
	installed(t, path, Options{Exe: exe})
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", fi, err)
	}
	uninstalled(t, path)
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a file that was not there stays: %v", err)
	}
	if p, err := settingsFile(path).Uninstall(); err != nil || p.Changed() {
		t.Errorf("nothing to take out: %v", err)
	}
}
