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
	title := impersonal(first(d.finding(), d.title()))
	if title == "" {
		return skipped("sub-agent brought nothing back")
	}
	m := memory.Metadata{
		Title:     labelled(clip(firstSentence(asked), 50), title),
		Subtitle:  sc.ask.subtitle(),
		Narrative: d.narrative(title),
		Facts:     best(d.facts, maxFacts),
	}
	inner := scene{ask: ask{text: oneLine(asked), low: strings.ToLower(asked)}}
	low := strings.ToLower(text)
	kind := inner.kindOfMessage(d, low)
	if kind != memory.KindSecurityNote && !inner.ask.isTask() {
		kind = memory.KindDiscovery // whatever it tells that others did
	}
	m.Concepts = inner.conceptsOfMessage(kind, low)
	return remembered(kind, m)
}

// isTask reports whether a sub-agent was to do something, rather than to find out.
func (a ask) isTask() bool {
	return (a.isFix() || a.isRefactor() || hasWord(a.low, "implement*", "add", "write", "create", "update", "build", "remove", "delete", "migrate",
		"convert", "generate", "apply", "replace", "port", "make", "change")) &&
		!hasWord(a.low, "review*", "research*", "find", "explor*", "analy*", "verify", "check", "investigat*", "search*", "look", "audit",
			"understand", "compare", "inspect", "study")
}
