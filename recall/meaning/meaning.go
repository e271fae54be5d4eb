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
	"sync"
	"time"

	"claude-mem/internal/vector"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

const (
	// askFor is how long the model may take for a question.
	askFor = 200 * time.Millisecond
	// restFor is how long a model that failed is not asked.
	restFor = 10 * time.Second
	// maxQuestions is how many questions' vectors are remembered.
	maxQuestions = 256
)

// ErrUnavailable says that the model did not answer in time, or lately, or may not be asked.
var ErrUnavailable = errors.New("the embedding model is not available")

// Embedder is what asks the model: a providers.Embedder will do.
type Embedder interface {
	Model() string
	Embed(ctx context.Context, texts []string) (providers.Embedding, error)
}

// Store is where the vectors are: a storage.Store will do.
type Store interface {
	Vectors(ctx context.Context, s memory.Scope, model string, seq int64, limit int) ([]storage.Vector, error)
}

// Index finds what is near in meaning. It is safe for concurrent use.
type Index struct {
	// May, if set, is asked before the model is; where it says no the model counts as
	// not available.
	May func(ctx context.Context, s memory.Scope) bool
	// Asked, if set, is told of each call of the model and of the tokens that it read,
	// 0 where it did not answer.
	Asked func(s memory.Scope, tokens int64)

	store    Store
	embedder Embedder
	spaces   spaces

	mu        sync.Mutex
	questions map[string][]int8
	restUntil time.Time
}

// New makes an index of a model's vectors.
func New(s Store, e Embedder) *Index {
	return &Index{store: s, embedder: e, questions: make(map[string][]int8)}
}

// Nearest returns the numbers of up to n observations of the project, the nearest to
// the text first. Some may be gone by now. It is ErrUnavailable if the model does not
// answer.
func (x *Index) Nearest(ctx context.Context, s memory.Scope, text string, n int) ([]int64, error) {
	if f, ok := x.store.(storage.NearestFinder); ok {
		numbers, ok, err := x.nearestIn(ctx, f, s, text, n)
		if ok || err != nil {
			return numbers, err
		}
	}
	sp, err := x.spaces.of(ctx, x.store, s, x.embedder.Model())
	if err != nil {
		return nil, err
	}
	if sp.empty() {
		return nil, nil
	}
	q, err := x.question(ctx, s, text)
	if err != nil {
		return nil, err
	}
	return sp.nearest(q, n), nil
}

// nearestIn has the store compare, if it can: ok says whether it did.
func (x *Index) nearestIn(ctx context.Context, f storage.NearestFinder, s memory.Scope, text string, n int) (numbers []int64, ok bool, err error) {
	some, err := x.store.Vectors(ctx, s, x.embedder.Model(), 0, 1)
	if err != nil || len(some) == 0 {
		return nil, true, err
	}
	q, err := x.question(ctx, s, text)
	if err != nil {
		return nil, false, err
	}
	if numbers, ok, err = f.Nearest(ctx, s, x.embedder.Model(), q, n); ok {
		x.spaces.drop(s)
	}
	return numbers, ok, err
}

// question returns the vector of a text.
func (x *Index) question(ctx context.Context, s memory.Scope, text string) ([]int8, error) {
	x.mu.Lock()
	q, known := x.questions[text]
	resting := time.Now().Before(x.restUntil)
	x.mu.Unlock()
	if known {
		return q, nil
	}
	if resting || x.May != nil && !x.May(ctx, s) {
		return nil, ErrUnavailable
	}
	asked, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	made, err := x.embedder.Embed(asked, []string{text})
	if x.Asked != nil {
		x.Asked(s, made.Tokens)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if err != nil {
		if ctx.Err() == nil { // not that nobody waits any more
			x.restUntil = time.Now().Add(restFor)
		}
		return nil, errors.Join(ErrUnavailable, err)
	}
	if len(x.questions) >= maxQuestions {
		clear(x.questions)
	}
	q = vector.Signed(vector.Quantise(made.Vectors[0]))
	x.questions[text] = q
	return q, nil
}
