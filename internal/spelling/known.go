package spelling

import (
	"sync"
	"time"
)

const (
	// maxKnown is how many words are remembered, some two megabytes.
	maxKnown = 65_536
	// knownFor is how long: another process may remove a word.
	knownFor = time.Minute
)

// Known remembers for a while which words a store has, so that it need not be asked for
// those that every observation holds. It is safe for concurrent use.
type Known struct {
	mu    sync.Mutex
	words map[uint64]struct{} // by a hash: of two that have the same, one may be missed
	until time.Time
}

// hashOf is FNV-1a of the project's and the word's bytes.
func hashOf(project int64, word string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := (offset ^ uint64(project)) * prime
	for i := range len(word) {
		h = (h ^ uint64(word[i])) * prime
	}
	return h
}

// NewKnown remembers nothing yet.
func NewKnown() *Known { return &Known{words: make(map[uint64]struct{})} }

// Unknown returns the words that are not known to be the project's.
func (k *Known) Unknown(project int64, words []string) (unknown []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if time.Now().After(k.until) {
		clear(k.words)
		k.until = time.Now().Add(knownFor)
	}
	for _, w := range words {
		if _, ok := k.words[hashOf(project, w)]; !ok {
			unknown = append(unknown, w)
		}
	}
	return unknown
}

// Add remembers words that a project surely has.
func (k *Known) Add(project int64, words []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, w := range words {
		if len(k.words) >= maxKnown {
			clear(k.words) // the common ones are soon back
		}
		k.words[hashOf(project, w)] = struct{}{}
	}
}

// Forget forgets all of them.
func (k *Known) Forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.words)
}
