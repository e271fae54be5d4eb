// Package spelling says which words can be spelt wrong, and how far two spellings are
// apart: by letters that are missing, too many, others, or swapped with the next.
//
// Names with digits in them and short words are taken as they are written: another
// version, or another word, is only a letter away.
package spelling

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

const (
	// Shortest is how many characters a word has at least that can be spelt wrong.
	Shortest = 4
	// Longest is how many it has at most.
	Longest = 32
	// long is from how many characters on a word may be spelt wrong twice.
	long = 8
)

// IsWord reports whether a term, folded, is one that can be spelt wrong: nothing but
// letters, and of them neither few nor very many.
func IsWord(term string) bool {
	n := 0
	for _, r := range term {
		if r < 'a' || r > 'z' && r < 0x80 || r >= 0x80 && !unicode.IsLetter(r) && !unicode.IsMark(r) {
			return false
		}
		n++
	}
	return n >= Shortest && n <= Longest
}

// Edits is how far from a word its right spelling may be: 1, or 2 for a long one.
func Edits(word string) int {
	if utf8.RuneCountInString(word) < long {
		return 1
	}
	return 2
}

// Ends returns how a word begins and ends. Every spelling of it that is one edit away
// begins or ends alike; one that is two away does, unless the edits are near to both of its
// ends.
func Ends(word string) (begin, end string) {
	r := []rune(word)
	n := len(r)
	first, last := (n-1)/2, n-1-(n-1)/2 // one between, for two that are swapped
	if Edits(word) > 1 {
		first, last = n/3, n/3
	}
	return string(r[:first]), string(r[n-last:])
}

// BeginAlike reports whether one of two words may be the other, spelt wrong, by how they
// begin. Hardly anybody takes another letter for the first: those that differ in it, june
// and tune, are different words. It may be missing, too many, or swapped with the next.
func BeginAlike(a, b string) bool {
	first := func(word string) (one, two rune) {
		one, size := utf8.DecodeRuneInString(word)
		two, _ = utf8.DecodeRuneInString(word[size:])
		return one, two
	}
	a1, a2 := first(a)
	b1, b2 := first(b)
	return a1 == b1 || a1 == b2 || a2 == b1
}

// Reverse returns a word from its end to its beginning.
func Reverse(word string) string {
	r := []rune(word)
	slices.Reverse(r)
	return string(r)
}

// Distance is how many edits two words are apart, no letter being edited twice; most+1
// if they are more.
func Distance(a, b string, most int) int {
	x, y := core([]rune(a), []rune(b))
	if len(x)-len(y) > most || len(y)-len(x) > most {
		return most + 1
	}
	// Of the table of distances between beginnings, the last three rows. What is far from
	// the diagonal is not looked at.
	var rows [3][Longest + 2]int
	if len(y) > Longest {
		return most + 1
	}
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(y) + 1 {
		last[j] = j
	}
	for i := range x {
		row[0] = i + 1
		from, to := max(i-most, 0), min(i+most+1, len(y))
		if from > 0 {
			row[from] = most + 1
		}
		least := row[from]
		for j := from; j < to; j++ {
			d := last[j]
			if x[i] != y[j] {
				d++
			}
			d = min(d, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				d = min(d, before[j-1]+1)
			}
			row[j+1] = d
			least = min(least, d)
		}
		if least > most {
			return most + 1
		}
		if to < len(y) {
			row[to+1] = most + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(y)], most+1)
}

// core cuts off what two words have in common at their beginnings and ends.
func core(x, y []rune) ([]rune, []rune) {
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	return x, y
}
