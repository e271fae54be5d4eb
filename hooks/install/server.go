package install

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// serverName is what the server is called among those of the host. It is part of the
// names of its tools.
const serverName = "claude-mem"

// ClaudeState is the file that Claude Code reads its user's MCP servers from, and
// keeps much else in. configDir is $CLAUDE_CONFIG_DIR, home the user's home folder.
func ClaudeState(configDir, home string) string {
	if configDir == "" {
		configDir = home
	}
	return filepath.Join(configDir, ".claude.json")
}

// server is a registered MCP server. Without AlwaysLoad the host shows the model none
// of its tools until it searches for them.
type server struct {
	Type       string   `json:"type"`
	Command    string   `json:"command"`
	Args       []string `json:"args"`
	AlwaysLoad bool     `json:"alwaysLoad"`
}

func serverAt(exe string) server {
	return server{Type: "stdio", Command: exe, Args: []string{"mcp"}, AlwaysLoad: true}
}

// AddServer plans to register our MCP server in the state file at path. An entry
// of our name that is another program's is an error.
func AddServer(path string, o Options) (Plan, error) {
	if !filepath.IsAbs(o.Exe) {
		return Plan{}, fmt.Errorf("register the MCP server: %q is not an absolute path", o.Exe)
	}
	p, s, err := openState(path)
	if err != nil {
		return Plan{}, fmt.Errorf("register the MCP server: %w", err)
	}
	if s.entry != nil && s.command() == "" {
		return Plan{}, fmt.Errorf("register the MCP server: in %s another program is registered as %s; `claude mcp remove --scope user %s` takes it out",
			p.Path, serverName, serverName)
	}
	p.After = likeBOM(p.Before, s.install(o.Exe))
	if s.entry == nil {
		p.backup = append([]byte{}, p.Before...)
		if p.missing {
			p.backup = []byte(noFile)
		}
	}
	return p, nil
}

// RemoveServer plans to take our MCP server out of the state file at path. What the
// host wrote there in the meantime stays.
func RemoveServer(path string) (Plan, error) {
	p, s, err := openState(path)
	if err != nil {
		return Plan{}, fmt.Errorf("take the MCP server out: %w", err)
	}
	p.After = p.Before
	if p.missing || s.entry == nil || s.command() == "" {
		return p, nil
	}
	saved, there := readBackup(p.Path)
	p.dropBackup = there
	was := saved
	if string(saved) == noFile {
		was = nil
	}
	before, err := parseState(was)
	switch {
	case !there || err != nil || !sameJSON(before.install(s.command()), s.text):
		p.After = likeBOM(p.Before, s.uninstall(there && err == nil && before.servers != nil))
	case string(saved) == noFile:
		p.After, p.remove = nil, true
	default:
		p.After = saved
	}
	return p, nil
}

// state is a parsed state file.
type state struct {
	text    []byte
	root    *node
	servers *node // nil: there is none
	null    *node // what stands in its place, if that is null
	entry   *node // ours, or another's of our name; nil: there is none
}

// openState reads the state file. One that is missing or empty is an empty object.
func openState(path string) (Plan, *state, error) {
	p, err := readPlan(path)
	if err != nil {
		return p, nil, err
	}
	s, err := parseState(p.Before)
	if err != nil {
		return p, nil, fmt.Errorf("%s: %w; it was not changed", p.Path, err)
	}
	return p, s, nil
}

func parseState(data []byte) (*state, error) {
	text := objectText(data)
	root, err := parse(text)
	if err != nil {
		return nil, err
	}
	if root.kind != '{' {
		return nil, errors.New("line 1:1: it is not a JSON object")
	}
	s := &state{text: text, root: root, servers: root.get("mcpServers")}
	switch {
	case s.servers == nil:
		return s, nil
	case s.servers.kind == 'n':
		s.servers, s.null = nil, s.servers
		return s, nil
	case s.servers.kind != '{':
		line, column := position(text, s.servers.start)
		return nil, fmt.Errorf(`line %d:%d: "mcpServers" is not an object`, line, column)
	}
	s.entry = s.servers.get(serverName)
	return s, nil
}

// command is the program of our entry; "" if it is not ours.
func (s *state) command() string {
	var now server
	if json.Unmarshal(s.text[s.entry.start:s.entry.end], &now) != nil || !slices.Equal(now.Args, []string{"mcp"}) {
		return ""
	}
	if base := now.Command[strings.LastIndexAny(now.Command, `/\`)+1:]; !strings.HasPrefix(base, "claude-mem") {
		return ""
	}
	return now.Command
}

// install returns the text with our entry in it. One that says the same stays as it
// is written.
func (s *state) install(exe string) []byte {
	st, want := styleOf(s.text), serverAt(exe)
	mine := field{serverName, want}
	switch {
	case s.null != nil:
		return apply(s.text, []edit{{s.null.start, s.null.end, st.encode(object{mine}, indentAt(s.text, s.null.start), false)}})
	case s.servers == nil:
		return apply(s.text, []edit{st.add(s.text, s.root, field{"mcpServers", object{mine}})})
	case s.entry == nil:
		return apply(s.text, []edit{st.add(s.text, s.servers, mine)})
	}
	raw := s.text[s.entry.start:s.entry.end]
	var now server
	if json.Unmarshal(raw, &now) == nil && now.Type == want.Type && now.Command == want.Command && now.AlwaysLoad {
		return s.text
	}
	inline := !bytes.ContainsRune(raw, '\n')
	return apply(s.text, []edit{{s.entry.start, s.entry.end, st.encode(want, indentAt(s.text, s.entry.start), inline)}})
}

// uninstall returns the text without our entry, and without the object around it if
// that held nothing else and nobody but us made it.
func (s *state) uninstall(keepObject bool) []byte {
	in, gone := s.servers, s.entry
	if len(in.members) == 1 && !keepObject {
		in, gone = s.root, s.servers
	}
	at := slices.IndexFunc(in.members, func(m member) bool { return m.value == gone })
	return apply(s.text, remove(in, []int{at}))
}
