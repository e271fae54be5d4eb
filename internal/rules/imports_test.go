package rules

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "claude-mem"

// The packages that only declare what engines implement.
var contracts = []string{"storage", "queue", "providers"}

// mayImport tells whether the code of one folder may use the package of another,
// both relative to the module. The rooms, from the inside out: memory; contracts
// and leaves under internal; engines and services; client; hooks; daemon; cli.
func mayImport(from, to string) bool {
	leaf := strings.HasPrefix(to, "internal/") && to != "internal/rules"
	room, sub, _ := strings.Cut(from, "/")
	switch {
	case room == "memory":
		return false
	case to == "memory":
		return true
	case to == "docs":
		return room == "daemon" // which serves one of them
	case slices.Contains(contracts, from):
		return false
	case slices.Contains(contracts, room) && sub != "":
		// An engine, or the suite that proves engines, knows its own contract.
		return to == room || leaf || room == "providers" && to == "providers/llm" // what those of models share
	}
	switch room {
	case "internal":
		return leaf || from == "internal/rules"
	case "capture", "generation", "recall", "exchange":
		return slices.Contains(contracts, to) || leaf || strings.HasPrefix(to, room+"/")
	case "client":
		return leaf
	case "mcp":
		// Its tools ask through the client's types; recall lends the form of a line.
		return leaf || to == "client" || to == "recall"
	case "hooks":
		return leaf || to == "client" || to == "hooks" || strings.HasPrefix(to, "hooks/")
	case "daemon":
		return to != "cli" && to != module
	case "cli":
		// The console drives the daemon; it never opens an engine itself.
		return !isEngine(to)
	case ".":
		return to == "cli" || to == "client" || to == "hooks" || to == "hooks/early" || leaf
	case "docs":
		return false
	case "bench", "e2e", "deploy":
		return true
	}
	return false
}

// isEngine reports whether the folder is an implementation of a contract.
func isEngine(dir string) bool {
	room, sub, _ := strings.Cut(dir, "/")
	return sub != "" && slices.Contains(contracts, room)
}

func TestRoomsKnowOnlyWhatTheyMay(t *testing.T) {
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		for _, i := range s.file.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			to, ours := strings.CutPrefix(name, module+"/")
			if ours && to != s.dir() && !mayImport(s.dir(), to) {
				t.Errorf("%s:%d: %s may not import %s", s.path, s.line(i.Pos()), s.dir(), to)
			}
			if outside := strings.Contains(strings.Split(name, "/")[0], "."); outside && s.dir() == "memory" {
				t.Errorf("%s:%d: memory imports the standard library only, not %s", s.path, s.line(i.Pos()), name)
			}
		}
	}
}

// A hook must not carry a database or a command line library into its start-up:
// not directly, and not through a room it may know.
func TestHooksReachNoDatabase(t *testing.T) {
	for _, from := range []string{"hooks", "client"} {
		for name, via := range reachable(t, from) {
			switch {
			case name == "database/sql", strings.HasPrefix(name, "modernc.org/"), strings.HasPrefix(name, "maragu.dev/"),
				strings.HasPrefix(name, "github.com/spf13/"), strings.HasPrefix(name, "github.com/pressly/"):
				t.Errorf("%s reaches %s through %s", from, name, via)
			}
		}
	}
}

// reachable lists what the folder's code imports, through our own packages too,
// with the folder that imports it.
func reachable(t *testing.T, dir string) map[string]string {
	t.Helper()
	imports := map[string][]string{}
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		for _, i := range s.file.Imports {
			name, _ := strconv.Unquote(i.Path.Value)
			imports[s.dir()] = append(imports[s.dir()], name)
		}
	}
	if len(imports[dir]) == 0 {
		t.Fatalf("%s imports nothing: is it still there?", dir)
	}
	seen := map[string]string{}
	todo := []string{dir}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		for _, name := range imports[at] {
			if _, ok := seen[name]; ok {
				continue
			}
			seen[name] = at
			if to, ours := strings.CutPrefix(name, module+"/"); ours {
				todo = append(todo, to)
			}
		}
	}
	return seen
}

// The rule above is itself a piece of code that can be wrong.
func TestMayImport(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"memory", "internal/id", false},
		{"storage", "memory", true},
		{"storage", "queue", false},
		{"storage/sqlite", "storage", true},
		{"storage/sqlite", "queue", false},
		{"storage/sqlite", "queue/goqite", false},
		{"queue/goqite", "storage/sqlite", false},
		{"providers/local", "internal/lexical", true},
		{"generation", "providers", true},
		{"generation", "providers/local", false},
		{"recall", "daemon", false},
		{"recall", "recall/rank", true},
		{"generation", "recall/rank", false},
		{"hooks", "client", true},
		{"hooks", "storage", false},
		{"daemon", "storage/sqlite", true},
		{"daemon", "cli", false},
		{"cli", "daemon", true},
		{"cli", "storage/sqlite", false},
		{"internal/config", "client", false},
		{".", "cli", true},
		{"mcp", "client", true},
		{"mcp", "storage", false},
		{"cli", "mcp", true},
		{"exchange", "storage", true},
		{"exchange", "storage/sqlite", false},
		{"exchange", "capture", false},
		{".", "daemon", false},
	} {
		if got := mayImport(c.from, c.to); got != c.want {
			t.Errorf("mayImport(%q, %q) = %v", c.from, c.to, got)
		}
	}
}

// Every folder with code has a place in the rules.
func TestEveryRoomIsKnown(t *testing.T) {
	known := []string{
		".", "memory", "capture", "generation", "recall", "exchange", "storage", "queue", "providers",
		"hooks", "daemon", "client", "mcp", "cli", "internal", "bench", "e2e", "docs", "deploy",
	}
	rooms := map[string]bool{}
	for _, s := range sources(t) {
		rooms[strings.Split(path.Clean(s.dir()), "/")[0]] = true
	}
	for _, room := range slices.Sorted(maps.Keys(rooms)) {
		if !slices.Contains(known, room) {
			t.Errorf("%s is a new room: say in mayImport whom it may know", room)
		}
	}
}
