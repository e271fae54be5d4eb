package install

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// serverFile is the file at that path in which Claude Code has its MCP servers.
func serverFile(path string) File {
	f := claudeAt(path).Files[1]
	f.Path = path
	return f
}

// Whatever the file looked like, it is valid with our entry in it, and comes back byte
// for byte.
func TestServerComesAndGoes(t *testing.T) {
	for name, before := range map[string]string{
		"empty":         "",
		"object":        "{}",
		"null":          "{\"mcpServers\": null}\n",
		"no servers":    "{\n\t\"numStartups\": 4,\n\t\"projects\": {\"/a\": {\"mcpServers\": {}}}\n}",
		"empty servers": "{\r\n  \"mcpServers\": {},\r\n  \"x\": 1\r\n}\r\n",
		"others":        `{"mcpServers":{"other":{"command":"x"}},"big":12345678901234567890}`,
		"byte order":    "\ufeff{\"a\": 1}",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), ".claude.json")
			if err := os.WriteFile(path, []byte(before), 0o640); err != nil {
				t.Fatal(err)
			}
			for _, exe := range []string{"/old/claude-mem", "/new/claude-mem"} {
				p, err := serverFile(path).Install(Options{Exe: exe})
				applied(t, p, err)
			}
			text, _ := os.ReadFile(path)
			var got struct {
				Servers map[string]server `json:"mcpServers"`
			}
			if err := json.Unmarshal(bytes.TrimPrefix(text, bom()), &got); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			if s := got.Servers["claude-mem"]; s.Command != "/new/claude-mem" || !s.AlwaysLoad || s.Type != "stdio" || s.Args[0] != "mcp" {
				t.Errorf("registered %+v", s)
			}
			if p, err := serverFile(path).Install(Options{Exe: "/new/claude-mem"}); err != nil || p.Changed() {
				t.Errorf("again: %v, %s", err, p.Diff())
			}
			p, err := serverFile(path).Uninstall()
			applied(t, p, err)
			if after, _ := os.ReadFile(path); string(after) != before {
				t.Errorf("came back as %q, was %q", after, before)
			}
			if fi, _ := os.Stat(path); fi.Mode().Perm() != 0o640 {
				t.Errorf("mode %v", fi.Mode())
			}
		})
	}
}

// The host writes the file all the time. What it wrote stays, and so does the object
// that others made.
func TestServerGoesFromAFileThatChanged(t *testing.T) {
	for before, want := range map[string]string{
		`{"numStartups": 4}`:                   `{"numStartups": 5}`,
		`{"numStartups": 4, "mcpServers": {}}`: `{"numStartups": 5, "mcpServers": {}}`,
	} {
		path := filepath.Join(t.TempDir(), ".claude.json")
		if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := serverFile(path).Install(Options{Exe: "/bin/claude-mem"})
		applied(t, p, err)
		text, _ := os.ReadFile(path)
		if err := os.WriteFile(path, bytes.Replace(text, []byte("4"), []byte("5"), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err = serverFile(path).Uninstall()
		applied(t, p, err)
		after, _ := os.ReadFile(path)
		if !sameJSON(after, []byte(want)) {
			t.Errorf("%s came back as %s", before, after)
		}
		if _, err := os.Stat(path + BackupSuffix); err == nil {
			t.Error("the copy stays")
		}
	}
}

// What the user put into our entry stays when the program moves.
func TestServerThatMovedKeepsTheUsersFields(t *testing.T) {
	for name, tt := range map[string]struct {
		file         func(path string) File
		before, want string
	}{
		"Claude Code": {
			serverFile,
			`{"mcpServers": {"claude-mem": {"type": "stdio", "command": "/old/claude-mem", "args": ["mcp"], "env": {"X": "1"}, "alwaysLoad": false}}}`,
			`{"mcpServers": {"claude-mem": {"type": "stdio", "command": "/new/claude-mem", "args": ["mcp"], "env": {"X": "1"}, "alwaysLoad": false}}}`,
		},
		"Claude Code, from before alwaysLoad": {
			serverFile,
			`{"mcpServers": {"claude-mem": {"command": "/new/claude-mem", "args": ["mcp"], "env": {}}}}`,
			`{"mcpServers": {"claude-mem": {"command": "/new/claude-mem", "args": ["mcp"], "env": {}, "type": "stdio", "alwaysLoad": true}}}`,
		},
		"Gemini CLI": {
			func(path string) File {
				f := gemini(homeOf(filepath.Dir(path))).Files[0]
				f.Path, f.parts = path, f.parts[1:]
				return f
			},
			"{\"mcpServers\": {\"claude-mem\": {\n  \"env\": {\"X\": \"1\"}, // mine\n  \"command\": \"/old/claude-mem\",\n  \"args\": [\"mcp\"],\n  \"trust\": true\n}}}",
			"{\"mcpServers\": {\"claude-mem\": {\n  \"env\": {\"X\": \"1\"}, // mine\n  \"command\": \"/new/claude-mem\",\n  \"args\": [\"mcp\"],\n  \"trust\": true\n}}}",
		},
	} {
		f := tt.file(write(t, tt.before))
		if got := put(t, f, "/new/claude-mem"); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tt.want)
		}
		if p, err := f.Install(Options{Exe: "/new/claude-mem"}); err != nil || p.Changed() {
			t.Errorf("%s, again: %v, %s", name, err, p.Diff())
		}
	}
}

// A server that somebody registered under our name is theirs.
func TestServerOfAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".claude.json")
	text := `{"mcpServers": {"claude-mem": {"command": "node", "args": ["mcp-server.cjs"]}}}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := serverFile(path).Install(Options{Exe: "/bin/claude-mem"}); err == nil || !strings.Contains(err.Error(), "claude mcp remove") {
		t.Errorf("install: %v", err)
	}
	if p, err := serverFile(path).Uninstall(); err != nil || p.Changed() {
		t.Errorf("uninstall: %v %s", err, p.Diff())
	}
	for _, broken := range []string{`[]`, `{"mcpServers": []}`, `{"a": 1,}`} {
		if err := os.WriteFile(path, []byte(broken), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := serverFile(path).Install(Options{Exe: "/bin/claude-mem"}); err == nil || !strings.Contains(err.Error(), "line 1:") {
			t.Errorf("%s: %v", broken, err)
		}
	}
}
