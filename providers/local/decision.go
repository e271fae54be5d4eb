package local

import (
	"strings"

	"claude-mem/memory"
)

// declined reports whether a call failed because the user said no, and what they
// said instead.
func declined(err string) (words string, ok bool) {
	if !holds(err, "user doesn't want to proceed", "was rejected by the user", "user rejected") {
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
