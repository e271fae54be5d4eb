package install

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// hook is one registered command, in the fields that a host knows.
type hook struct {
	Name    string   `json:"name,omitempty"`
	Type    string   `json:"type"`
	Command string   `json:"command"`
	Args    []string `json:"args,omitempty"`
	Timeout int      `json:"timeout"`
}

// group is what the host registers hooks in.
type group struct {
	Matcher string `json:"matcher,omitempty"` // names of tools; empty: all
	Hooks   []hook `json:"hooks"`
}

// hooksPart is our hooks in a file of settings.
type hooksPart struct{ form form }

func (h hooksPart) find(text []byte) (o Options, found bool, err error) {
	s, err := parseSettings(text, h.form)
	if err != nil {
		return o, false, err
	}
	for _, event := range s.registered() {
		o.Exe, found = s.entries(event)[0].command, true
		o.FileContext = o.FileContext || event == beforeRead
	}
	return o, found, nil
}

func (h hooksPart) put(text []byte, o Options) ([]byte, error) {
	s, err := parseSettings(text, h.form)
	if err != nil {
		return nil, err
	}
	return s.install(o)
}

func (h hooksPart) drop(text, _ []byte) ([]byte, error) {
	s, err := parseSettings(text, h.form)
	if err != nil {
		return nil, err
	}
	return s.uninstall(), nil
}

// ours reports whether a hook object is one of our entries, wherever the binary
// was when it was made and in whichever form it was written.
func (f form) ours(raw []byte) (command string, is bool) {
	var fields map[string]json.RawMessage // a struct would take "Command" for "command"
	if json.Unmarshal(raw, &fields) != nil || json.Unmarshal(fields["command"], &command) != nil {
		return "", false
	}
	var args []string
	if list, there := fields["args"]; there && json.Unmarshal(list, &args) != nil {
		return "", false
	}
	words := append([]string{command}, args...)
	if len(args) == 0 {
		words = shellWords(command)
	}
	for i := 0; i+2 < len(words); i++ {
		if isUs(words[i]) && words[i+1] == "hook" && words[i+2] == f.agent {
			return words[i], true
		}
	}
	return "", false
}

// isUs reports whether a program is claude-mem by its name, wherever it lies.
func isUs(program string) bool {
	return strings.HasPrefix(program[strings.LastIndexAny(program, `/\`)+1:], "claude-mem")
}

// entry is one of our hooks in the file.
type entry struct {
	event   string
	group   int // its group's place in the event's list
	hook    int // its place in the group
	node    *node
	command string
}

// settings is a parsed settings file.
type settings struct {
	form  form
	text  []byte
	plain []byte // the text without comments, as long as it
	root  *node
	hooks *node // nil: there is none
	null  *node // what stands in its place, if that is null
}

func parseSettings(text []byte, f form) (*settings, error) {
	plain := text
	if f.comments {
		plain = blanked(text)
	}
	root, err := parse(plain)
	if err != nil {
		return nil, err
	}
	if root.kind != '{' {
		return nil, fmt.Errorf("line 1:1: the settings are not a JSON object")
	}
	s := &settings{form: f, text: text, plain: plain, root: root, hooks: root.get("hooks")}
	if s.hooks == nil {
		return s, nil
	}
	if s.hooks.kind == 'n' {
		s.hooks, s.null = nil, s.hooks
		return s, nil
	}
	if s.hooks.kind != '{' {
		return nil, s.wrong(s.hooks, `"hooks" is not an object`)
	}
	for _, m := range s.hooks.members {
		if m.value.kind != '[' {
			return nil, s.wrong(m.value, fmt.Sprintf("the hooks of %s are not a list", m.key))
		}
	}
	return s, nil
}

func (s *settings) wrong(n *node, problem string) error {
	line, column := position(s.text, n.start)
	return fmt.Errorf("line %d:%d: %s", line, column, problem)
}

// entries finds our hooks under an event.
func (s *settings) entries(event string) []entry {
	if s.hooks == nil {
		return nil
	}
	list := s.hooks.get(event)
	if list == nil {
		return nil
	}
	var out []entry
	for g, elem := range list.elems {
		hooks := elem.get("hooks")
		if hooks == nil {
			continue
		}
		for h, n := range hooks.elems {
			if command, is := s.form.ours(s.plain[n.start:n.end]); is {
				out = append(out, entry{event, g, h, n, command})
			}
		}
	}
	return out
}

// registered lists the events that have an entry of ours, in the file's order.
func (s *settings) registered() []string {
	var out []string
	if s.hooks == nil {
		return nil
	}
	for _, m := range s.hooks.members {
		if len(s.entries(m.key)) > 0 && !slices.Contains(out, m.key) {
			out = append(out, m.key)
		}
	}
	return out
}

// at returns what the settings have at a path of fields; nil if nothing.
func (s *settings) at(path ...string) *node {
	n := s.root
	for _, key := range path {
		if n = n.get(key); n == nil {
			return nil
		}
	}
	return n
}

// says reports whether the field at the path has that value.
func (s *settings) says(value string, path ...string) bool {
	n := s.at(path...)
	return n != nil && string(s.plain[n.start:n.end]) == value
}
