// Package keyring finds API keys for both storage engines. Every request needs one, and
// no answer may be older than its question, as a key that was revoked a moment ago
// opens nothing: so nothing is remembered. Instead those who ask while a look-up is
// under way share the next one.
package keyring

import (
	"context"
	"time"

	"claude-mem/internal/grouped"
	"claude-mem/memory"
)

const (
	// lookFor bounds how long a look-up may take, whatever each caller is ready to wait.
	lookFor = 10 * time.Second
	// most is how many callers share a look-up at most; as many wait for the next.
	most = 512
)

// Look finds the keys that the hashes are of; those that are not there it leaves out.
// Each hash is given once.
type Look func(ctx context.Context, hashes []string) (map[string]memory.APIKey, error)

// Ring is where keys are asked for. It is made by [Start].
type Ring struct {
	look Look
	asks *grouped.Queue[*ask]
}

// ask is what one caller wants to know.
type ask struct {
	hash string
	key  memory.APIKey // set before the answer, if that is nil
}

// Start starts a goroutine that looks keys up; Stop ends it.
func Start(look Look) *Ring {
	r := &Ring{look: look}
	r.asks = grouped.Start(grouped.Options[*ask]{
		Run: r.answer, Most: most, Waiting: most,
		Closed: &memory.Error{Code: memory.CodeUnavailable, Message: "the database is closed"},
	})
	return r
}

// Stop answers those who wait and no others.
func (r *Ring) Stop() { r.asks.Stop() }

// Find returns the key with the hash; memory.ErrNotFound if there is none.
func (r *Ring) Find(ctx context.Context, hash string) (memory.APIKey, error) {
	a := &ask{hash: hash}
	if err := r.asks.Do(ctx, a); err != nil {
		return memory.APIKey{}, err
	}
	return a.key, nil
}

// answer answers a group by one look-up.
func (r *Ring) answer(group []*grouped.Item[*ask]) {
	// It is nobody's alone, so no caller's context is in it.
	ctx, cancel := context.WithTimeout(context.Background(), lookFor)
	defer cancel()
	var hashes []string
	wanted := make(map[string]bool, 1) // most often all have the same
	for _, i := range group {
		if h := i.Value.hash; !wanted[h] {
			wanted[h], hashes = true, append(hashes, h)
		}
	}
	keys, err := r.look(ctx, hashes)
	for _, i := range group {
		answer := err
		if err == nil {
			var there bool
			if i.Value.key, there = keys[i.Value.hash]; !there {
				answer = memory.Errorf(memory.CodeNotFound, "no such API key")
			}
		}
		grouped.Answer(answer, i)
	}
}
