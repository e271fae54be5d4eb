// Package meaning finds observations by what they mean rather than by their words: by
// how near their vectors are to that of a question.
//
// The vectors of a project are read into memory when it is first asked about, and what
// is new with each question. Every one is compared: at a byte a dimension that takes
// some milliseconds for 100,000, and it finds exactly the nearest. A store that can
// compare them itself (a storage.NearestFinder) is asked to, and then nothing is kept.
//
// It never makes a question wait for long, or fail: where the embedding model does not
// answer in time, [Index.Nearest] says so, and for a while it is not asked again.
package meaning

import (
	"context"
	"errors"

	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

// ErrUnavailable says that the model did not answer in time, or lately, or may not be
// asked, or that the vectors are not all in memory yet.
var ErrUnavailable = errors.New("search by meaning is not available")

// Embedder is what asks the model: a providers.Embedder will do.
type Embedder interface {
	Model() string
	Embed(ctx context.Context, texts []string) (providers.Embedding, error)
}

// Store is where the vectors are: a storage.Store will do.
type Store interface {
	Vectors(ctx context.Context, s memory.Scope, model string, seq int64, limit int) ([]storage.Vector, error)
}

// Options are what an index may be told to do besides. The zero value is nothing.
type Options struct {
	// May is asked before the model is; where it says no the model counts as not
	// available.
	May func(ctx context.Context, s memory.Scope) bool
	// Asked is told of each call of the model and of the tokens that it read, 0 where it
	// did not answer.
	Asked func(s memory.Scope, tokens int64)
	// Full is told once of a project that has more vectors than memory is given to: its
	// oldest are found by words only.
	Full func(s memory.Scope)
}

// Index finds what is near in meaning. It is safe for concurrent use.
type Index struct {
	store     Store
	model     string
	questions questions
	spaces    spaces
}

// New makes an index of the vectors that the model made.
func New(s Store, e Embedder, o Options) *Index {
	return &Index{
		store: s, model: e.Model(),
		questions: questions{embedder: e, may: o.May, asked: o.Asked, known: make(map[string][]int8)},
		spaces:    spaces{full: o.Full, all: make(map[memory.Scope]*space)},
	}
}

// Nearest returns the numbers of up to n observations of the project, the nearest to
// the text first. Some may be gone by now: see [Index.Forget]. It is ErrUnavailable if
// the model does not answer.
func (x *Index) Nearest(ctx context.Context, s memory.Scope, text string, n int) ([]int64, error) {
	if f, ok := x.store.(storage.NearestFinder); ok {
		numbers, ok, err := x.nearestIn(ctx, f, s, text, n)
		if ok || err != nil {
			return numbers, err
		}
	}
	sp, err := x.spaces.of(ctx, x.store, s, x.model)
	if err != nil {
		return nil, err
	}
	if sp.empty() {
		return nil, nil
	}
	q, err := x.questions.vector(ctx, s, text)
	if err != nil {
		return nil, err
	}
	return sp.nearest(q, n), nil
}

// nearestIn has the store compare, if it can: ok says whether it did.
func (x *Index) nearestIn(ctx context.Context, f storage.NearestFinder, s memory.Scope, text string, n int) (numbers []int64, ok bool, err error) {
	some, err := x.store.Vectors(ctx, s, x.model, 0, 1)
	if err != nil || len(some) == 0 {
		return nil, true, err
	}
	q, err := x.questions.vector(ctx, s, text)
	if err != nil {
		return nil, false, err
	}
	if numbers, ok, err = f.Nearest(ctx, s, x.model, q, n); ok {
		x.spaces.drop(s)
	}
	return numbers, ok, err
}

// Forget drops observations that are gone from what is kept in memory.
func (x *Index) Forget(s memory.Scope, numbers []int64) {
	if sp := x.spaces.known(s); sp != nil {
		sp.forget(numbers)
	}
}
