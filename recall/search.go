package recall

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"claude-mem/memory"
	"claude-mem/recall/rank"
	"claude-mem/storage"
)

// Limits of a search.
const (
	DefaultLimit = 20
	MaxLimit     = 100

	// searchFor bounds a search: it is told as failed rather than kept up for ever.
	searchFor = 5 * time.Second
)

// SearchInput asks for observations. Query is any text; nothing in it is syntax.
type SearchInput struct {
	Query  string
	Limit  int // 0 means DefaultLimit; at most MaxLimit
	Offset int
	// Filter narrows; WithoutSuperseded is implied unless Superseded is set.
	Filter     storage.ObservationFilter
	Superseded bool // also what a newer observation replaces
}

// Search ranks the observations that hold any of the query's words, best first.
// Of those that say the same only the best is listed. An empty query lists the
// newest that pass the filter, with a score of 0; one with no word in it finds
// nothing.
func (r *Recall) Search(ctx context.Context, s memory.Scope, in SearchInput) ([]storage.Hit, error) {
	limit, offset := in.Limit, max(in.Offset, 0)
	if limit <= 0 {
		limit = DefaultLimit
	}
	limit = min(limit, MaxLimit)
	f := in.Filter
	f.WithoutSuperseded = !in.Superseded
	// Duplicates are left out here, so more are read than are asked for, and always
	// from the first on: a page must not depend on the one before.
	ctx, cancel := context.WithTimeout(ctx, searchFor)
	defer cancel()
	hits, err := r.find(ctx, s, in.Query, f, min((offset+limit)*3/2+10, storage.MaxPage))
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	hits = distinct(hits, func(h storage.Hit) memory.Observation { return h.Observation })
	hits = hits[min(offset, len(hits)):]
	return hits[:min(limit, len(hits))], nil
}

// find lists the best n.
func (r *Recall) find(ctx context.Context, s memory.Scope, text string, f storage.ObservationFilter, n int) ([]storage.Hit, error) {
	query := rank.Parse(text)
	switch {
	case len(query.Terms) > 0:
		return r.ranked(ctx, search{store: r.store, scope: s, filter: f, query: query}, n)
	case strings.TrimSpace(text) != "":
		return nil, nil
	}
	newest, err := r.store.Observations(ctx, s, f, storage.Page{Limit: n})
	hits := make([]storage.Hit, len(newest))
	for i, o := range newest {
		hits[i].Observation = o
	}
	return hits, err
}

// ranked finds candidates, reads what they are ranked by, and then the best n. One
// that is deleted meanwhile is left out.
func (r *Recall) ranked(ctx context.Context, c search, n int) ([]storage.Hit, error) {
	numbers, err := c.find(ctx, candidates+n)
	if err != nil {
		return nil, err
	}
	var all []storage.Ranked
	for part := range slices.Chunk(rank.Neighbours(numbers), storage.MaxPage) {
		more, err := r.store.Ranked(ctx, c.scope, c.filter, part)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	found := c.query.Order(c.stats, all)
	found = found[:min(n, len(found))]
	return r.hits(ctx, c.scope, found)
}

// hits reads the observations that were found, in their order.
func (r *Recall) hits(ctx context.Context, s memory.Scope, found []rank.Found) ([]storage.Hit, error) {
	numbers := make([]int64, len(found))
	at := make(map[int64]int, len(found))
	for i, f := range found {
		numbers[i], at[f.Number] = f.Number, i
	}
	all, err := r.store.ObservationsByNumber(ctx, s, numbers)
	hits := make([]storage.Hit, len(all))
	for i, o := range all {
		f := found[at[o.Number]]
		hits[i] = storage.Hit{Observation: o, Score: f.Score, Matched: f.Matched}
	}
	return hits, err
}

// distinct keeps the first of those that say the same: equal kind, title and
// narrative, case aside.
func distinct[T any](all []T, of func(T) memory.Observation) []T {
	seen := make(map[string]bool, len(all))
	out := make([]T, 0, len(all))
	for _, v := range all {
		o := of(v)
		says := o.Metadata.Title + "\x00" + o.Metadata.Narrative
		if o.Metadata.Title == "" {
			says = o.Content
		}
		says = strings.ToLower(o.Kind + "\x00" + says)
		if !seen[says] {
			seen[says] = true
			out = append(out, v)
		}
	}
	return out
}
