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
	return remembered(kindOfCommit(head), m)
}

func isTrailer(text string) bool {
	key, _, ok := strings.Cut(text, ": ")
	return ok && strings.Contains(key, "-") && !strings.Contains(key, " ") || strings.HasPrefix(text, "🤖")
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

// commitLine reads git's “[branch hash] subject”.
func commitLine(out string) (branch, hash, subject string) {
	for _, row := range lines(out) {
		if !strings.HasPrefix(row, "[") {
			continue
		}
		inside, rest, ok := strings.Cut(row[1:], "] ")
		fields := strings.Fields(inside)
		if ok && len(fields) >= 2 {
			return fields[0], fields[len(fields)-1], rest
		}
	}
	return "", "", ""
}

func statLine(out string) string {
	for _, row := range lines(out) {
		if strings.Contains(row, " changed, ") && strings.Contains(row, " file") {
			return strings.TrimSpace(row)
		}
	}
	return ""
}

// heredocOf is the body of the first here-document of a command line.
func heredocOf(line string) string {
	_, rest, ok := strings.Cut(line, "<<")
	if !ok {
		return ""
	}
	head, body, ok := strings.Cut(rest, "\n")
	if !ok {
		return ""
	}
	end := strings.Trim(strings.TrimSpace(strings.TrimLeft(head, "-")), `'"\`)
	var out []string
	for _, row := range lines(body) {
		if strings.TrimSpace(row) == end {
			break
		}
		out = append(out, row)
	}
	return strings.Join(out, "\n")
}

// option is the value of a flag, "--flag value" or "--flag=value". A flag that
// swallowed its letters, as in git commit -am, counts.
func option(args []string, short, long string) string {
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, long+"="); ok {
			return v
		}
		combined := len(a) > 2 && a[0] == '-' && a[1] != '-' && strings.HasSuffix(a, strings.TrimPrefix(short, "-"))
		if (a == short || a == long || combined) && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
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

// firstLine is the first line that says anything.
func firstLine(text string) string {
	for _, row := range lines(text) {
		if row = strings.TrimSpace(row); hasName(row) {
			return row
		}
	}
	return ""
}

// tail is the last part of a long output.
func tail(text string) string {
	if len(text) > 4000 {
		text = text[len(text)-4000:]
	}
	return text
}
