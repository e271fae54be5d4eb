package install

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// configs are Codex's settings as people have them.
var configs = map[string]string{
	"none":                  "",
	"plain":                 "# mine\nmodel = \"gpt-5.5-codex\" # the fast one\n\n[projects.\"/home/ann/src\"]\ntrust_level = \"trusted\"\n",
	"no newline at the end": "model = 'x'",
	"CRLF":                  "model = 'x'\r\n\r\n[tui]\r\nnotifications = true\r\n",
	"other servers":         "[mcp_servers.docs]\ncommand = \"docs\"\nargs = [\n  \"--port\",\n  \"1\",\n]\n\n  [mcp_servers.docs.env]\n  A = \"b\"\n",
	"dotted":                "mcp_servers.docs.command = \"docs\"\n",
	"dates and numbers":     "a = 1979-05-27T07:32:00Z\nb = 0x10\nc = 1_000\nd = 1e3\ne = inf\n[[list]]\nx = 1\n[[list]]\nx = 2\n",
	"BOM":                   "\ufeffmodel = 'x'\n",
}

// configFile is Codex's settings with that content.
func configFile(t testing.TB, content string) File {
	t.Helper()
	dir := t.TempDir()
	f := codex(Place{Home: dir, Getenv: func(string) string { return "" }}).Files[1]
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
		t.Fatal(err)
	}
	if content != "" {
		if err := os.WriteFile(f.Path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func put(t *testing.T, f File, program string) string {
	t.Helper()
	p, err := f.Install(Options{Exe: program})
	return applied(t, p, err)
}

func taken(t *testing.T, f File) string {
	t.Helper()
	p, err := f.Uninstall()
	return applied(t, p, err)
}

// said is what a text says, as Codex reads it.
func said(t *testing.T, text string) tomlDoc {
	t.Helper()
	doc, err := parseTOML(bytes.TrimPrefix([]byte(text), bom()))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return doc
}

func TestTOMLComesAndGoes(t *testing.T) {
	for name, before := range configs {
		t.Run(name, func(t *testing.T) {
			f := configFile(t, before)
			after := put(t, f, "/opt/my tools/claude-mem")
			doc := said(t, after)
			entry, program := doc.server()
			if args := entry["args"]; program != "/opt/my tools/claude-mem" || !cmp.Equal(args, []any{"mcp"}) {
				t.Errorf("registered %v", entry)
			}
			if !strings.HasPrefix(after, before) || !sameButServer(doc, said(t, before)) {
				t.Errorf("something else changed:\n%s", after)
			}
			if strings.Contains(before, "\r\n") && strings.Count(after, "\r\n") != strings.Count(after, "\n") {
				t.Error("line ends are mixed")
			}
			if again := put(t, f, "/opt/my tools/claude-mem"); again != after {
				t.Errorf("the second time changes it:\n%s", again)
			}
			moved := put(t, f, `/new/claude-mem`)
			if want := strings.Replace(after, "/opt/my tools/claude-mem", "/new/claude-mem", 1); moved != want {
				t.Errorf("after a move:\n%s", moved)
			}
			if back := taken(t, f); back != before {
				t.Errorf("given back:\n%q\nwas:\n%q", back, before)
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(f.Path), "*")); before == "" && len(left) != 0 || len(left) > 1 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// Codex writes what its user trusts into the same file. That stays.
func TestTOMLThatChangedSince(t *testing.T) {
	for name, before := range configs {
		f := configFile(t, before)
		after := put(t, f, exe)
		const trust = "\n# by Codex\n[hooks.state]\n\n[hooks.state.\"/x:stop:0:0\"]\ntrusted_hash = \"sha256:1\"\n"
		tuned := strings.Replace(after, "args = [\"mcp\"]", "args = [ 'mcp' ]\n  startup_timeout_sec = 20", 1) +
			"\n[mcp_servers.claude-mem.tools.search]\napproval_mode = \"approve\"\n" + trust
		if err := os.WriteFile(f.Path, []byte(strings.TrimPrefix(tuned, "\r")), 0o640); err != nil {
			t.Fatal(err)
		}
		if got := put(t, f, "/new/claude-mem"); !strings.Contains(got, "startup_timeout_sec = 20") || said(t, got).table(serversTable, serverName)["command"] != "/new/claude-mem" {
			t.Errorf("%s: after a move:\n%s", name, got)
		}
		got := taken(t, f)
		doc := said(t, got)
		if entry, _ := doc.server(); entry != nil || !strings.HasSuffix(got, trust) || !strings.HasPrefix(got, before) {
			t.Errorf("%s: left\n%s", name, got)
		}
	}
}

func TestTOMLIsLeftAlone(t *testing.T) {
	for content, want := range map[string]string{
		"a = 1\nb = \n": "line 2:",
		"[mcp_servers.claude-mem]\ncommand = \"node\"\nargs = [\"server.cjs\"]\n":           "codex mcp remove claude-mem",
		"mcp_servers = { docs = { command = \"docs\" } }\n":                                 "into it by hand",
		"[mcp_servers]\nclaude-mem = { command = \"/old/claude-mem\", args = [\"mcp\"] }\n": "into it by hand",
	} {
		f := configFile(t, content)
		if _, err := f.Install(Options{Exe: exe}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), f.Path) {
			t.Errorf("%q: %v, want %q", content, err, want)
		}
		if got := read(t, f.Path); got != content {
			t.Errorf("%q became %q", content, got)
		}
	}
	f := configFile(t, "[mcp_servers]\nclaude-mem = { command = \"/old/claude-mem\", args = [\"mcp\"] }\n")
	if _, err := f.Uninstall(); err == nil || !strings.Contains(err.Error(), "codex mcp remove") {
		t.Errorf("uninstall: %v", err)
	}
}

// What looks like our table within a text is not ours to edit.
func TestTOMLWithinAText(t *testing.T) {
	const notes = "notes = \"\"\"\n[mcp_servers.claude-mem]\ncommand = \"/bin/claude-mem\"\n\"\"\"\n"
	f := configFile(t, notes)
	after := put(t, f, exe)
	if said(t, after)["notes"] != said(t, notes)["notes"] {
		t.Errorf("the text became %s", after)
	}
	if _, err := f.Install(Options{Exe: "/new/claude-mem"}); err == nil || !strings.Contains(err.Error(), "by hand") {
		t.Errorf("after a move: %v", err)
	}
	if back := taken(t, f); back != notes {
		t.Errorf("given back %q", back)
	}
}

func FuzzTOML(f *testing.F) {
	for _, text := range configs {
		f.Add([]byte(text))
	}
	f.Add([]byte("[mcp_servers.claude-mem]\ncommand = \"/old/claude-mem\"\nargs = [\"mcp\"]\n[x]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		before, err := parseTOML(text)
		if err != nil {
			return
		}
		with, err := tomlServer{}.put(text, Options{Exe: exe})
		if err != nil {
			return
		}
		now, err := parseTOML(with)
		if err != nil || !sameButServer(before, now) {
			t.Fatalf("%q became %q: %v", text, with, err)
		}
		without, err := tomlServer{}.drop(with, nil)
		if err != nil {
			return
		}
		if now, err := parseTOML(without); err != nil || !sameButServer(before, now) {
			t.Fatalf("%q became %q and then %q: %v", text, with, without, err)
		}
	})
}
