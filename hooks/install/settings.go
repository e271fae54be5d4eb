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
	var h struct {
		Command string   `json:"command"`
		Args    []string `json:"args"`
	}
	if json.Unmarshal(raw, &h) != nil {
		return "", false
	}
	words := append([]string{h.Command}, h.Args...)
	if len(h.Args) == 0 {
		words = shellWords(h.Command)
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

// install returns the text with our entries in it.
func (s *settings) install(o Options) ([]byte, error) {
	want, err := s.form.entry(o.hook())
	if err != nil {
		return nil, err
	}
	st := styleOf(s.text)
	var edits []edit
	var missing []field
	for _, event := range s.form.wanted(o) {
		g := group{Matcher: s.form.matchers[event], Hooks: []hook{want}}
		var list *node
		if s.hooks != nil {
			list = s.hooks.get(event)
		}
		mine := s.entries(event)
		switch {
		case list == nil:
			missing = append(missing, field{event, []group{g}})
		case len(mine) == 0:
			edits = append(edits, st.add(s.text, list, field{"", g}))
		default:
			edits = append(edits, s.update(st, mine[0], want)...)
		}
	}
	switch {
	case s.null != nil:
		edits = append(edits, edit{s.null.start, s.null.end, st.encode(object(missing), indentAt(s.text, s.null.start), false)})
	case s.hooks == nil:
		edits = append(edits, st.add(s.text, s.root, field{"hooks", object(missing)}))
	case len(missing) > 0:
		edits = append(edits, st.add(s.text, s.hooks, missing...))
	}
	return apply(s.text, edits), nil
}

// update brings an entry up to date. One that says the same stays as it is written.
func (s *settings) update(st style, e entry, h hook) []edit {
	raw := s.plain[e.node.start:e.node.end]
	var now hook
	if json.Unmarshal(raw, &now) == nil && now.Type == h.Type && now.Command == h.Command && slices.Equal(now.Args, h.Args) {
		return nil
	}
	inline := !strings.Contains(string(raw), "\n")
	return []edit{{e.node.start, e.node.end, st.encode(h, indentAt(s.text, e.node.start), inline)}}
}

// uninstall returns the text without our entries, and without the groups, lists
// and objects that held nothing else.
func (s *settings) uninstall() []byte {
	if s.hooks == nil {
		return s.text
	}
	var edits []edit
	var emptied []int
	for i, m := range s.hooks.members {
		whole, part := s.without(m)
		if whole {
			emptied = append(emptied, i)
			continue
		}
		edits = append(edits, part...)
	}
	if len(emptied) == 0 {
		return apply(s.text, edits)
	}
	if len(emptied) == len(s.hooks.members) {
		at := slices.IndexFunc(s.root.members, func(m member) bool { return m.value == s.hooks })
		return apply(s.text, remove(s.root, []int{at}))
	}
	return apply(s.text, append(edits, remove(s.hooks, emptied)...))
}

// without takes our entries out of an event's list. whole reports that the list
// held nothing else.
func (s *settings) without(m member) (whole bool, edits []edit) {
	perGroup := map[int][]int{}
	for _, e := range s.entriesIn(m) {
		perGroup[e.group] = append(perGroup[e.group], e.hook)
	}
	var emptied []int
	for g, gone := range perGroup {
		hooks := m.value.elems[g].get("hooks")
		if len(gone) == len(hooks.elems) {
			emptied = append(emptied, g)
			continue
		}
		edits = append(edits, remove(hooks, gone)...)
	}
	if len(emptied) == 0 {
		return false, edits
	}
	if len(emptied) == len(m.value.elems) {
		return true, nil
	}
	slices.Sort(emptied)
	return false, append(edits, remove(m.value, emptied)...)
}

// entriesIn is entries of one field, for a file that has an event twice.
func (s *settings) entriesIn(m member) []entry {
	if s.hooks.get(m.key) != m.value {
		return nil
	}
	return s.entries(m.key)
}
