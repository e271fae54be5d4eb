package install

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// serversTable is where Codex has its MCP servers.
const serversTable = "mcp_servers"

// tomlServer is our MCP server in Codex's settings, which are TOML.
//
// The text is edited line by line, so that comments, order and spaces stay. A line
// can mean something else than it seems to, within a text of several lines say; so
// the result is parsed, and refused unless it says what the file said before, but for
// our server.
type tomlServer struct{}

// tomlDoc is what a TOML text says.
type tomlDoc map[string]any

func parseTOML(text []byte) (tomlDoc, error) {
	var doc tomlDoc
	err := toml.Unmarshal(text, &doc)
	if bad, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, column := bad.Position()
		return nil, fmt.Errorf("line %d:%d: %w", line, column, err)
	}
	return doc, err
}

// table returns a table of tables by its path; nil if there is none.
func (d tomlDoc) table(path ...string) map[string]any {
	at := map[string]any(d)
	for _, key := range path {
		at, _ = at[key].(map[string]any)
	}
	return at
}

// server returns the entry of our name, and the program if that is ours.
func (d tomlDoc) server() (entry map[string]any, program string) {
	entry = d.table(serversTable, serverName)
	command, _ := entry["command"].(string)
	if args, _ := entry["args"].([]any); isUs(command) && slices.Equal(args, []any{"mcp"}) {
		program = command
	}
	return entry, program
}

func (tomlServer) find(text []byte) (o Options, found bool, err error) {
	doc, err := parseTOML(text)
	if err != nil {
		return o, false, err
	}
	_, o.Exe = doc.server()
	return o, o.Exe != "", nil
}

func (tomlServer) put(text []byte, o Options) ([]byte, error) {
	doc, err := parseTOML(text)
	if err != nil {
		return nil, err
	}
	entry, program := doc.server()
	var after []byte
	switch {
	case program == o.Exe && entry != nil:
		return text, nil
	case program != "":
		after = withCommand(text, o.Exe)
	case entry != nil:
		return nil, anothers("codex mcp remove " + serverName)
	default:
		after = appended(text, o.Exe)
	}
	now, err := parseTOML(after)
	if _, program := now.server(); err != nil || program != o.Exe || !sameButServer(doc, now) {
		return nil, fmt.Errorf("its MCP servers are written in a form that cannot be edited safely; put [%s.%s] with %s and args = [\"mcp\"] into it by hand",
			serversTable, serverName, commandLine(o.Exe))
	}
	return after, nil
}

func (tomlServer) drop(text, _ []byte) ([]byte, error) {
	doc, err := parseTOML(text)
	if err != nil {
		return nil, err
	}
	after := withoutServer(text)
	now, err := parseTOML(after)
	if entry, _ := now.server(); err != nil || entry != nil || !sameButServer(doc, now) {
		return nil, fmt.Errorf("our MCP server is written in a form that cannot be edited safely; `codex mcp remove %s` takes it out", serverName)
	}
	return after, nil
}

// sameButServer reports whether two documents say the same of everything but our server.
func sameButServer(a, b tomlDoc) bool {
	rest := func(d tomlDoc) map[string]any {
		all := make(map[string]any, len(d))
		for k, v := range d {
			all[k] = v
		}
		servers := make(map[string]any)
		for k, v := range d.table(serversTable) {
			if k != serverName {
				servers[k] = v
			}
		}
		all[serversTable] = servers
		return all
	}
	return reflect.DeepEqual(rest(a), rest(b))
}

// tomlTable is our entry. Codex gives a server little of its environment, so those
// variables are named that say where a profile is.
func tomlTable(exe, newline string) string {
	return strings.Join([]string{
		"[" + serversTable + "." + serverName + "]",
		commandLine(exe),
		`args = ["mcp"]`,
		`env_vars = ["CLAUDE_MEM_DATA_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"]`,
		"",
	}, newline)
}

func commandLine(exe string) string {
	var text bytes.Buffer
	enc := json.NewEncoder(&text) // JSON's texts are TOML's, too
	enc.SetEscapeHTML(false)
	_ = enc.Encode(exe) // a text always encodes
	return "command = " + strings.TrimSpace(text.String())
}

// appended puts our entry behind everything, after an empty line.
func appended(text []byte, exe string) []byte {
	newline := styleOf(text).newline
	out := bytes.Clone(text)
	if len(out) > 0 {
		if !bytes.HasSuffix(out, []byte("\n")) {
			out = append(out, newline...)
		}
		out = append(out, newline...)
	}
	return append(out, tomlTable(exe, newline)...)
}

// withCommand sets the command in our entry's table and keeps what else is there.
func withCommand(text []byte, exe string) []byte {
	rows := slices.Collect(strings.Lines(string(text)))
	mine := false
	for i, row := range rows {
		if path, ok := header(row); ok {
			mine = slices.Equal(path, []string{serversTable, serverName})
		}
		if key, _, ok := strings.Cut(row, "="); ok && mine && strings.TrimSpace(key) == "command" {
			rows[i] = leading(row) + commandLine(exe) + row[len(strings.TrimRight(row, "\r\n")):]
		}
	}
	return []byte(strings.Join(rows, ""))
}

// withoutServer takes out our entry's table, those within it, and the empty line
// before each. Comments at its end are taken for the next table's.
func withoutServer(text []byte) []byte {
	var kept, passed []string // passed: of our table, what may belong to the next
	mine := false
	for row := range strings.Lines(string(text)) {
		path, starts := header(row)
		if starts {
			mine = len(path) > 1 && path[0] == serversTable && path[1] == serverName
			if !mine {
				kept = append(kept, passed...)
			} else if n := len(kept); n > 0 && strings.TrimSpace(kept[n-1]) == "" {
				kept = kept[:n-1]
			}
			passed = nil
		}
		bare := strings.TrimSpace(row)
		switch {
		case !mine:
			kept = append(kept, row)
		case bare == "" || bare[0] == '#':
			passed = append(passed, row)
		default:
			passed = nil
		}
	}
	return []byte(strings.Join(append(kept, passed...), ""))
}

// header reads a line that begins a table, and returns the table's path.
func header(row string) (path []string, ok bool) {
	row = strings.TrimSpace(row)
	if !strings.HasPrefix(row, "[") {
		return nil, false
	}
	var doc tomlDoc
	if toml.Unmarshal([]byte(row), &doc) != nil {
		return nil, false
	}
	for at := map[string]any(doc); len(at) == 1; {
		for key, inner := range at {
			path = append(path, key)
			at, _ = inner.(map[string]any)
		}
	}
	return path, true
}
