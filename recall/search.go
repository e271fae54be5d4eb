package recall

import (
	"context"
	"fmt"
	"strings"

	"claude-mem/internal/lexical"
	"claude-mem/memory"
	"claude-mem/storage"
)

// Limits of a search.
const (
	DefaultLimit = 20
	MaxLimit     = 100
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
	// Duplicates are left out here, so more are fetched than are asked for, and
	// always from the first on: a page must not depend on the one before.
	page := storage.Page{Limit: min((offset+limit)*2+10, storage.MaxPage)}
	hits, err := r.find(ctx, s, in.Query, f, page)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	hits = distinct(hits, func(h storage.Hit) memory.Observation { return h.Observation })
	hits = hits[min(offset, len(hits)):]
	return hits[:min(limit, len(hits))], nil
}

func (r *Recall) find(ctx context.Context, s memory.Scope, query string, f storage.ObservationFilter, p storage.Page) ([]storage.Hit, error) {
	terms := lexical.Terms(query)
	switch {
	case len(terms) > 0:
		return r.store.Search(ctx, s, storage.Query{Terms: terms, Filter: f, Page: p})
	case strings.TrimSpace(query) != "":
		return nil, nil
	}
	newest, err := r.store.Observations(ctx, s, f, p)
	hits := make([]storage.Hit, len(newest))
	for i, o := range newest {
		hits[i].Observation = o
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
