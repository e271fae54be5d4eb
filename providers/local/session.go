package local

import (
	"path"
	"slices"
	"strings"

	"claude-mem/memory"
	"claude-mem/providers"
)

// session is what a whole conversation amounts to, gathered event by event.
type session struct {
	sc       scene
	turns    []turn
	read     []string // files, in the order they were first looked at
	searched []string // patterns, pages and questions
	edited   []edited // files, in the order they were first changed
	commits  []string
	checks   []check // the last outcome of every test and check command
	failing  []check // tests and checks whose last run failed
	todo     []string
	no       []string // what the user turned down, in their words
	agents   []string // what sub-agents were asked for
}

// turn is one prompt and what came of it.
type turn struct {
	ask   ask
	last  doc    // the agent's account at the end of the turn
	title string // of that account
	kind  string
	edits []string // files changed
	acted bool     // something else was done: a commit, a comment
}

// edited is a file and how much of it changed.
type edited struct {
	path           string
	added, removed int
	first          string // the headline of the first change
}

// check is the outcome of a command.
type check struct {
	command string
	failed  bool
	settled bool   // by the success of another command
	title   string // of the failure
}

// gather reads the events of a session in order.
func gather(r providers.Request) *session {
	s := &session{sc: sceneOf(r)}
	for _, e := range r.Events {
		st := read(e)
		switch {
		case st.call != nil:
			s.called(st.call, e.AgentID != "")
		case e.AgentID != "":
		case st.prompt != "":
			s.prompted(st.prompt)
		case st.message != "":
			s.said(st.message)
		}
	}
	for _, c := range s.checks {
		if c.failed && !c.settled {
			s.failing = append(s.failing, c)
		}
	}
	return s
}

// prompted opens a turn.
func (s *session) prompted(prompt string) {
	s.sc.ask = askOf(prompt)
	s.turns = append(s.turns, turn{ask: s.sc.ask})
}

// turn is the one that is open.
func (s *session) turn() *turn {
	if len(s.turns) == 0 {
		s.turns = append(s.turns, turn{})
	}
	return &s.turns[len(s.turns)-1]
}

// said closes a turn with the agent’s account of it. Of several the last counts, as
// an agent that was stopped and went on tells the whole again.
func (s *session) said(message string) {
	d := digest(message)
	t := s.turn()
	if title := d.title(); title != "" {
		t.title, t.kind = title, s.sc.kindOfMessage(d, strings.ToLower(message))
	}
	t.last = d
}

// called files a tool call under what it was for.
func (s *session) called(c *call, subagent bool) {
	if words, ok := declined(c.err); ok {
		if meaningful(words) {
			s.no = addOnce(s.no, oneLine(words))
		}
		return
	}
	switch c.class {
	case reads:
		if c.failed {
			return
		}
		if p := c.str("file_path", "path", "absolute_path"); p != "" && c.str("pattern") == "" {
			// What lies outside of the project is the agent's own affair.
			if p = s.sc.rel(p, c.cwd); !strings.HasPrefix(p, "/") && !isDrive(p) {
				s.read = addOnce(s.read, p)
			}
		} else if q := c.str("pattern", "query"); q != "" && !strings.ContainsAny(q, `\|*[](){}^$?+`) {
			s.searched = addOnce(s.searched, quoted(q, 50))
		}
	case web:
		if q := c.str("query", "url"); q != "" && !c.failed {
			s.searched = addOnce(s.searched, clip(q, 80))
		}
	case agent:
		if q := c.str("description", "prompt"); q != "" && !subagent {
			s.agents = addOnce(s.agents, clip(firstSentence(q), 60))
		}
	case books:
		s.planned(c)
	case edits:
		s.wrote(c)
	case shell:
		s.ran(c)
	case mcp:
		if n := s.sc.served(c); n.skip == "" && !c.failed {
			s.did(n)
		}
	}
}

// did keeps what was done outside of the files.
func (s *session) did(n note) {
	if n.skip == "" && n.draft.Kind != memory.KindDiscovery {
		s.commits = addOnce(s.commits, n.draft.Metadata.Title)
		s.turn().acted = true
	}
}

// planned keeps what is still open on the agent's own list.
func (s *session) planned(c *call) {
	all, ok := firstValue(c.input["todos"], c.input["plan"]).([]any)
	if !ok {
		return
	}
	s.todo = nil
	for _, t := range all {
		m := asObject(t)
		if status := pick(m, "status"); status != "completed" && status != "cancelled" {
			s.todo = addOnce(s.todo, pick(m, "content", "step", "description"))
		}
	}
}

// wrote counts what an editing tool did to the files.
func (s *session) wrote(c *call) {
	if c.failed {
		return
	}
	for _, ch := range s.sc.changes(c) {
		if isPlanFile(ch.path) {
			continue
		}
		s.touched(ch.path, len(ch.added()), len(ch.removed()), func() string { return describe(ch).title })
	}
}

// touched counts a change of a file and keeps the headline of the first: it says what
// the file was opened for. The headline costs work, so it is made only once.
func (s *session) touched(path string, added, removed int, headline func() string) {
	t := s.turn()
	t.edits = addOnce(t.edits, path)
	i := slices.IndexFunc(s.edited, func(e edited) bool { return e.path == path })
	if i < 0 {
		s.edited = append(s.edited, edited{path: path})
		i = len(s.edited) - 1
	}
	e := &s.edited[i]
	e.added += added
	e.removed += removed
	if e.first == "" {
		e.first = headline()
	}
}

// ran files a command under its outcome.
func (s *session) ran(c *call) {
	if strings.Contains(c.str("command", "cmd"), "*** Begin Patch") {
		s.wrote(c)
		return
	}
	main, what := principal(split(c.str("command", "cmd", "script")))
	switch what {
	case tests, checks:
		s.checked(c, main, what)
	case history, installs, deploys:
		s.did(s.sc.ran(c))
	case files:
		n := s.sc.ran(c)
		for _, p := range n.draft.Metadata.FilesModified {
			s.touched(p, 0, 0, func() string { return n.draft.Metadata.Title })
		}
	}
}

// checked keeps the last outcome of a command; a run of everything that passed
// settles the failures of the parts.
func (s *session) checked(c *call, main segment, what action) {
	o := outcomeOf(c, what)
	ck := check{command: label(main), failed: o.failed}
	if o.failed {
		ck.title = s.sc.failedRun(c, main, what, o).draft.Metadata.Title
	} else if selection(main.words) == "" {
		for i := range s.checks {
			s.checks[i].settled = s.checks[i].settled || s.checks[i].failed && settles(ck.command, s.checks[i].command)
		}
	}
	s.checks = slices.DeleteFunc(s.checks, func(old check) bool { return old.command == ck.command })
	s.checks = append(s.checks, ck)
}

// label is a command without its variable parts: what a later run of it shares.
func label(s segment) string {
	var words []string
	for i, w := range s.words {
		if i == 0 {
			w = path.Base(w)
		}
		if i > 0 && (w == "-v" || strings.HasPrefix(w, "-count") || strings.HasPrefix(w, "-timeout") || s.words[i-1] == "-timeout") {
			continue
		}
		words = append(words, clip(oneLine(w), 50))
	}
	return clip(strings.Join(words, " "), 80)
}

// settles reports whether the success of one command takes back the failure of
// another: of the same sort, or of a compiler, without which no test would pass.
func settles(now, before string) bool {
	a, b := purpose(segment{words: strings.Fields(now)}), purpose(segment{words: strings.Fields(before)})
	return a == b || a == tests && hasWord(before, "build", "vet", "compile", "check", "tsc")
}
