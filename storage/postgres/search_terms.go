package postgres

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
)

const (
	// fewObservations is up to where every search is fast, so that nothing is common.
	fewObservations = 2000
	// countTo bounds the counting of a tenant's observations: of more, the number
	// makes no difference.
	countTo = 50000
	// statisticsAge is how long counts are believed.
	statisticsAge = time.Minute
	// maxTenants bounds how many tenants' counts are remembered.
	maxTenants = 4096
)

// statistics remembers for a while what changes slowly.
type statistics struct {
	mu       sync.Mutex
	common   commonTerms
	commonAt time.Time
	totals   map[memory.Scope]count
}

// commonTerms is what Postgres knows of all observations.
type commonTerms struct {
	rows   int64              // about how many there are
	shares map[string]float64 // which share of them holds a term, if it is one of the most common
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

// common asks for what Postgres counts for its own planning when it analyses the
// table; as long as it did not, no term is common.
func (r reads) common(ctx context.Context) (commonTerms, error) {
	st := r.stats
	st.mu.Lock()
	c, at := st.common, st.commonAt
	st.mu.Unlock()
	if time.Since(at) < statisticsAge {
		return c, nil
	}
	c = commonTerms{shares: make(map[string]float64)}
	// There are more frequencies than terms: the last ones are bounds.
	_, err := r.q.query(ctx, sql(`SELECT c.reltuples::bigint, COALESCE(term, ''), COALESCE(share, 0) FROM pg_class c LEFT JOIN pg_stats s
		ON s.schemaname = c.relnamespace::regnamespace::text AND s.tablename = c.relname AND s.attname = 'terms'
		LEFT JOIN LATERAL ROWS FROM (unnest(most_common_elems::text::text[]), unnest(most_common_elem_freqs))
		AS common (term, share) ON term IS NOT NULL
		WHERE c.oid = 'observations'::regclass`), func(rows pgx.Rows) error {
		for rows.Next() {
			var term string
			var share float64
			if err := rows.Scan(&c.rows, &term, &share); err != nil {
				return err
			}
			c.shares[term] = share
		}
		return rows.Err()
	})
	if err != nil {
		return c, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.common, st.commonAt = c, time.Now()
	return c, nil
}
