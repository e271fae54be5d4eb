package spelling

import "unicode/utf8"

// A store keeps each word twice, in one ordered table: as it is, and from its end to its
// beginning. So words that begin like another one stand together, and so do those that
// end like it.

// backwards is before words that stand from their end to their beginning. It comes
// before all letters.
const backwards = "<"

// BeforeWords is before all entries of words as they are, and after all others.
const BeforeWords = "="

// Entries returns the two entries of each word.
func Entries(words []string) []string {
	entries := make([]string, 0, 2*len(words))
	for _, w := range words {
		entries = append(entries, w, backwards+Reverse(w))
	}
	return entries
}

// Word returns the word of an entry.
func Word(entry string) string {
	if len(entry) > 0 && entry[:1] == backwards {
		return Reverse(entry[1:])
	}
	return entry
}

// Beginning returns between which entries, the second exclusive, those of words that begin
// so are.
func Beginning(begin string) (from, to string) { return begin, begin + string(utf8.MaxRune) }

// Ending returns the same for words that end so.
func Ending(end string) (from, to string) { return Beginning(backwards + Reverse(end)) }
