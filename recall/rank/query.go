package rank

import (
	"slices"

	"claude-mem/internal/lexical"
	"claude-mem/internal/termlist"
)

// Query is a text that is asked for, as terms.
type Query struct {
	Terms []Term
	// filter says of the lower byte of a hash whether a term has it: most words of an
	// observation are none of the query's, and this is how they are told at once.
	filter [256]bool
}

// Term is one of a query's.
type Term struct {
	Root string
	Word string // as it was asked for first, folded
	hash uint32
}

// Parse makes a query of any text. Words that say nothing are left out, unless there
// are no others.
func Parse(text string) Query {
	var q Query
	for _, word := range lexical.Terms(text) {
		root := lexical.Root(word)
		if slices.ContainsFunc(q.Terms, func(t Term) bool { return t.Root == root }) {
			continue
		}
		t := Term{Root: root, Word: word, hash: termlist.Hash(root)}
		q.filter[byte(t.hash)] = true
		q.Terms = append(q.Terms, t)
	}
	return q
}

// find returns the place of the term with that hash, or -1.
func (q *Query) find(hash uint32) int {
	if !q.filter[byte(hash)] {
		return -1
	}
	for i := range q.Terms {
		if q.Terms[i].hash == hash {
			return i
		}
	}
	return -1
}
