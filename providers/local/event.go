package local

import (
	"slices"
	"strings"

	"claude-mem/memory"
	"claude-mem/providers"
)

// scene is what the rules know besides the event itself.
type scene struct {
	root string // of the project: an absolute path, or ""
	ask  ask    // what the user had asked for
	// failing says that tests or a build failed before in the session, as far as is known,
	// and that no tests passed since.
	failing bool
}

// sceneOf reads the project's root from its name, which the hooks make of it.
func sceneOf(r providers.Request) scene {
	sc := scene{ask: askOf(r.Prompt)}
	for _, title := range slices.Backward(r.Recent) { // the newest are first
		sc.saw(title)
	}
	if name := slashed(r.Project.Name); strings.HasPrefix(name, "/") || isDrive(name) {
		sc.root = strings.TrimRight(name, "/")
	}
	return sc
}

// saw takes in what is remembered of the session already.
func (sc *scene) saw(title string) {
	switch {
	case strings.HasPrefix(title, passes):
		sc.failing = false
	case strings.HasPrefix(title, notRun):
		sc.failing = true
	case strings.Contains(title, " fails: ") || strings.Contains(title, " fail: "):
		// What else may fail, such as a linter, tests say nothing about.
		what, _, _ := strings.Cut(strings.ToLower(title), " fail")
		sc.failing = sc.failing || hasWord(what, "test", "tests", "build", "vet", "compile", "check", "tsc")
	}
}

// observe makes the notes of the events of a job: one for each event, or for each
// run of events that belong together.
func observe(r providers.Request) []note {
	sc := sceneOf(r)
	if len(r.Events) == 1 {
		return []note{sc.note(read(r.Events[0]))}
	}
	return sc.batch(r.Events)
}

// note applies the rule for one step.
func (sc scene) note(s step) note {
	n := sc.judge(s)
	if n.skip == "" && s.event.ID != "" {
		n.draft.Events = []string{s.event.ID}
	}
	if s.call != nil && n.skip == "" {
		sc.shorten(&n.draft.Metadata, s.call.cwd)
	}
	sc.shorten(&n.draft.Metadata, sc.root)
	return n
}

// shorten writes paths under a folder relative to it wherever they stand in a text.
func (scene) shorten(m *memory.Metadata, folder string) {
	folder = strings.TrimRight(folder, "/") + "/"
	if len(folder) < 3 {
		return
	}
	for _, text := range []*string{&m.Title, &m.Subtitle, &m.Narrative} {
		*text = strings.ReplaceAll(*text, folder, "")
	}
	for i, f := range m.Facts {
		m.Facts[i] = strings.ReplaceAll(f, folder, "")
	}
}

// judge chooses the rule. A client may send an event type of its own, so the payload
// decides and not the type.
func (sc scene) judge(s step) note {
	switch {
	case s.call != nil:
		return sc.called(s.call)
	case s.prompt != "" || s.event.EventType == memory.EventUserPrompt:
		return skipped("a prompt is remembered with what came of it")
	case s.message != "":
		return sc.said(s.message)
	}
	return skipped("empty event")
}

// called applies the rule for one tool call.
func (sc scene) called(c *call) note {
	if c.tool == "" && len(c.input) == 0 {
		return skipped("no tool named")
	}
	if words, ok := declined(c.err); ok {
		return sc.declined(c, words)
	}
	switch c.class {
	case reads:
		return skipped("read-only: " + strings.ToLower(c.tool))
	case books:
		return skipped("bookkeeping: " + strings.ToLower(c.tool))
	case edits:
		return sc.edited(c)
	case shell:
		return sc.ran(c)
	case web:
		return sc.fetched(c)
	case agent:
		return sc.delegated(c)
	case mcp:
		return sc.served(c)
	case plan:
		return sc.planned(c)
	case question:
		return sc.answered(c)
	}
	return sc.used(c)
}

// used is the rule for tools nobody told us about: what they were given and what
// came of it, if the answer says anything.
func (sc scene) used(c *call) note {
	text := gist(c.text)
	if c.failed {
		text = gist(c.err)
	}
	if len(strings.Fields(text)) < 4 {
		return skipped("unknown tool with nothing to tell: " + clip(oneLine(c.tool), 40))
	}
	m := memory.Metadata{Facts: inputFacts(c.input), Concepts: []string{whatChanged}, FilesRead: nil}
	m.Title = c.tool + ": " + text
	if c.failed {
		m.Title = c.tool + " fails: " + text
		m.Concepts = []string{gotcha}
	}
	m.Subtitle = sc.ask.subtitle()
	return remembered(memory.KindDiscovery, m)
}

// inputFacts lists the short texts among a tool's arguments, in the order of their names.
func inputFacts(input map[string]any) []string {
	var facts []string
	for _, name := range sortedKeys(input) {
		if v, ok := input[name].(string); ok && v != "" && len(v) <= maxFact {
			facts = append(facts, name+": "+v)
		}
	}
	return facts[:min(len(facts), 4)]
}
