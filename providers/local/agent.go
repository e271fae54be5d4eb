package local

import (
	"strings"

	"claude-mem/memory"
)

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
