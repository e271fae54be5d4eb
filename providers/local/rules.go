package local

import (
	"encoding/json"
	"net/url"
	"strings"

	"claude-mem/memory"
)

// declined reports whether a call failed because the user said no, and what they
// said instead.
func declined(err string) (words string, ok bool) {
	if !strings.Contains(err, "user doesn't want to proceed") && !strings.Contains(err, "was rejected by the user") && !strings.Contains(err, "user rejected") {
		return "", false
	}
	_, words, _ = strings.Cut(err, "the user said:")
	return strings.TrimSpace(words), true
}

// declined is the rule for what the user turned down: their words are a decision
// nobody would find in the code.
func (sc scene) declined(c *call, words string) note {
	what := c.tool
	var files []string
	switch c.class {
	case edits:
		what = "an edit"
		if all := sc.changes(c); len(all) > 0 {
			what = "an edit of " + brief(all[0].path)
			files = []string{all[0].path}
		}
	case shell:
		main, _ := principal(split(c.str("command", "cmd")))
		what = quoted(spell(main), 60)
		if len(main.words) == 0 {
			what = "a command"
		}
	case plan:
		what = "the plan"
		if d := digest(c.str("plan")); len(d.heads) > 0 {
			what = "the plan “" + clip(strings.TrimPrefix(d.heads[0], "Plan: "), 80) + "”"
		}
	}
	if !meaningful(words) && c.class != plan {
		return skipped("turned down by the user without a word")
	}
	title := "User turned down " + what
	if words != "" {
		title += ": " + oneLine(words)
	}
	m := memory.Metadata{Title: title, Subtitle: sc.ask.subtitle(), Concepts: []string{tradeOff}, FilesRead: files}
	if len(oneLine(words)) > maxTitle/2 {
		m.Narrative = words
	}
	if c.class == plan {
		m.Facts = best(digest(c.str("plan")).facts, 6)
	}
	return remembered(memory.KindDecision, m)
}

// planned is the rule for a plan the user let pass.
func (sc scene) planned(c *call) note {
	d := digest(c.str("plan"))
	if len(d.heads)+len(d.leads) == 0 {
		return skipped("plan without content")
	}
	title := d.title()
	if len(d.heads) > 0 {
		title = d.heads[0]
	}
	return remembered(memory.KindDecision, memory.Metadata{
		Title:     "Plan: " + strings.TrimPrefix(title, "Plan: "),
		Subtitle:  sc.ask.subtitle(),
		Narrative: d.narrative(title),
		Facts:     best(d.facts, maxFacts),
		Concepts:  []string{tradeOff},
	})
}

// answered is the rule for a question put to the user.
func (sc scene) answered(c *call) note {
	answers := asObject(c.field("answers"))
	var facts []string
	for _, q := range sortedKeys(answers) {
		if a := flatten(answers[q]); a != "" {
			facts = append(facts, q+" → "+a)
		}
	}
	if len(facts) == 0 {
		return skipped("question without an answer")
	}
	q, a, _ := strings.Cut(facts[0], " → ")
	return remembered(memory.KindDecision, memory.Metadata{
		Title:    "User chose " + quoted(a, 60) + ": " + q,
		Subtitle: sc.ask.subtitle(),
		Facts:    facts,
		Concepts: []string{tradeOff},
	})
}

// fetched is the rule for pages and searches: what was looked for, and what it said.
func (sc scene) fetched(c *call) note {
	topic := c.str("query", "prompt", "url")
	from := c.str("url")
	if u, err := url.Parse(from); err == nil && u.Host != "" {
		from = strings.TrimSuffix(u.Host+u.Path, "/")
	}
	text := c.text
	if c.failed {
		return skipped("page or search failed")
	}
	var facts []string
	if c.str("query") != "" {
		facts = hits(c.field("results"))
		if len(facts) == 0 && strings.Contains(text, "unavailable") {
			return skipped("search was unavailable")
		}
	}
	d := digest(text)
	facts = append(facts, best(d.facts, 7)...)
	headline := d.title()
	if len(d.leads) > 0 {
		headline = strings.TrimRight(d.leads[0], ".:")
	}
	if hasWord(strings.ToLower(headline), "i cannot", "i can't", "unable to", "no substantive") {
		return skipped("page did not answer")
	}
	m := memory.Metadata{Subtitle: clip(firstSentence(topic), maxSubtitle), Facts: facts, Concepts: []string{howItWorks}}
	switch {
	case headline != "" && from != "":
		m.Title = from + ": " + headline
	case headline != "":
		m.Title = "Searched “" + clip(topic, 50) + "”: " + headline
	case len(facts) > 0:
		m.Title = "Searched “" + clip(topic, 90) + "”"
	default:
		return skipped("page said nothing")
	}
	m.Narrative = d.narrative(headline)
	return remembered(memory.KindDiscovery, m)
}

// hits lists the pages that a search found.
func hits(v any) []string {
	var out []string
	all, _ := v.([]any)
	for _, r := range all {
		rows, ok := asObject(r)["content"].([]any)
		if !ok {
			rows = []any{r}
		}
		for _, row := range rows {
			m := asObject(row)
			if title := pick(m, "title"); title != "" && len(out) < 5 {
				out = append(out, title+" ("+pick(m, "url", "link")+")")
			}
		}
	}
	return out
}

// delegated is the rule for what a sub-agent brought back.
func (sc scene) delegated(c *call) note {
	asked := c.str("description", "task", "prompt")
	if c.failed {
		return skipped("sub-agent did not start")
	}
	text := c.text
	if parts, ok := c.field("content").([]any); ok {
		text = flatten(parts)
	}
	d := digest(text)
	title := d.title()
	if title == "" {
		return skipped("sub-agent brought nothing back")
	}
	m := memory.Metadata{
		Title:     clip(firstSentence(asked), 50) + ": " + title,
		Subtitle:  sc.ask.subtitle(),
		Narrative: d.narrative(title),
		Facts:     best(d.facts, maxFacts),
	}
	inner := scene{ask: askOf(asked)}
	low := strings.ToLower(text)
	kind := inner.kindOfMessage(low)
	if kind == memory.KindDecision {
		kind = memory.KindDiscovery
	}
	m.Concepts = inner.conceptsOfMessage(kind, low)
	return remembered(kind, m)
}

// served is the rule for MCP tools: what they wrote somewhere is remembered, what
// they read is not.
func (sc scene) served(c *call) note {
	server, verb := mcpName(c.tool)
	words := strings.ToLower(strings.NewReplacer("_", " ", "-", " ").Replace(spaced(verb)))
	writes := hasWord(words, "create", "update", "delete", "add", "set", "write", "post", "send", "comment", "close", "merge", "move", "upload",
		"publish", "insert", "edit", "reply", "assign", "archive", "remove", "save", "submit", "trigger", "deploy", "run", "execute", "apply")
	if !writes || hasWord(words, "get", "list", "search", "read", "find", "fetch", "query", "describe") {
		return skipped("read-only: " + clip(verb, 60))
	}
	if c.failed {
		reason := gist(c.err)
		if reason == "" {
			return skipped("MCP call failed without a word")
		}
		return remembered(memory.KindDiscovery, memory.Metadata{
			Title: server + ": cannot " + words + ": " + reason, Subtitle: sc.ask.subtitle(), Facts: inputFacts(c.input), Concepts: []string{gotcha},
		})
	}
	target := c.str("issueId", "issue_number", "issue", "id", "identifier", "key", "path", "name", "repo", "channel")
	if ident := answerField(c.text, "identifier", "key"); ident != "" {
		target = ident
	}
	d := digest(c.str("body", "content", "text", "description", "message", "comment"))
	topic := first(c.str("title", "subject", "summary"), d.title())
	if len(d.heads) > 0 && c.str("title") == "" {
		topic = d.heads[0]
	}
	m := memory.Metadata{
		Title:     server + ": " + words,
		Subtitle:  sc.ask.subtitle(),
		Narrative: d.narrative(topic),
		Facts:     best(d.facts, maxFacts-3),
		Concepts:  []string{whatChanged},
	}
	if target != "" && len(target) < 30 && !strings.HasPrefix(topic, target) {
		m.Title += " " + target
	}
	if topic != "" {
		m.Title += ": " + topic
	} else {
		m.Facts = append(inputFacts(c.input), m.Facts...)
	}
	if link := answerField(c.text, "url", "html_url"); link != "" {
		m.Facts = append(m.Facts, link)
	}
	return remembered(memory.KindChange, m)
}

// mcpName splits mcp__server__tool, or mcp_server_tool as Gemini has it.
func mcpName(tool string) (server, verb string) {
	if rest, ok := strings.CutPrefix(tool, "mcp__"); ok {
		server, verb, _ = strings.Cut(rest, "__")
	} else {
		server, verb, _ = strings.Cut(strings.TrimPrefix(tool, "mcp_"), "_")
	}
	return strings.TrimSuffix(strings.TrimSuffix(server, "-server"), "_server"), verb
}

// spaced puts spaces before the capitals of a camelCase word.
func spaced(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if i > 0 && s[i] >= 'A' && s[i] <= 'Z' && s[i-1] >= 'a' && s[i-1] <= 'z' {
			b.WriteByte(' ')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// answerField is a field of an answer that is JSON in a text.
func answerField(text string, names ...string) string {
	var m map[string]any
	if !strings.HasPrefix(strings.TrimSpace(text), "{") || json.Unmarshal([]byte(text), &m) != nil {
		return ""
	}
	return pick(m, names...)
}
