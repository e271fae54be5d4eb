package cli

import (
	"slices"
	"strings"

	"github.com/rivo/uniseg"
)

// table is columns beside each other, two spaces after each.
type table []column

// column is a heading and what stands below it.
type column struct {
	head  string
	right bool // numbers end below each other
	spare int  // where room is short the highest goes first; 0 never goes
	cells []string
}

func (c column) width() int {
	n := uniseg.StringWidth(c.head)
	for _, cell := range c.cells {
		n = max(n, uniseg.StringWidth(cell))
	}
	return n
}

// width is what the table takes.
func (t table) width() int {
	n := 0
	for _, c := range t {
		n += c.width() + 2
	}
	return n
}

// fit leaves out columns until the others fit into a terminal of that width; 0 is any.
func (t table) fit(width int) table {
	t = slices.Clone(t)
	for width > 0 && t.width()-2 > width {
		first := 0
		for i, c := range t {
			if c.spare > t[first].spare {
				first = i
			}
		}
		if t[first].spare == 0 {
			break
		}
		t = slices.Delete(t, first, first+1)
	}
	return t
}

// heads is the line above the rows.
func (t table) heads() string { return t.line(func(c column) string { return c.head }) }

// row is the i-th line.
func (t table) row(i int) string { return t.line(func(c column) string { return c.cells[i] }) }

func (t table) line(cell func(column) string) string {
	var b strings.Builder
	for _, c := range t {
		text := cell(c)
		pad := strings.Repeat(" ", max(c.width()-uniseg.StringWidth(text), 0))
		if c.right {
			text = pad + text
		} else {
			text += pad
		}
		b.WriteString(text + "  ")
	}
	return b.String()
}
