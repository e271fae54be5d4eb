// Package lexical turns text into the terms of full-text search. It is the one
// tokenisation of every storage engine: an engine indexes what [Scan] tells, asks
// for what [Terms] returns, and of both keeps the [Root], so that all agree to the
// letter.
//
// Any text is a query; nothing in it is syntax. A term consists of lower-case
// letters, digits and marks only, and is made like this:
//
//   - Case and diacritics are folded, full-width forms become ASCII.
//   - What hyphens, dots, underscores or camel case hold together is one term
//     without them, and each part is a term too: MaxChunkSize, max_chunk_size and
//     max-chunk-size all give maxchunksize, max, chunk, size. Slashes and all else
//     separate.
//   - Scripts that do not put spaces between words (Chinese, Japanese, Thai …, and
//     Korean, whose words carry endings) give overlapping pairs of characters.
package lexical

import "strings"

const (
	// MaxTerms is how many terms one query has at most.
	MaxTerms = 64
	// MaxTermBytes is where a term is cut off.
	MaxTermBytes = 64
	// maxParts is how many parts of one compound become terms of their own. What
	// has more is data, not a name.
	maxParts = 16
)

// Index returns the terms of text in their order, each as often as it occurs,
// with a space between.
func Index(text string) string {
	var b strings.Builder
	b.Grow(len(text) + len(text)/2)
	Scan(text, func(term string) bool {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(term)
		return true
	})
	return b.String()
}

// Terms returns the distinct terms of a query in the order they first occur, at
// most MaxTerms. English words that say nothing are left out, unless the query
// has no others.
func Terms(text string) []string {
	var terms, stops []string
	seen := make(map[string]bool)
	Scan(text, func(term string) bool {
		switch {
		case seen[term]:
		case !isStopWord(term):
			terms = append(terms, term)
		case len(stops) < MaxTerms:
			stops = append(stops, term)
		}
		seen[term] = true
		return len(terms) < MaxTerms
	})
	if len(terms) == 0 {
		return stops
	}
	return terms
}

// Telling reports whether any word of a text says something: whether it is a term that is
// no stop word.
func Telling(text string) (telling bool) {
	Scan(text, func(term string) bool {
		telling = !isStopWord(term)
		return !telling
	})
	return telling
}
