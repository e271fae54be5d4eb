package recall

import (
	"context"
	"fmt"
	"strings"
	"time"

	"claude-mem/internal/lexical"
	"claude-mem/memory"
	"claude-mem/recall/period"
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
	// Semantic wants what is near to the query in meaning, too, if the vectors of an
	// embedding model are there.
	Semantic bool

	// Now is when it is asked, in the zone of who asks: what a query calls yesterday, or in
	// May, is found by its time. By a zero Now only a date with its year is.
	Now time.Time

	// brief bounds what is looked at more tightly, and asks for the filter's kinds only
	// where ranking does: for what is told unasked, while a session waits to start. It
	// may miss what is old and holds common words only.
	brief bool
}

// Search ranks the observations that hold any of the query's words, best first.
// Of those that say the same only the best is listed. An empty query lists the
// newest that pass the filter, with a score of 0; one with no word in it finds
// nothing. A query that says nothing but a time ("what did we do yesterday") lists
// the newest of it.
func (r *Recall) Search(ctx context.Context, s memory.Scope, in SearchInput) ([]storage.Hit, error) {
	found, err := r.Find(ctx, s, in)
	return found.Hits, err
}

// Find is Search that says what meaning had to do with it.
func (r *Recall) Find(ctx context.Context, s memory.Scope, in SearchInput) (Found, error) {
	limit, offset := in.Limit, max(in.Offset, 0)
	if limit <= 0 {
		limit = DefaultLimit
	}
	limit = min(limit, MaxLimit)
	q := in.read()
	ctx, cancel := context.WithTimeout(ctx, searchFor)
	defer cancel()
	// What says the same is left out from the first on: a page must not depend on the
	// one before.
	n := min(offset+limit, storage.MaxPage)
	near := r.lookNear(ctx, s, in, q.filter, n)
	found, err := r.find(ctx, s, q, n)
	if err != nil {
		return Found{}, fmt.Errorf("search: %w", err)
	}
	near.fuse(&found)
	hits := found.Hits
	if near != nil {
		hits = distinct(found.Hits, func(h storage.Hit) memory.Observation { return h.Observation })
		hits = hits[:min(len(hits), n)]
	}
	found.Hits = hits[min(offset, len(hits)):]
	return found, nil
}

// question is what a search asks for, as it is understood.
type question struct {
	query  rank.Query
	filter storage.ObservationFilter
	all    bool // whatever passes the filter
	brief  bool
}

// read understands what is asked for.
func (in SearchInput) read() question {
	q := question{filter: in.Filter, brief: in.brief}
	q.filter.WithoutSuperseded = !in.Superseded
	text := in.Query
	when, outside, timed := period.Find(text, in.Now)
	if timed && !lexical.Telling(outside) {
		q.filter.Since, q.filter.Until = max(q.filter.Since, when.Since), earlier(q.filter.Until, when.Until)
		text = ""
	} else if when.Relative {
		text = outside
	}
	q.all = strings.TrimSpace(text) == ""
	q.query = rank.Parse(text)
	q.query.Since, q.query.Until = when.Since, when.Until
	return q
}

// find lists the best n that differ.
func (r *Recall) find(ctx context.Context, s memory.Scope, q question, n int) (Found, error) {
	if len(q.query.Terms) > 0 {
		return r.ranked(ctx, search{store: r.store, scope: s, filter: q.filter, brief: q.brief, query: q.query}, n)
	}
	if !q.all {
		return Found{}, nil
	}
	newest, err := r.store.Observations(ctx, s, q.filter, storage.Page{Limit: min(n*2+10, storage.MaxPage)})
	newest = distinct(newest, func(o memory.Observation) memory.Observation { return o })
	hits := make([]storage.Hit, min(n, len(newest)))
	for i := range hits {
		hits[i].Observation = newest[i]
	}
	return Found{Hits: hits}, err
}

// earlier is the earlier of two ends, of which 0 is none.
func earlier(a, b memory.Epoch) memory.Epoch {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// ranked finds candidates, reads what they are ranked by, and then the best n. One
// that is deleted meanwhile is left out.
func (r *Recall) ranked(ctx context.Context, c search, n int) (Found, error) {
	depth := candidates
	switch {
	case n > MaxLimit:
		depth = storage.MaxPage
	case c.brief:
		depth = max(candidatesBriefly, n)
	}
	numbers, err := c.find(ctx, depth)
	if err != nil {
		return Found{}, err
	}
	all, err := r.store.Ranked(ctx, c.scope, storage.Ranking{Numbers: numbers, Filter: c.filter, Reach: rank.Reach})
	if err != nil {
		return Found{}, err
	}
	hits, err := r.distinct(ctx, c, c.query.Order(c.stats, all), n)
	return Found{Hits: hits, Respelled: c.respelled}, err
}

// distinct reads the best n of those found that pass the filter and do not say the same
// as a better one. It reads as many as are asked for, and more only if some are left
// out.
func (r *Recall) distinct(ctx context.Context, c search, found []rank.Found, n int) (hits []storage.Hit, err error) {
	for size := n + spare; len(hits) < n && len(found) > 0; size *= 2 {
		part := found[:min(size, len(found))]
		found = found[len(part):]
		if part, err = c.passing(ctx, part); err != nil {
			return nil, err
		}
		more, err := r.hits(ctx, c.scope, part)
		if err != nil {
			return nil, err
		}
		hits = distinct(append(hits, more...), func(h storage.Hit) memory.Observation { return h.Observation })
	}
	return hits[:min(n, len(hits))], nil
}

// spare is how many are read for those that may be left out.
const spare = 4

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
