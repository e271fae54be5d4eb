package local

import (
	"fmt"
	"slices"
	"strings"

	"claude-mem/memory"
	"claude-mem/providers"
)

// summarize tells a session: what was asked, what was looked at, learned and done,
// and what is left.
func summarize(r providers.Request) note {
	s := gather(r)
	if len(s.turns) == 0 && len(s.edited) == 0 && len(s.commits) == 0 {
		return skipped("nothing happened in the session")
	}
	sum := &memory.Summary{
		Request:      s.request(),
		Investigated: s.investigated(),
		Learned:      s.learned(),
		Completed:    s.completed(),
		NextSteps:    s.next(),
		Notes:        s.notes(r.Omitted),
	}
	if sum.Request == "" && sum.Learned == "" && sum.Completed == "" && sum.Investigated == "" {
		return skipped("nothing happened in the session")
	}
	m := memory.Metadata{
		Title:         s.title(),
		Subtitle:      s.subtitle(),
		Summary:       sum,
		FilesRead:     s.read,
		FilesModified: editedPaths(s.edited),
		Concepts:      s.concepts(),
	}
	return remembered(memory.KindSummaryObservation, m)
}

// title is the first thing the user wanted in so many words, or else the first
// thing that was done.
func (s *session) title() string {
	for _, t := range s.turns {
		if len(strings.Fields(t.ask.head))+2*len(identifiers(t.ask.head)) >= 7 {
			return wish(t.ask.head)
		}
	}
	for _, t := range s.turns {
		if t.ask.text != "" && len(s.turns) == 1 {
			return wish(t.ask.head)
		}
		if t.title != "" && (t.acted || len(t.edits) > 0) {
			return t.title
		}
	}
	for _, t := range s.turns {
		if t.title != "" {
			return t.title
		}
	}
	if len(s.edited) > 0 {
		return s.edited[0].first
	}
	if len(s.commits) > 0 {
		return s.commits[0]
	}
	return "Session without a request"
}

// subtitle is the extent of the session and its last word.
func (s *session) subtitle() string {
	var parts []string
	n := 0
	for _, t := range s.turns {
		if t.ask.text != "" {
			n++
		}
	}
	if n > 1 {
		parts = append(parts, plural(n, "request", "requests"))
	}
	if n := len(s.edited); n > 0 {
		parts = append(parts, plural(n, "file changed", "files changed"))
	}
	for i := len(s.turns) - 1; i >= 0; i-- {
		if t := s.turns[i]; t.title != "" {
			parts = append(parts, "at the end: "+t.title)
			break
		}
	}
	return strings.Join(parts, "; ")
}

// request lists what the user asked for.
func (s *session) request() string {
	var all []string
	for _, t := range s.turns {
		if t.ask.text != "" {
			all = append(all, t.ask.text)
		}
	}
	return bullets(all, 600)
}

// investigated lists what was looked at. A file that was changed, too, is told among
// what was done.
func (s *session) investigated() string {
	var parts []string
	if looked := slices.DeleteFunc(slices.Clone(s.read), s.wasEdited); len(looked) > 0 {
		parts = append(parts, "Read "+list(looked, 6)+".")
	}
	if len(s.searched) > 0 {
		parts = append(parts, "Searched for "+list(s.searched, 4)+".")
	}
	if len(s.agents) > 0 {
		parts = append(parts, "Asked sub-agents: "+list(s.agents, 4)+".")
	}
	return clip(strings.Join(parts, " "), 500)
}

// wasEdited reports whether the session changed the file.
func (s *session) wasEdited(p string) bool {
	return slices.ContainsFunc(s.edited, func(e edited) bool { return e.path == p })
}

// learned is what the agent found out: its answers where nothing was changed, and
// the causes it named where something was.
func (s *session) learned() string {
	var all []string
	for _, t := range s.turns {
		if t.title == "" {
			continue
		}
		if len(t.edits) == 0 && !t.acted {
			all = append(all, answer(t))
			continue
		}
		for _, f := range append(t.last.leads[:len(t.last.leads):len(t.last.leads)], t.last.facts...) {
			if tellsCause(f) && strings.TrimRight(f, ".") != t.title {
				all = append(all, f)
				break
			}
		}
	}
	return bullets(all, 900)
}

// answer is a finding with as much of its ground as fits in a line or two.
func answer(t turn) string {
	text := strings.TrimRight(t.title, ".") + "."
	if n := t.last.narrative(t.title); n != "" && len(text) < 200 {
		text += " " + n
	} else if len(t.last.facts) > 0 && len(text) < 200 {
		text += " " + strings.Join(best(t.last.facts, 2), "; ")
	}
	return text
}

// tellsCause reports whether a sentence gives a reason: what cannot be read off the
// code afterwards.
func tellsCause(f string) bool {
	return hasWord(strings.ToLower(f), "because", "root cause", "caused by", "the reason", "the bug", "the problem",
		"the issue", "was that", "instead of", "otherwise", "due to", "decided", "chose",
		"rather than") || strings.Contains(f, ", so ")
}

// completed lists what was done, turn by turn, then the files, the history and the checks.
func (s *session) completed() string {
	var all []string
	for _, t := range s.turns {
		if len(t.edits) == 0 && !t.acted {
			continue
		}
		done := t.title
		if done == "" && len(t.edits) > 0 {
			i := slices.IndexFunc(s.edited, func(e edited) bool { return e.path == t.edits[0] })
			done = s.edited[i].first
		}
		if done != "" {
			all = append(all, done)
		}
	}
	parts := []string{bullets(all, 700)}
	if len(s.edited) > 0 {
		var files []string
		for _, e := range s.edited {
			files = append(files, e.path+e.extent())
		}
		parts = append(parts, clip("Files: "+list(files, 8), 420))
	}
	if len(s.commits) > 0 {
		parts = append(parts, clip(strings.Join(s.commits[:min(len(s.commits), 4)], "; "), 300))
	}
	if p := s.passing(); len(p) > 0 {
		parts = append(parts, clip("Passing at the end: "+list(p, 4), 200))
	}
	return strings.TrimSpace(strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "\n"))
}

// extent is how much of the file changed, where that is known; a move is not.
func (e edited) extent() string {
	if e.added+e.removed == 0 {
		return ""
	}
	return fmt.Sprintf(" (+%d −%d)", e.added, e.removed)
}

// passing lists the commands that succeeded when they ran last, the latest first.
func (s *session) passing() []string {
	var out []string
	for _, c := range s.checks {
		if !c.failed {
			out = append(out, c.command)
		}
	}
	slices.Reverse(out)
	return out
}

// notes are the failures that stayed, what the user turned down, and how much of
// the session this summary does not know.
func (s *session) notes(omitted int) string {
	var all []string
	if omitted > 0 {
		all = append(all, plural(omitted, "event", "events")+" in the middle of the session were too many to read")
	}
	for _, c := range s.failing {
		all = append(all, "Still failing: "+c.title)
	}
	for _, w := range s.no {
		all = append(all, "User turned down a step: "+w)
	}
	return bullets(all[:min(len(all), 5)], 450)
}

// concepts are those of the session as a whole.
func (s *session) concepts() []string {
	out := []string{}
	for _, t := range s.turns {
		if t.kind == memory.KindBugfix && !slices.Contains(out, problemSolution) {
			out = append(out, problemSolution)
		}
	}
	if len(s.edited) > 0 {
		out = append(out, whatChanged)
	} else {
		out = append(out, howItWorks)
	}
	return out
}

// editedPaths lists the files in the order they were first changed.
func editedPaths(all []edited) []string {
	var out []string
	for _, e := range all {
		out = append(out, e.path)
	}
	return out
}
