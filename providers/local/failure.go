package local

import (
	"strings"

	"claude-mem/memory"
)

// failedRun tells a failure: of tests by their names, of anything else by the first
// line that says what is wrong.
func (sc scene) failedRun(c *call, main segment, what action, o outcome) note {
	m := memory.Metadata{Subtitle: sc.ask.subtitle(), Concepts: []string{gotcha, problemSolution}}
	name := quoted(spell(main), 60)
	why := ""
	switch {
	case len(o.errors) > 0:
		why = shortPlace(o.errors[0])
	case what != tests && len(o.failing) > 0:
		why = o.failing[0]
	}
	switch {
	case what == tests && len(o.failing) > 0:
		m.Title = plural(len(topTests(o.failing)), "test fails", "tests fail") + ": " + list(topTests(o.failing), 3)
		m.Narrative = name + " failed" + because(why)
	case what == tests && why != "":
		m.Title = notRun + why
		m.Narrative = name + " failed."
	case why != "":
		m.Title = name + " fails: " + why
	default:
		why = gist(withoutCode(tail(c.err)))
		if why == "" {
			return skipped("failed without a word")
		}
		m.Title = name + " fails: " + why
	}
	if o.counts != "" {
		m.Facts = append(m.Facts, o.counts)
	}
	if len(o.failing) > 1 {
		for _, t := range o.failing {
			m.Facts = append(m.Facts, "Fails: "+t)
		}
		m.Facts = m.Facts[:min(len(m.Facts), 5)]
	}
	for _, e := range o.errors {
		m.Facts = append(m.Facts, shortPlace(e))
	}
	m.FilesRead = sc.places(o.errors, c.cwd)
	return remembered(memory.KindDiscovery, m)
}

// because appends a cause that may be unknown.
func because(why string) string {
	if why == "" {
		return "."
	}
	return ": " + why
}

// topTests drops the sub-tests, whose parents fail with them.
func topTests(names []string) []string {
	var out []string
	for _, n := range names {
		if top, _, ok := strings.Cut(n, "/"); !ok || strings.Contains(n, "::") {
			out = addOnce(out, n)
		} else {
			out = addOnce(out, top)
		}
	}
	return out
}

// places are the files that error lines point into.
func (sc scene) places(errors []string, cwd string) []string {
	var out []string
	for _, e := range errors {
		if located(e) {
			name, _, _ := strings.Cut(e, ":")
			if strings.Contains(name, "/") {
				out = addOnce(out, sc.rel(name, cwd))
			}
		}
	}
	return out
}

// withoutCode drops the line that hosts put before what a failed command printed.
func withoutCode(text string) string {
	head, rest, ok := strings.Cut(text, "\n")
	if ok && strings.Contains(head, "xit code") {
		return rest
	}
	return text
}
