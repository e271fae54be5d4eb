package sqlite

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// commonShare is the share of all observations from which on a term holds too
	// many of them to tell them apart: 1 in 50.
	commonShare = 50
	// fewObservations is up to where every search is fast, so that no term is left out.
	fewObservations = 5000
	// veryCommon is how many times more common than common a term can be until it
	// makes no difference any more.
	veryCommon = 5
	// keepTerms is how many terms a search keeps however common they are.
	keepTerms = 2
	// frequencyAge is how long a count is believed.
	frequencyAge = time.Minute
	// maxFrequencies bounds how many counts are remembered.
	maxFrequencies = 4096
)

// telling leaves out the terms that are too common to tell observations apart, as
// ranking what they match would take most of a search's time. Of terms that are
// all common the rarest stay.
func (r reads) telling(ctx context.Context, terms []string) ([]string, error) {
	if len(terms) <= keepTerms {
		return terms, nil
	}
	total, err := one(ctx, r.q, "number", number, `SELECT COALESCE(MAX(number), 0) FROM observations`)
	if err != nil || total <= fewObservations {
		return terms, err
	}
	common := total / commonShare
	var rare []string
	for _, t := range terms {
		n, err := r.frequency(ctx, t, common)
		if err != nil {
			return nil, err
		}
		if n <= common {
			rare = append(rare, t)
		}
	}
	if len(rare) >= keepTerms {
		return rare, nil
	}
	return r.rarest(ctx, terms, common*veryCommon)
}

// rarest returns the keepTerms terms that the fewest observations hold. It counts
// no further than enough, above which terms are equal and the first ones stay.
func (r reads) rarest(ctx context.Context, terms []string, enough int64) ([]string, error) {
	counts := make(map[string]int64, len(terms))
	for _, t := range terms {
		n, err := r.frequency(ctx, t, enough)
		if err != nil {
			return nil, err
		}
		counts[t] = n
	}
	slices.SortStableFunc(terms, func(a, b string) int { return cmp.Compare(counts[a], counts[b]) })
	return terms[:keepTerms], nil
}

// frequency counts the observations that hold a quoted term. It stops counting
// above enough.
func (r reads) frequency(ctx context.Context, term string, enough int64) (int64, error) {
	if n, ok := r.df.get(term, enough); ok {
		return n, nil
	}
	n, err := one(ctx, r.q, "number", number, `SELECT COUNT(*) FROM
		(SELECT 1 FROM observations_fts WHERE observations_fts MATCH ? LIMIT ?)`, term, enough+1)
	if err == nil {
		r.df.put(term, n, n <= enough)
	}
	return n, err
}

// frequencies remembers counts for a while: they change slowly.
type frequencies struct {
	mu sync.Mutex
	m  map[string]frequency
}

type frequency struct {
	n     int64
	whole bool // else counting stopped at n
	at    time.Time
}

func newFrequencies() *frequencies { return &frequencies{m: make(map[string]frequency)} }

// get returns a count that is right up to enough.
func (f *frequencies) get(term string, enough int64) (int64, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c, ok := f.m[term]
	ok = ok && time.Since(c.at) < frequencyAge && (c.whole || c.n > enough)
	return c.n, ok
}

func (f *frequencies) put(term string, n int64, whole bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.m) >= maxFrequencies {
		clear(f.m) // rare, and cheaper than keeping an order
	}
	f.m[term] = frequency{n: n, whole: whole, at: time.Now()}
}
