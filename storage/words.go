package storage

import (
	"context"
	"slices"

	"claude-mem/memory"
)

// Spelling describes words that may be the right spelling of another one.
type Spelling struct {
	Begin, End        string // how they begin, or else how they end; neither is empty
	Shortest, Longest int    // how many characters they have
}

const (
	// MaxWords is how many words that begin, or end, as asked are listed at most.
	MaxWords = 4000
	// MaxWordsLooked is how many such of any length are looked at.
	MaxWordsLooked = 20_000
)

// WordReader knows the words of observations, as far as they can be spelt wrong: see
// internal/spelling and Words of internal/termlist.
type WordReader interface {
	// Words lists words that observations of the scope hold, in any field, and that are
	// described so, in ascending order, each once.
	//
	// A word goes with the last observation that holds it, or another form of it. If one
	// that holds it is being stored at that moment, it may go all the same.
	Words(ctx context.Context, s memory.Scope, q Spelling) ([]string, error)
}

// unheldAtOnce is how many words are looked for at once.
const unheldAtOnce = 256

// Unheld returns those of the words that no observation of the scope holds, in any form: root
// says which forms are one.
func Unheld(ctx context.Context, r ObservationReader, s memory.Scope, words []string, root func(string) string) (unheld []string, err error) {
	for part := range slices.Chunk(words, unheldAtOnce) {
		q := Matching{Limit: 1}
		for _, w := range part {
			q.Clauses = append(q.Clauses, []string{root(w)})
		}
		matches, err := r.Matching(ctx, s, q)
		if err != nil {
			return nil, err
		}
		for i, w := range part {
			if matches[i].Total == 0 {
				unheld = append(unheld, w)
			}
		}
	}
	return unheld, nil
}
