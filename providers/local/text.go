package local

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"claude-mem/memory"
)

// Bounds of what is written, in characters. An observation is read by people and
// paid for by the token: it holds what matters and the number to ask for more.
const (
	maxTitle     = 120
	maxSubtitle  = 160
	maxNarrative = 600
	maxFact      = 240
	maxFacts     = 10
	maxFiles     = 20
	maxPath      = 300
	maxConcepts  = 3
)

// bound brings every field into its bounds and drops what is empty or said twice.
func bound(m *memory.Metadata) {
	m.Title = clip(oneLine(m.Title), maxTitle)
	m.Subtitle = clip(oneLine(m.Subtitle), maxSubtitle)
	m.Narrative = clip(strings.TrimSpace(printable(m.Narrative)), maxNarrative)
	facts := make([]string, 0, len(m.Facts))
	for _, f := range m.Facts {
		f = clip(oneLine(f), maxFact)
		if f != "" && f != m.Title && !slices.Contains(facts, f) && len(facts) < maxFacts {
			facts = append(facts, f)
		}
	}
	m.Facts = facts
	m.FilesRead, m.FilesModified = paths(m.FilesRead), paths(m.FilesModified)
	m.Concepts = m.Concepts[:min(len(m.Concepts), maxConcepts)]
}

// paths drops what is empty, overlong or there already.
func paths(in []string) []string {
	var out []string
	for _, p := range in {
		p = oneLine(p)
		if p != "" && len(p) <= maxPath && !slices.Contains(out, p) && len(out) < maxFiles {
			out = append(out, p)
		}
	}
	return out
}

// clip cuts s to at most limit characters, at a space if one is near, and ends it
// with an ellipsis if anything was cut. A text for people is rather much shorter than cut
// in a word; of a scrap of code every character counts.
func clip(s string, limit int) string {
	if len(s) <= limit || utf8.RuneCountInString(s) <= limit {
		return s
	}
	cut, n := s, 0
	for i := range s {
		if n == limit-2 { // room for the ellipsis and a closing quote
			cut = s[:i]
			break
		}
		n++
	}
	near := len(cut) * 3 / 4
	if limit >= 100 {
		near = len(cut) / 2
	}
	if i := strings.LastIndexAny(cut, " \n"); i > near {
		cut = cut[:i]
	}
	cut = strings.TrimRight(cut, " \n,;:-(")
	if strings.Count(cut, "`")%2 == 1 {
		return cut + "…`"
	}
	return cut + "…"
}

// oneLine folds all white space to single spaces and drops control characters.
func oneLine(s string) string {
	return strings.Join(strings.Fields(printable(s)), " ")
}

// printable drops what a terminal or a prompt could stumble over: control
// characters, colour codes, invalid UTF-8, invisible direction marks.
func printable(s string) string {
	if i := strings.IndexFunc(s, unprintable); i < 0 {
		return s
	}
	s = stripColours(s)
	return strings.Map(func(r rune) rune {
		if unprintable(r) {
			return -1
		}
		return r
	}, s)
}

// unprintable keeps line breaks and tabs, which oneLine folds, and drops the rest.
func unprintable(r rune) bool {
	return r == utf8.RuneError || r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
}

// stripColours removes ANSI escape sequences, such as a coloured test report holds.
func stripColours(s string) string {
	if !strings.Contains(s, "\x1b[") {
		return s
	}
	var b strings.Builder
	for {
		i := strings.Index(s, "\x1b[")
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = strings.TrimLeft(s[i+2:], "0123456789;?")
		if s != "" {
			s = s[1:]
		}
	}
}

// list joins up to limit items and says how many were left out.
func list(items []string, limit int) string {
	if len(items) <= limit {
		return strings.Join(items, ", ")
	}
	return strings.Join(items[:limit], ", ") + " and " + plural(len(items)-limit, "more", "more")
}

// hasWord reports whether the lower-case text holds any of the words, each as a
// whole one. A word that ends in * matches any ending.
func hasWord(text string, words ...string) bool {
	for _, w := range words {
		stem, open := strings.CutSuffix(w, "*")
		for rest := text; ; {
			i := strings.Index(rest, stem)
			if i < 0 {
				break
			}
			before := i == 0 || !wordByte(rest[i-1])
			rest = rest[i+len(stem):]
			if before && (open || rest == "" || !wordByte(rest[0])) {
				return true
			}
		}
	}
	return false
}

// wordByte reports whether a byte belongs to a word. Bytes above ASCII do: a word of
// another script must not end in the middle.
func wordByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= utf8.RuneSelf
}

// lines splits text and drops the carriage returns of other systems.
func lines(s string) []string {
	return strings.Split(strings.ReplaceAll(strings.TrimRight(s, "\r\n"), "\r\n", "\n"), "\n")
}

// holds reports whether text contains one of the parts.
func holds(text string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(text, p) })
}

// begins reports whether text starts with one of the prefixes.
func begins(text string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(text, p) })
}
