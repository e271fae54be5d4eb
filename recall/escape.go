package recall

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// line folds stored text to one line that can neither leave the element it is put
// into nor open another: whatever could begin a tag is escaped. A lone "<" as in
// "a < b" or "<-" stays as it is.
func line(s string) string {
	s = strings.Join(strings.Fields(strings.Map(visible, s)), " ")
	if !strings.Contains(s, "<") {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		if r == '<' && opens(s[i+1:]) {
			b.WriteString("&lt;")
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// visible drops control characters and those that change the direction of a text
// or have no width: they can hide what a line says.
func visible(r rune) rune {
	switch {
	case r == '\n' || r == '\t' || r == '\r':
		return ' '
	case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

// opens reports whether what follows a "<" makes it the beginning of a tag, for a
// lenient reader too. At the end of a text it may: the next line could be the rest.
func opens(rest string) bool {
	if strings.TrimLeft(rest, " ") == "" {
		return true
	}
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(rest, " "))
	return r == '/' || r == '!' || r == '?' || r > unicode.MaxASCII && r != utf8.RuneError || unicode.IsLetter(r)
}

// clip cuts a line to at most limit characters, at a space if one is near.
func clip(s string, limit int) string {
	if len(s) <= limit || utf8.RuneCountInString(s) <= limit {
		return s
	}
	n, end := 0, len(s)
	for i := range s {
		if n == limit-1 {
			end = i
			break
		}
		n++
	}
	cut := s[:end]
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)*3/4 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:-") + "…"
}
