package local

import "claude-mem/memory"

// maxBatch is how many observations one job yields at most.
const maxBatch = 50

// batch makes the notes of several events. Edits of the same file that follow each
// other, with nothing but reading between them, are told as one.
func (sc scene) batch(events []memory.Event) []note {
	var out []note
	seen := make(map[string]bool)
	add := func(n note) {
		if n.skip == "" && (seen[n.draft.Metadata.Title] || len(seen) >= maxBatch) {
			n = skipped("repeats what the job remembers already")
		}
		if n.skip == "" {
			seen[n.draft.Metadata.Title] = true
			sc.saw(n.draft.Metadata.Title)
		}
		out = append(out, n)
	}
	var open change
	var ids []string
	flush := func() {
		if len(ids) > 0 {
			n := sc.changed([]change{open})
			n.draft.Events = ids
			add(n)
			ids = nil
		}
	}
	for _, e := range events {
		s := read(e)
		if s.prompt != "" {
			sc.ask = askOf(s.prompt)
		}
		if s.call != nil && s.call.class == edits && !s.call.failed {
			if all := sc.changes(s.call); len(all) == 1 {
				if len(ids) > 0 && open.path != all[0].path {
					flush()
				}
				open = joined(open, all[0], len(ids) > 0)
				ids = append(ids, e.ID)
				continue
			}
		}
		n := sc.note(s)
		if n.skip == "" {
			flush()
		}
		add(n)
	}
	flush()
	return out
}

// joined appends a later change of the same file to an earlier one.
func joined(a, b change, same bool) change {
	if !same {
		return b
	}
	a.diff = append(a.diff[:len(a.diff):len(a.diff)], b.diff...)
	a.deleted = b.deleted
	return a
}
