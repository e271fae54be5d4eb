package local

import (
	"slices"
	"strings"
)

// diffLine is one line of a diff: '+', '-', or ' ' for one that stays.
type diffLine struct {
	op   byte
	text string
}

// diffRow reads a line that starts with its mark. Our input is foreign: a line
// without one is context.
func diffRow(row string) diffLine {
	if row == "" {
		return diffLine{' ', ""}
	}
	if row[0] == '+' || row[0] == '-' || row[0] == ' ' {
		return diffLine{row[0], row[1:]}
	}
	return diffLine{' ', row}
}

// maxTable bounds the work of comparing: the product of the two lengths.
const maxTable = 40_000

// compare is the line diff of two texts: the shortest one where the part that
// differs is small, else all of the old and then all of the new.
func compare(before, after string) []diffLine {
	var a, b []string
	if before != "" {
		a = lines(before)
	}
	if after != "" {
		b = lines(after)
	}
	var head, tail []diffLine
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		head = append(head, diffLine{' ', a[0]})
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		tail = append(tail, diffLine{' ', a[len(a)-1]})
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	out := append(head, middle(a, b)...)
	for i := len(tail) - 1; i >= 0; i-- {
		out = append(out, tail[i])
	}
	return out
}

// middle compares what is left after the common ends, by longest common subsequence.
func middle(a, b []string) []diffLine {
	if len(a)*len(b) > maxTable || len(a) == 0 || len(b) == 0 {
		return append(marked('-', a), marked('+', b)...)
	}
	width := len(b) + 1
	table := make([]uint16, (len(a)+1)*width)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				table[i*width+j] = table[(i+1)*width+j+1] + 1
			} else {
				table[i*width+j] = max(table[(i+1)*width+j], table[i*width+j+1])
			}
		}
	}
	var out []diffLine
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			out = append(out, diffLine{' ', a[i]})
			i, j = i+1, j+1
		case table[(i+1)*width+j] >= table[i*width+j+1]:
			out = append(out, diffLine{'-', a[i]})
			i++
		default:
			out = append(out, diffLine{'+', b[j]})
			j++
		}
	}
	out = append(out, marked('-', a[i:])...)
	return append(out, marked('+', b[j:])...)
}

// marked gives all texts the same mark.
func marked(op byte, texts []string) []diffLine {
	out := make([]diffLine, len(texts))
	for i, t := range texts {
		out[i] = diffLine{op, t}
	}
	return out
}

// realigned turns lines that differ in white space only into context: formatters
// move columns, and nobody wants to be told.
func realigned(diff []diffLine) []diffLine {
	out := make([]diffLine, 0, len(diff))
	for i := 0; i < len(diff); {
		if diff[i].op != '-' {
			out = append(out, diff[i])
			i++
			continue
		}
		start := i
		for i < len(diff) && diff[i].op == '-' {
			i++
		}
		mid := i
		for i < len(diff) && diff[i].op == '+' {
			i++
		}
		out = append(out, settle(diff[start:mid], diff[mid:i])...)
	}
	return out
}

// settle pairs removed lines with added ones of the same text, in order.
func settle(removed, added []diffLine) []diffLine {
	if len(removed)*len(added) > maxTable || len(removed) == 0 || len(added) == 0 {
		return append(removed[:len(removed):len(removed)], added...)
	}
	olds := make([]string, len(removed))
	for i, d := range removed {
		olds[i] = squeezed([]string{d.text})
	}
	var out, rest []diffLine
	next := 0
	for _, d := range added {
		at := -1
		if text := squeezed([]string{d.text}); text != "" {
			at = slices.Index(olds[next:], text)
		}
		if at >= 0 {
			at += next
		} else {
			rest = append(rest, d)
			continue
		}
		out = append(append(out, removed[next:at]...), rest...)
		out = append(out, diffLine{' ', d.text})
		rest, next = nil, at+1
	}
	return append(append(out, removed[next:]...), rest...)
}

// linesAbove is what stands in the original before the first changed line. The
// original may be cut short: then the change is not found, and nothing is above.
func linesAbove(original string, diff []diffLine) []string {
	var lead []string // the old lines up to and with the first removed one
	for _, d := range diff {
		if d.op == '+' && len(lead) > 0 {
			break
		}
		if d.op != '+' {
			lead = append(lead, d.text)
		}
		if d.op == '-' {
			break
		}
	}
	if len(lead) == 0 {
		return nil
	}
	// Hosts write tabs as spaces in their hunks, so lines are compared without indent.
	rows := lines(original)
	last := strings.TrimSpace(lead[len(lead)-1])
	for i := len(lead) - 1; i < len(rows); i++ {
		if strings.TrimSpace(rows[i]) == last && matchesBack(rows[:i], lead[:len(lead)-1]) {
			return rows[:i]
		}
	}
	return nil
}

// matchesBack reports whether rows ends with lead, indentation aside.
func matchesBack(rows, lead []string) bool {
	if len(rows) < len(lead) {
		return false
	}
	for k, want := range lead {
		if strings.TrimSpace(rows[len(rows)-len(lead)+k]) != strings.TrimSpace(want) {
			return false
		}
	}
	return true
}
