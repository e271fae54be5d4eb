package local

import (
	"strings"

	"claude-mem/memory"
)

// forged tells what was done on a forge: pull requests, issues, releases.
func (sc scene) forged(c *call, line string, args []string) note {
	if len(args) < 2 {
		return skipped("looking around: gh")
	}
	what := args[0]
	switch what {
	case "pr", "mr":
		what = "pull request"
	}
	title := option(args, "-t", "--title")
	body := option(args, "-b", "--body")
	if strings.HasPrefix(body, "$(cat <<") {
		body = heredocOf(line)
	}
	verb := strings.ToUpper(args[1][:1]) + args[1][1:]
	m := memory.Metadata{Subtitle: sc.ask.subtitle(), Concepts: []string{whatChanged}}
	m.Title = verb + " " + what
	if len(args) > 2 && !strings.HasPrefix(args[2], "-") {
		m.Title += " " + args[2]
	}
	if title != "" {
		m.Title += ": " + title
	}
	doc := digest(body)
	m.Narrative, m.Facts = doc.narrative(""), doc.facts
	m.Facts = m.Facts[:min(len(m.Facts), maxFacts-1)]
	if i := strings.Index(c.text, "https://"); i >= 0 {
		url, _, _ := strings.Cut(c.text[i:], "\n")
		m.Facts = append(m.Facts, strings.TrimSpace(url))
	}
	return remembered(memory.KindChange, m)
}
