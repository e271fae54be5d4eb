package local

import "strings"

// outer is a list item that may have others under it.
type outer struct {
	indent int
	text   string
	fact   int // its place among the facts, or -1
}

// nested returns the name that the item of this row stands under in a list, such as a file
// over what was done in it; "" if there is none. A name that has items is no fact of its own.
func (r *reader) nested() string {
	for len(r.outer) > 0 && r.outer[len(r.outer)-1].indent >= r.indent {
		r.outer = r.outer[:len(r.outer)-1]
	}
	if len(r.outer) == 0 {
		return ""
	}
	parent := &r.outer[len(r.outer)-1]
	if !isLabel(parent.text) {
		return ""
	}
	if parent.fact >= 0 && parent.fact == len(r.facts)-1 {
		r.facts = r.facts[:parent.fact]
		parent.fact = -1
	}
	return strings.TrimRight(parent.text, ": ")
}

// isLabel reports whether a list item only names what comes under it.
func isLabel(item string) bool {
	if strings.HasSuffix(item, ":") {
		return len(item) <= 80
	}
	words := len(strings.Fields(item))
	return !claims(item) && (words <= 2 || words <= 4 && len(identifiers(item)) > 0)
}
