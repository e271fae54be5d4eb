package llm

import "strings"

// scanner finds elements in a text that may be anything. It reads forward only:
// where an element is never closed it does not look for its end again.
type scanner struct {
	text  string
	lower string // the same in lower case, byte for byte
}

func newScanner(text string) scanner { return scanner{text, lowerASCII(text)} }

// lowerASCII changes no length, as strings.ToLower does of some letters.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// open finds the next start tag of the name from i on: where it starts, where its
// content starts, and the attributes between. -1 if there is none. empty says that
// the tag closes itself.
func (s scanner) open(name string, i int) (start, content int, attrs string, empty bool) {
	for i < len(s.lower) {
		at := strings.Index(s.lower[i:], "<"+name)
		if at < 0 {
			break
		}
		start = i + at
		after := start + 1 + len(name)
		i = after
		if after >= len(s.lower) {
			break
		}
		if c := s.lower[after]; c != '>' && c != '/' && c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			continue // a longer name
		}
		end := strings.IndexByte(s.lower[after:min(len(s.lower), after+maxAttrs)], '>')
		if end < 0 {
			continue
		}
		attrs = s.text[after : after+end]
		return start, after + end + 1, attrs, strings.HasSuffix(attrs, "/")
	}
	return -1, -1, "", false
}

// maxAttrs is how long the attributes of a tag may be.
const maxAttrs = 1000

// close finds the next end tag of the name from i on, where it starts and where it
// ends; -1 if there is none.
func (s scanner) close(name string, i int) (start, after int) {
	at := strings.Index(s.lower[min(i, len(s.lower)):], "</"+name)
	if at < 0 {
		return -1, -1
	}
	start = i + at
	after = start + 2 + len(name)
	if gt := strings.IndexByte(s.lower[after:], '>'); gt >= 0 && strings.TrimSpace(s.lower[after:after+gt]) == "" {
		return start, after + gt + 1
	}
	return -1, -1 // a longer name, or no end: neither is worth looking for another
}

// field is the content of the first element of the name, "" without one. What is
// opened and not closed ends where the text does.
func (s scanner) field(name string) string {
	_, from, _, empty := s.open(name, 0)
	if from < 0 || empty {
		return ""
	}
	if to, _ := s.close(name, from); to >= 0 {
		return s.text[from:to]
	}
	return ""
}

// list is the contents of the elements called item inside the first one called name,
// at most so many.
func (s scanner) list(name, item string, most int) (out []string) {
	inner := newScanner(s.field(name))
	for i := 0; len(out) < most; {
		_, from, _, empty := inner.open(item, i)
		if from < 0 {
			return out
		}
		i = from
		if empty {
			continue
		}
		to, after := inner.close(item, from)
		if to < 0 {
			return out
		}
		out = append(out, inner.text[from:to])
		i = after
	}
	return out
}

// attribute is the value of an attribute in the text between a tag's name and its end.
func attributeOf(attrs, name string) string {
	_, rest, ok := strings.Cut(attrs, name)
	if !ok {
		return ""
	}
	rest = strings.TrimLeft(rest, " \t\r\n")
	if rest, ok = strings.CutPrefix(rest, "="); !ok {
		return ""
	}
	rest = strings.TrimLeft(rest, " \t\r\n")
	if rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	value, _, _ := strings.Cut(rest[1:], rest[:1])
	return value
}
