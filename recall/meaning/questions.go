package meaning

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"claude-mem/internal/vector"
	"claude-mem/memory"
	"claude-mem/providers"
)

const (
	// askFor is how long the model may take for a question.
	askFor = 200 * time.Millisecond
	// restFor is how long a model that failed is not asked.
	restFor = 10 * time.Second
	// maxQuestions is how many questions' vectors are remembered.
	maxQuestions = 256
)

// questions asks the model for the vectors of questions, for each of the last ones once.
type questions struct {
	embedder Embedder
	may      func(ctx context.Context, s memory.Scope) bool
	asked    func(s memory.Scope, tokens int64)

	mu        sync.Mutex
	known     map[string][]int8
	restUntil time.Time
}

// vector returns the vector of a text.
func (q *questions) vector(ctx context.Context, s memory.Scope, text string) ([]int8, error) {
	q.mu.Lock()
	v, known := q.known[text]
	resting := time.Now().Before(q.restUntil)
	q.mu.Unlock()
	if known {
		return v, nil
	}
	if resting || q.may != nil && !q.may(ctx, s) {
		return nil, ErrUnavailable
	}
	inTime, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	made, err := q.embedder.Embed(inTime, []string{text})
	if q.asked != nil {
		q.asked(s, made.Tokens)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if err == nil && len(made.Vectors) != 1 {
		err = fmt.Errorf("the embedding model made %d vectors of one text", len(made.Vectors))
	}
	if err != nil {
		if ctx.Err() == nil && !aboutText(err) { // not that nobody waits any more
			q.restUntil = time.Now().Add(restFor)
		}
		return nil, errors.Join(ErrUnavailable, err)
	}
	if len(q.known) >= maxQuestions {
		clear(q.known)
	}
	v = vector.Signed(vector.Quantise(made.Vectors[0]))
	q.known[text] = v
	return v, nil
}

// aboutText reports that the model refused this text, which says nothing about the next.
func aboutText(err error) bool {
	failure, ok := errors.AsType[*providers.Error](err)
	return ok && failure.Class == providers.BadRequest
}
