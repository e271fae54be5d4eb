package local

import (
	"strings"

	"claude-mem/memory"
)

// edited is the rule for tools that change files.
func (sc scene) edited(c *call) note {
	if c.failed {
		return sc.editFailed(c)
	}
	return sc.changed(sc.changes(c))
}

// changed tells what was done to one or more files.
func (sc scene) changed(all []change) note {
	var m memory.Metadata
	var tales []tale
	skip := "edit without a file"
	for _, ch := range all {
		if isPlanFile(ch.path) {
			skip = "the agent's own plan"
			continue
		}
		t := describe(ch)
		if t.skip != "" {
			skip = t.skip
			continue
		}
		tales = append(tales, t)
		m.FilesModified = append(m.FilesModified, ch.path)
		if ch.from != "" {
			m.FilesModified = append(m.FilesModified, ch.from)
		}
	}
	if len(tales) == 0 {
		return skipped(skip)
	}
	lead := tales[0]
	m.Title, m.Narrative, m.Facts = lead.title, lead.narrative, lead.facts
	if len(tales) > 1 {
		m.Title = clip(lead.title, maxTitle-20) + ", and " + plural(len(tales)-1, "other file", "other files")
		m.Facts = nil
		for _, t := range tales {
			m.Facts = append(m.Facts, t.title)
		}
	}
	m.Subtitle = sc.ask.subtitle()
	kind := sc.kindOfChange(all[0], lead)
	m.Concepts = conceptsOfChange(kind, m.Narrative)
	return remembered(kind, m)
}

// isPlanFile knows the files that hosts keep the agent's plans in. A plan is
// remembered when the user lets it pass.
func isPlanFile(p string) bool { return strings.Contains(p, "/.claude/plans/") }

// editFailed keeps the failures of editing tools that tell of the world, and drops
// those that tell only that the agent missed its aim and will try again.
func (sc scene) editFailed(c *call) note {
	text := strings.ToLower(c.err)
	if holds(text, "not found", "not been read", "exactly the same", "matches of the string", "does not exist",
		"modified since", "no changes", "no such file", "not unique", "could not find", "failed to find") {
		return skipped("edit did not apply")
	}
	reason := gist(c.err)
	if reason == "" {
		return skipped("edit failed without a word")
	}
	path := sc.rel(c.str("file_path", "path", "notebook_path"), c.cwd)
	return remembered(memory.KindDiscovery, memory.Metadata{
		Title:    "Cannot edit " + first(brief(path), "a file") + ": " + reason,
		Subtitle: sc.ask.subtitle(),
		Facts:    []string{path},
		Concepts: []string{gotcha},
	})
}
