package install

import (
	"encoding/json"
	"slices"
)

// install returns the text with one entry of ours under each event that is wanted, and
// none under any other.
func (s *settings) install(o Options) ([]byte, error) {
	want, err := s.form.entry(o.hook())
	if err != nil {
		return nil, err
	}
	st, wanted := styleOf(s.text), s.form.wanted(o)
	var edits []edit
	var missing object
	for _, event := range wanted {
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
			edits = append(edits, s.keepOne(st, list, mine, want)...)
		}
	}
	if s.hooks == nil {
		return apply(s.text, []edit{s.newHooks(st, missing)}), nil
	}
	emptied, strays := s.dropFrom(func(event string) bool { return !slices.Contains(wanted, event) })
	if n := len(emptied); n > 0 && n == len(s.hooks.members) {
		return apply(s.text, []edit{st.replace(s.text, s.hooks, missing)}), nil
	}
	edits = append(edits, strays...)
	if len(emptied) > 0 {
		edits = append(edits, remove(s.hooks, emptied)...)
	}
	if len(missing) > 0 {
		edits = append(edits, st.add(s.text, s.hooks, missing...))
	}
	return apply(s.text, edits), nil
}

// newHooks puts hooks where there were none.
func (s *settings) newHooks(st style, hooks object) edit {
	if s.null != nil {
		return st.replace(s.text, s.null, hooks)
	}
	return st.add(s.text, s.root, field{"hooks", hooks})
}

// keepOne leaves one of our entries in an event's list, brought up to date: one that is
// so already, else the first.
func (s *settings) keepOne(st style, list *node, mine []entry, want hook) []edit {
	keep := max(0, slices.IndexFunc(mine, func(e entry) bool { return s.upToDate(e, want) }))
	kept := mine[keep]
	_, edits := without(list, slices.Delete(mine, keep, keep+1))
	if s.upToDate(kept, want) {
		return edits // as it is written
	}
	var args any
	if len(want.Args) > 0 {
		args = want.Args
	}
	return append(edits, st.set(s.text, s.plain, kept.node, field{"type", want.Type}, field{"command", want.Command}, field{"args", args})...)
}

// upToDate reports whether an entry calls what it should. All else in it is the user's.
func (s *settings) upToDate(e entry, want hook) bool {
	var now hook
	err := json.Unmarshal(s.plain[e.node.start:e.node.end], &now)
	return err == nil && now.Type == want.Type && now.Command == want.Command && slices.Equal(now.Args, want.Args)
}

// uninstall returns the text without our entries, and without the groups, lists
// and objects that held nothing else.
func (s *settings) uninstall() []byte {
	if s.hooks == nil {
		return s.text
	}
	emptied, edits := s.dropFrom(func(string) bool { return true })
	if len(emptied) == 0 {
		return apply(s.text, edits)
	}
	if len(emptied) == len(s.hooks.members) {
		at := slices.IndexFunc(s.root.members, func(m member) bool { return m.value == s.hooks })
		return apply(s.text, remove(s.root, []int{at}))
	}
	return apply(s.text, append(edits, remove(s.hooks, emptied)...))
}

// dropFrom takes our entries out of the lists of some events. emptied are the places of
// those that held nothing else; they are left to the caller.
func (s *settings) dropFrom(some func(event string) bool) (emptied []int, edits []edit) {
	for i, m := range s.hooks.members {
		if !some(m.key) {
			continue
		}
		whole, part := without(m.value, s.entriesIn(m))
		if whole {
			emptied = append(emptied, i)
			continue
		}
		edits = append(edits, part...)
	}
	return emptied, edits
}

// without takes entries out of an event's list. whole reports that the list held
// nothing else.
func without(list *node, gone []entry) (whole bool, edits []edit) {
	perGroup := map[int][]int{}
	for _, e := range gone {
		perGroup[e.group] = append(perGroup[e.group], e.hook)
	}
	var emptied []int
	for g, gone := range perGroup {
		hooks := list.elems[g].get("hooks")
		if len(gone) == len(hooks.elems) {
			emptied = append(emptied, g)
			continue
		}
		edits = append(edits, remove(hooks, gone)...)
	}
	if len(emptied) == 0 {
		return false, edits
	}
	if len(emptied) == len(list.elems) {
		return true, nil
	}
	slices.Sort(emptied)
	return false, append(edits, remove(list, emptied)...)
}

// entriesIn is entries of one field, for a file that has an event twice.
func (s *settings) entriesIn(m member) []entry {
	if s.hooks.get(m.key) != m.value {
		return nil
	}
	return s.entries(m.key)
}
