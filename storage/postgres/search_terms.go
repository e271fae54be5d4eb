package postgres

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
	"claude-mem/storage"
)

const (
	// commonShare is the share of all observations from which on a term holds too
	// many of them to tell them apart.
	commonShare = 0.02
	// fewObservations is up to where every search is fast, so that no term is left out.
	fewObservations = 5000
	// countTo bounds the counting of a tenant's observations: of more, the number
	// makes no difference.
	countTo = 50000
	// statisticsAge is how long counts are believed.
	statisticsAge = time.Minute
	// maxTenants bounds how many tenants' counts are remembered.
	maxTenants = 4096
)

// plan says how a search finds its matches.
type plan struct {
	total  int64    // how many observations the tenant has, up to countTo
	terms  []string // what the index is asked for
	newest bool     // or else: look through the newest observations
}

// plan leaves out of the question to the index those terms that are too common, as
// reading what they match would take most of a search's time; they count for the
// ranking all the same. If all are, the newest observations are searched through:
// it does not take many to find enough.
func (r reads) plan(ctx context.Context, s memory.Scope, terms []string, f storage.ObservationFilter) (plan, error) {
	total, err := r.total(ctx, s)
	if err != nil || total <= fewObservations {
		return plan{total: total, terms: terms}, err
	}
	shares, err := r.shares(ctx)
	if err != nil {
		return plan{}, err
	}
	p := plan{total: total}
	for _, t := range terms {
		if shares[t] <= commonShare {
			p.terms = append(p.terms, t)
		}
	}
	if len(p.terms) == 0 {
		p.terms = terms
		p.newest = labelQuery(f) == "" // labels are never common
	}
	return p, nil
}

// statistics remembers for a while what changes slowly.
type statistics struct {
	mu       sync.Mutex
	shares   map[string]float64
	sharesAt time.Time
	totals   map[memory.Scope]count
}

type count struct {
	n  int64
	at time.Time
}

func newStatistics() *statistics { return &statistics{totals: make(map[memory.Scope]count)} }

// total counts the tenant's observations, up to countTo.
func (r reads) total(ctx context.Context, s memory.Scope) (int64, error) {
	st := r.stats
	st.mu.Lock()
	c, ok := st.totals[s]
	st.mu.Unlock()
	if ok && time.Since(c.at) < statisticsAge && c.n > fewObservations {
		return c.n, nil
	}
	// The order is that of an index, so that Postgres walks along it and nothing else.
	n, err := one(ctx, r.q, "count", value[int64], sql(`SELECT COUNT(*) FROM (SELECT occurred_at FROM observations WHERE `).
		inIndex(s).add(` ORDER BY occurred_at LIMIT ?) counted`, countTo))
	if err != nil {
		return 0, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if len(st.totals) >= maxTenants {
		clear(st.totals) // rare, and cheaper than keeping an order
	}
	st.totals[s] = count{n, time.Now()}
	return n, nil
}

// shares tells which share of all observations hold a term, for the most common
// ones. Postgres counts them for its own planning when it analyses the table; as
// long as it did not, there are none.
func (r reads) shares(ctx context.Context) (map[string]float64, error) {
	st := r.stats
	st.mu.Lock()
	shares, at := st.shares, st.sharesAt
	st.mu.Unlock()
	if time.Since(at) < statisticsAge {
		return shares, nil
	}
	type share struct {
		term  string
		share float64
	}
	rows, err := all(ctx, r.q, func(r pgx.Rows) (s share, err error) { return s, r.Scan(&s.term, &s.share) },
		// The frequencies go on after those of the elements, with their bounds.
		sql(`SELECT term, share FROM pg_stats, ROWS FROM (unnest(most_common_elems::text::text[]),
			unnest(most_common_elem_freqs)) AS common (term, share)
			WHERE schemaname = ANY (current_schemas(false)) AND tablename = 'observations' AND attname = 'terms'
			AND term IS NOT NULL`))
	if err != nil {
		return nil, err
	}
	shares = make(map[string]float64, len(rows))
	for _, s := range rows {
		shares[s.term] = s.share
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.shares, st.sharesAt = shares, time.Now()
	return shares, nil
}
