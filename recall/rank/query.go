package rank

import (
	"slices"
	"strings"

	"claude-mem/internal/lexical"
	"claude-mem/internal/termlist"
	"claude-mem/memory"
)

// Query is a text that is asked for, as terms.
type Query struct {
	Terms []Term
	// Since and Until, which is exclusive, are the time that is asked for; 0 if none is.
	Since, Until memory.Epoch

	name bool // every word of it is one of the terms, as in a name or a message
	// filter says of the lower byte of a hash whether a term has it: most words of an
	// observation are none of the query's, and this is how they are told at once.
	filter [256]bool
}

// Term is one of a query's.
type Term struct {
	Root string
	Word string // as it was asked for first, folded
	// Whole says that it is a compound, and the terms after it are its parts.
	Whole bool

	hash    uint32
	at      int  // its place among all words of the query
	guessed bool // see Respell
}

// Parse makes a query of any text. Words that say nothing are left out, unless there
// are no others.
func Parse(text string) Query {
	places := make(map[string]int)
	var words []string
	lexical.Scan(text, func(word string) bool {
		if _, known := places[word]; !known {
			places[word] = len(words)
		}
		words = append(words, word)
		return len(words) < maxWords
	})
	var q Query
	terms := lexical.Terms(text)
	q.name = len(terms) == len(places)
	for _, word := range terms {
		root := lexical.Root(word)
		if slices.ContainsFunc(q.Terms, func(t Term) bool { return t.Root == root }) {
			continue
		}
		at := places[word]
		q.add(Term{Root: root, Word: word, Whole: isWhole(words[at:]), at: at})
	}
	return q
}

// add adds a term.
func (q *Query) add(t Term) {
	q.Terms = append(q.Terms, t)
	q.set(len(q.Terms)-1, t)
}

// set replaces a term.
func (q *Query) set(i int, t Term) {
	t.hash = termlist.Hash(t.Root)
	q.filter[byte(t.hash)] = true
	q.Terms[i] = t
}

// isWhole reports whether the first word consists of some that follow it.
func isWhole(words []string) bool {
	rest := words[0]
	for n, part := range words[1:] {
		var ok bool
		if rest, ok = strings.CutPrefix(rest, part); !ok {
			return false
		}
		if rest == "" {
			return n > 0
		}
	}
	return false
}

// Respell puts words that the i-th term may have meant beside it: the first in its place,
// another behind all terms, as long as there is room. It returns the place of each. They
// count less, as nobody asked for them.
func (q *Query) Respell(i int, words []string) (places []int) {
	at := q.Terms[i].at
	for n, word := range words {
		t := Term{Root: lexical.Root(word), Word: word, at: at, guessed: true}
		switch {
		case n == 0:
			q.set(i, t)
			places = append(places, i)
		case len(q.Terms) < lexical.MaxTerms:
			q.add(t)
			places = append(places, len(q.Terms)-1)
		}
	}
	return places
}

// maxWords is how far into a query its words' places are known.
const maxWords = 1024

// apart is how far from where the query has them two terms stand, the i-th and the next,
// in a field that has them at places; 1 is exactly there.
func (q *Query) apart(i, place, next int) int {
	off := next - place - (q.Terms[i+1].at - q.Terms[i].at)
	return max(off, -off) + 1
}

// dated reports whether what occurred then is of the time that is asked for.
func (q *Query) dated(at memory.Epoch) bool { return q.Since <= at && at < q.Until }

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
