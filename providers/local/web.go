package local

import (
	"net/url"
	"strings"

	"claude-mem/memory"
)

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
	headline := first(d.finding(), d.title())
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
