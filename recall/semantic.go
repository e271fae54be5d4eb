package recall

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"claude-mem/memory"
	"claude-mem/recall/meaning"
	"claude-mem/storage"
)

// Semantic says what meaning had to do with a search.
type Semantic string

// The values of Semantic.
const (
	SemanticOff         Semantic = ""            // no embedding model is configured, or it was not wanted
	SemanticOn          Semantic = "on"          // what is near in meaning is among the hits
	SemanticUnavailable Semantic = "unavailable" // not now: the hits are those by words
)

const (
	// fusedAt is the constant of reciprocal rank fusion: how little it matters whether
	// something is first or tenth in one list, next to being in both.
	fusedAt = 60
	// wordsCount is how much more the list by words counts than that by meaning: what
	// holds a question's rare words is more surely meant.
	wordsCount = 1.5
)

// Found is what a search found.
type Found struct {
	Hits      []storage.Hit
	Semantic  Semantic
	Respelled []Respelled // the query's words that were looked for in another spelling
}

// nearest is what is near to a text in meaning, while it is looked for.
type nearest struct {
	done chan struct{}
	hits []storage.Hit
	err  error
}

// lookNear begins to look for what passes the filter and is near to the text in
// meaning; nil if that is not wanted or cannot be had.
func (r *Recall) lookNear(ctx context.Context, s memory.Scope, in SearchInput, f storage.ObservationFilter, n int) *nearest {
	if r.meaning == nil || !in.Semantic || s.ProjectID == "" || strings.TrimSpace(in.Query) == "" {
		return nil
	}
	near := &nearest{done: make(chan struct{})}
	go func() {
		defer close(near.done)
		near.hits, near.err = r.near(ctx, s, in.Query, f, n)
	}()
	return near
}

// near returns up to n that pass the filter, the nearest first. What the filter keeps
// out takes the places of others, so where too few are left it looks further.
func (r *Recall) near(ctx context.Context, s memory.Scope, text string, f storage.ObservationFilter, n int) ([]storage.Hit, error) {
	var passing []int64
	for look := n; ; look *= 8 {
		look = min(look, storage.MaxPage)
		numbers, err := r.meaning.Nearest(ctx, s, text, look)
		if err != nil || len(numbers) == 0 {
			return nil, err
		}
		if passing, err = r.passing(ctx, s, numbers, f); err != nil {
			return nil, err
		}
		if len(passing) >= n || len(numbers) < look {
			break
		}
		if look == storage.MaxPage {
			// Much that was deleted may be in the way.
			there, err := r.passing(ctx, s, numbers, storage.ObservationFilter{})
			if err != nil {
				return nil, err
			}
			r.meaning.Forget(s, slices.DeleteFunc(numbers, func(n int64) bool { return slices.Contains(there, n) }))
			break
		}
	}
	all, err := r.store.ObservationsByNumber(ctx, s, passing[:min(n, len(passing))])
	hits := make([]storage.Hit, len(all))
	for i, o := range all {
		hits[i].Observation = o
	}
	return hits, err
}

// passing returns those of the numbers that are there and pass the filter, in their order.
func (r *Recall) passing(ctx context.Context, s memory.Scope, numbers []int64, f storage.ObservationFilter) ([]int64, error) {
	ranked, err := r.store.Ranked(ctx, s, storage.Ranking{Numbers: slices.Sorted(slices.Values(numbers)), Filter: f})
	if err != nil {
		return nil, err
	}
	pass := make(map[int64]bool, len(ranked))
	for _, k := range ranked {
		pass[k.Number] = k.Asked
	}
	return slices.DeleteFunc(slices.Clone(numbers), func(n int64) bool { return !pass[n] }), nil
}

// fuse adds what is near in meaning to what was found by words: each counts by its
// places in the two lists. A failure leaves the words.
func (near *nearest) fuse(found *Found) {
	if near == nil {
		return
	}
	<-near.done // soon: what the model takes is bounded
	if near.err != nil {
		found.Semantic = SemanticUnavailable
		return
	}
	found.Semantic = SemanticOn
	score := make(map[int64]float64)
	for i, h := range found.Hits {
		score[h.Number] += wordsCount / float64(fusedAt+i)
	}
	all := slices.Clone(found.Hits)
	for i, h := range near.hits {
		if score[h.Number] == 0 {
			all = append(all, h)
		}
		score[h.Number] += 1 / float64(fusedAt+i)
	}
	for i := range all {
		all[i].Score = score[all[i].Number]
	}
	slices.SortStableFunc(all, func(a, b storage.Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Number, a.Number))
	})
	found.Hits = all
}

// WithMeaning lets searches that want it find by meaning, too.
func (r *Recall) WithMeaning(x *meaning.Index) *Recall {
	r.meaning = x
	return r
}
