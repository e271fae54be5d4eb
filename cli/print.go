package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/rivo/uniseg"

	"claude-mem/memory"
)

// snippetRunes is how much of an observation's text a list shows.
const snippetRunes = 240

// when formats a time for people, in their own zone.
func when(e memory.Epoch) string {
	if e == 0 {
		return "-"
	}
	return e.Time().In(time.Local).Format("2006-01-02 15:04")
}

// entry prints an observation as one of a list: a head line, a piece of its text
// and the files it is about. A title that does not fit beside the rest of the head
// stands below it, whole: it says most.
func (s screen) entry(o memory.Observation) {
	number := fmt.Sprintf("#%d", o.Number)
	kind := clean(o.Kind)
	used := len(number) + len(kind) + len("2006-01-02 15:04") + len(stale(o)) + 6
	title := strings.Join(strings.Fields(clean(o.Title())), " ")
	head := fmt.Sprintf("%s  %s  %s", s.paint(cyan, number), s.paint(dim, when(o.OccurredAt)), s.paint(yellow, kind))
	if s.width == 0 || used+uniseg.StringWidth(title) <= s.width {
		s.printf("%s  %s%s\n", head, s.paint(bold, title), s.paint(dim, stale(o)))
	} else {
		s.printf("%s%s\n", head, s.paint(dim, stale(o)))
		s.beside("    ", 4, bold, shorten(title, snippetRunes)) // of what has no title it is all there is
	}
	if text := snippet(o); text != "" {
		s.text(4, text)
	}
	if files := allFiles(o); len(files) > 0 {
		s.printf("    %s\n", s.paint(dim, s.line(4, strings.Join(files, ", "))))
	}
}

// snippet is the beginning of what an observation says besides its title. The
// subtitle comes last: it often only repeats what the person had asked.
func snippet(o memory.Observation) string {
	m := o.Metadata
	var text string
	switch {
	case m.Narrative != "":
		text = m.Narrative
	case m.Summary != nil:
		text = firstField(*m.Summary)
	case len(m.Facts) > 0:
		text = strings.Join(m.Facts, "; ")
	case m.Subtitle != "":
		text = m.Subtitle
	default:
		text = strings.TrimPrefix(strings.TrimSpace(o.Content), o.Title())
	}
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > snippetRunes {
		text = strings.TrimRight(string(r[:snippetRunes-1]), " ") + "…"
	}
	return text
}

// firstField is the part of a summary that tells most about how it ended.
func firstField(m memory.Summary) string {
	for _, text := range []string{m.Completed, m.Learned, m.Investigated, m.Request, m.NextSteps, m.Notes} {
		if text != "" {
			return text
		}
	}
	return ""
}

// allFiles lists the files of an observation, changed ones first, each once.
func allFiles(o memory.Observation) []string {
	var files []string
	seen := map[string]bool{}
	for _, f := range append(o.Metadata.FilesModified[:len(o.Metadata.FilesModified):len(o.Metadata.FilesModified)], o.Metadata.FilesRead...) {
		if !seen[f] {
			seen[f] = true
			files = append(files, f)
		}
	}
	return files
}

// whole prints everything that is known of an observation.
func (s screen) whole(o memory.Observation) {
	number := fmt.Sprintf("#%d", o.Number)
	s.beside(s.paint(cyan, number)+"  ", len(number)+2, bold, o.Title())
	s.printf("    %s\n\n", s.paint(dim, clean(fmt.Sprintf("%s, %s%s", o.Kind, when(o.OccurredAt), subagent(o)+stale(o)))))
	s.text(4, bodyOf(o))
	for _, list := range []struct {
		label string
		items []string
	}{
		{"changed", o.Metadata.FilesModified}, {"read", o.Metadata.FilesRead}, {"about", o.Metadata.Concepts},
	} {
		if len(list.items) > 0 {
			s.printf("\n    %s\n", s.paint(dim, list.label+":"))
			for _, item := range list.items {
				s.text(6, item)
			}
		}
	}
}

// stale says that the files of a memory are not any more what it tells of.
func stale(o memory.Observation) string {
	if o.Stale == "" {
		return ""
	}
	return ", " + o.StaleNote()
}

func subagent(o memory.Observation) string {
	if o.AgentID == "" {
		return ""
	}
	return ", by a sub-agent"
}

// bodyOf is the content without the title, which the head line shows.
func bodyOf(o memory.Observation) string {
	body := strings.TrimSpace(o.Content)
	if rest, ok := strings.CutPrefix(body, o.Title()); ok && strings.TrimSpace(rest) != "" {
		body = strings.TrimLeft(rest, "\n ")
	}
	return body
}
