package local

import (
	"slices"
	"strings"
)

// within names what a change stands in: the function, type, section or key around
// its first changed line; "" where nothing is known.
func (ch change) within() string {
	l := langOf(ch.path)
	if ch.section != "" {
		if s, ok := declared(l, ch.section); ok {
			return s.name
		}
	}
	above := slices.Clone(ch.above)
	depth := -1
	for _, d := range ch.diff {
		if d.op == ' ' {
			above = append(above, d.text)
			continue
		}
		if strings.TrimSpace(d.text) != "" {
			depth = indent(d.text)
			break
		}
	}
	if depth < 0 {
		return ""
	}
	return around(l, above, depth)
}

// around walks up from a line of the given indentation to the declarations it
// stands in, innermost first, and joins their names from the outside in.
func around(l lang, above []string, depth int) string {
	var names []string
	for i := len(above) - 1; i >= 0 && len(names) < 3; i-- {
		row := above[i]
		if strings.TrimSpace(row) == "" {
			continue
		}
		in := indent(row)
		switch {
		case l == markdown:
		case l == keyed && row[0] == '[': // a section holds what follows, whatever its indent
		case in >= depth, l == keyed && !strings.HasSuffix(row, ":"):
			continue
		}
		if in == 0 && l != markdown && blockEdge(strings.TrimSpace(row)) {
			break // what stands above it is over, or does not reach in
		}
		s, ok := declared(l, row)
		if !ok {
			continue
		}
		names = append([]string{s.name}, names...)
		depth = in
		if l == markdown || in == 0 || s.word == "section" {
			break
		}
	}
	sep := "."
	if len(names) > 1 && strings.HasPrefix(names[len(names)-1], "“") {
		sep = " › "
	}
	return strings.Join(names, sep)
}

// blockEdge reports whether a line that is not indented ends what is above it, or
// opens a list of declarations that has no name.
func blockEdge(row string) bool {
	switch row {
	case "}", "};", "})", "});", ")", ");", "const (", "var (", "type (", "import (":
		return true
	}
	return false
}

// indent is a line's depth; a tab counts as the two spaces hosts print for it.
func indent(row string) int {
	n := 0
	for _, r := range row {
		switch r {
		case ' ':
			n++
		case '\t':
			n += 2
		default:
			return n
		}
	}
	return n
}
