package storage

import (
	"context"

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
	// described so, in ascending order, each once. Some may be held by none any more:
	// DropWords removes them. Of observations that were stored before there were words,
	// they are missing.
	Words(ctx context.Context, s memory.Scope, q Spelling) ([]string, error)
}

// WordWriter forgets words.
type WordWriter interface {
	// DropWords removes words of the project that no observation holds any more, in any
	// form. It looks at up to limit of them that come after the given one, and returns the
	// last that it looked at, empty when there are no more, and how many it removed. A
	// project of another tenant is memory.ErrNotFound.
	//
	// It looks at nothing where no observation was removed or changed since it last came to
	// the end; there, it has to begin with an empty word. A purge that leaves no observation leaves
	// no word. If an observation that holds a word is being stored at that moment, the
	// word may go all the same.
	DropWords(ctx context.Context, s memory.Scope, projectID, after string, limit int) (last string, n int64, err error)
}
