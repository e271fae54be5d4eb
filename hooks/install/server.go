package install

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// serverName is what the server is called among those of the host. It is part of the
// names of its tools.
const serverName = "claude-mem"

// server is a registered MCP server. Where a host would show the model none of its
// tools until it searches for them, AlwaysLoad makes it show them.
type server struct {
	Type       string   `json:"type,omitempty"`
	Command    string   `json:"command"`
	Args       []string `json:"args"`
	AlwaysLoad bool     `json:"alwaysLoad,omitempty"`
}

// serverPart is our MCP server in a JSON file of the host's.
type serverPart struct {
	form    func(exe string) server
	removal string // the host's command that takes a server of our name out

	comments bool // may stand in the file
}

func (v serverPart) find(text []byte) (o Options, found bool, err error) {
	s, err := v.parse(text)
	if err != nil || s.entry == nil {
		return o, false, err
	}
	o.Exe = s.command()
	return o, o.Exe != "", nil
}

func (v serverPart) put(text []byte, o Options) ([]byte, error) {
	s, err := v.parse(text)
	if err != nil {
		return nil, err
	}
	if s.entry != nil && s.command() == "" {
		return nil, anothers(v.removal)
	}
	return s.install(v.form(o.Exe)), nil
}

func (v serverPart) drop(text, before []byte) ([]byte, error) {
	s, err := v.parse(text)
	if err != nil {
		return nil, err
	}
	was, err := v.parse(before)
	return s.uninstall(err == nil && was.servers != nil), nil
}

// anothers is the error that our name is taken by a program that is not ours.
func anothers(removal string) error {
	return fmt.Errorf("another program is registered as the MCP server %s; `%s` takes it out", serverName, removal)
}

// state is a parsed state file.
type state struct {
	text    []byte
	plain   []byte // the text without comments, as long as it
	root    *node
	servers *node // nil: there is none
	null    *node // what stands in its place, if that is null
	entry   *node // ours, or another's of our name; nil: there is none
}

func (v serverPart) parse(text []byte) (*state, error) {
	plain := text
	if v.comments {
		plain = blanked(text)
	}
	root, err := parse(plain)
	if err != nil {
		return nil, err
	}
	if root.kind != '{' {
		return nil, errors.New("line 1:1: it is not a JSON object")
	}
	s := &state{text: text, plain: plain, root: root, servers: root.get("mcpServers")}
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
	if json.Unmarshal(s.plain[s.entry.start:s.entry.end], &now) != nil || !slices.Equal(now.Args, []string{"mcp"}) {
		return ""
	}
	if !isUs(now.Command) {
		return ""
	}
	return now.Command
}

// install returns the text with our entry in it. What else the user put into one that
// is there stays, also an alwaysLoad that is false.
func (s *state) install(want server) []byte {
	st := styleOf(s.text)
	mine := field{serverName, want}
	switch {
	case s.null != nil:
		return apply(s.text, []edit{st.replace(s.text, s.null, object{mine})})
	case s.servers == nil:
		return apply(s.text, []edit{st.add(s.text, s.root, field{"mcpServers", object{mine}})})
	case s.entry == nil:
		return apply(s.text, []edit{st.add(s.text, s.servers, mine)})
	}
	fields := []field{{"command", want.Command}, {"args", want.Args}}
	if want.Type != "" {
		fields = append(fields, field{"type", want.Type})
	}
	if want.AlwaysLoad && s.entry.get("alwaysLoad") == nil {
		fields = append(fields, field{"alwaysLoad", true})
	}
	return apply(s.text, st.set(s.text, s.plain, s.entry, fields...))
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
