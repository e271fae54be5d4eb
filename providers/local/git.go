package local

import (
	"path"
	"strings"

	"claude-mem/memory"
)

// versioned tells what a command did to the history, here or on a forge.
func (sc scene) versioned(c *call, line string, main segment) note {
	program, args := path.Base(main.words[0]), main.words[1:]
	if program == "gh" || program == "glab" {
		return sc.forged(c, line, args)
	}
	switch sub := firstArg(args); sub {
	case "commit":
		return sc.committed(c, line, args)
	case "push":
		return sc.pushed(c, args)
	default:
		return remembered(memory.KindChange, memory.Metadata{
			Title:    "Run " + quoted(spell(main), 80),
			Subtitle: sc.ask.subtitle(),
			Facts:    []string{firstLine(c.text)},
			Concepts: []string{whatChanged},
		})
	}
}

// committed tells a commit by its own message.
func (sc scene) committed(c *call, line string, args []string) note {
	message := option(args, "-m", "--message")
	if strings.HasPrefix(message, "$(cat <<") {
		message = heredocOf(line)
	}
	branch, hash, subject := commitLine(c.text)
	head, body, _ := strings.Cut(strings.TrimSpace(message), "\n")
	head = first(head, subject)
	if head == "" {
		return skipped("commit without a message")
	}
	m := memory.Metadata{Title: "Commit: " + head, Subtitle: sc.ask.subtitle(), Concepts: []string{whatChanged}}
	for _, row := range lines(body) {
		text := strings.TrimSpace(row)
		if item, ok := strings.CutPrefix(text, "- "); ok {
			m.Facts = append(m.Facts, item)
		} else if text != "" && !isTrailer(text) {
			m.Narrative += text + " "
		}
	}
	m.Facts = m.Facts[:min(len(m.Facts), maxFacts-2)]
	if hash != "" {
		m.Facts = append(m.Facts, "Commit "+hash+" on "+branch)
	}
	if stat := statLine(c.text); stat != "" {
		m.Facts = append(m.Facts, stat)
	}
	kind := kindOfCommit(head)
	if kind == memory.KindChange && sc.ask.isFix() {
		kind = memory.KindBugfix
	}
	return remembered(kind, m)
}

// kindOfCommit reads the prefix of a conventional commit, else the first word.
func kindOfCommit(subject string) string {
	low := strings.ToLower(subject)
	word := leadingName(low)
	switch word {
	case "feat", "feature", "add", "implement", "introduce", "support":
		return memory.KindFeature
	case "fix", "bugfix", "hotfix", "fixes":
		return memory.KindBugfix
	case "refactor", "rename", "move", "extract", "simplify", "cleanup":
		return memory.KindRefactor
	}
	return memory.KindChange
}

// pushed tells which branch went where.
func (sc scene) pushed(c *call, args []string) note {
	m := memory.Metadata{Subtitle: sc.ask.subtitle(), Concepts: []string{whatChanged}}
	forced := ""
	for _, a := range args {
		if strings.HasPrefix(a, "--force") || a == "-f" {
			forced = " (forced)"
		}
	}
	for _, row := range lines(c.text) {
		text := strings.TrimSpace(row)
		if to, ok := strings.CutPrefix(text, "To "); ok {
			m.Facts = append(m.Facts, "To "+to)
		} else if before, after, ok := strings.Cut(text, " -> "); ok && m.Title == "" {
			words, target := strings.Fields(before), strings.Fields(after)
			if len(words) > 0 && len(target) > 0 {
				m.Title = "Push " + words[len(words)-1] + forced
				m.Facts = append(m.Facts, text)
			}
		}
	}
	if m.Title == "" {
		return skipped("nothing was pushed")
	}
	return remembered(memory.KindChange, m)
}
