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
	// fewObservations is up to where every search is fast, so that nothing is common.
	fewObservations = 2000
	// countTo bounds the counting of a tenant's observations: of more, the number
	// makes no difference.
	countTo = 50000
	// statisticsAge is how long counts are believed.
	statisticsAge = time.Minute
	// unknownMatched is how many observations may match a clause that is looked for
	// everywhere though the server's statistics do not know its terms. These are held by
	// less than any that they know, but in a large store that is a lot.
	unknownMatched = 1000
	// maxLearnt bounds how many terms are remembered by what searches found.
	maxLearnt = 16384
	// mostOf is the share of all observations from which on a search does not ask the
	// index for the tenant.
	mostOf = 0.5
	// maxTenants bounds how many tenants' counts are remembered.
	maxTenants = 4096
)

// statistics remembers for a while what changes slowly.
type statistics struct {
	mu       sync.Mutex
	common   commonTerms
	commonAt time.Time
	learnt   map[string]float64 // shares of other terms, as searches have found them since then
	totals   map[memory.Scope]count
}

// commonTerms is what Postgres knows of all observations.
type commonTerms struct {
	rows   int64              // about how many there are
	shares map[string]float64 // which share of them holds a term, if it is one of the most common
	least  float64            // the least of the shares; 1 where none is known
}

// count is how many observations a tenant has, and where the newest of them are.
type count struct {
	n           int64
	first, last int64 // the least and the greatest number of those counted
	at          time.Time
}

// extent is about how many observations the tenant has: where it has too many to
// count, as many as there are.
func (c count) extent(common commonTerms) int64 {
	if c.n < countTo {
		return c.n
	}
	return max(c.n, common.rows)
}

func newStatistics() *statistics { return &statistics{totals: make(map[memory.Scope]count)} }

// counted counts the tenant's observations, the newest, up to countTo.
func (r reads) counted(ctx context.Context, s memory.Scope) (count, error) {
	st := r.stats
	st.mu.Lock()
	c, ok := st.totals[s]
	st.mu.Unlock()
	if ok && time.Since(c.at) < statisticsAge && c.n > fewObservations {
		return c, nil
	}
	// The order is that of an index, so that Postgres walks along it and nothing else.
	c, err := one(ctx, r.q, "count", func(rows pgx.Rows) (c count, err error) {
		return c, rows.Scan(&c.n, &c.first, &c.last)
	}, sql(`SELECT COUNT(*), COALESCE(MIN(number), 0), COALESCE(MAX(number), 0) FROM (SELECT number FROM observations WHERE `).
		inIndex(s).add(` ORDER BY occurred_at DESC, number DESC LIMIT ?) counted`, countTo))
	if err != nil {
		return c, err
	}
	c.at = time.Now()
	st.mu.Lock()
	defer st.mu.Unlock()
	if len(st.totals) >= maxTenants {
		clear(st.totals) // rare, and cheaper than keeping an order
	}
	st.totals[s] = c
	return c, nil
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
	c = commonTerms{shares: make(map[string]float64), least: 1}
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
			if share > 0 {
				c.shares[term], c.least = share, min(c.least, share)
			}
		}
		return rows.Err()
	})
	if err != nil {
		return c, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.common, st.commonAt, st.learnt = c, time.Now(), make(map[string]float64)
	return c, nil
}

// estimates are what is known before a search of how much it will find.
type estimates struct {
	scope   memory.Scope
	total   int64 // about how many observations the tenant has
	count   count
	common  commonTerms
	matches []storage.Matches // of each clause, Total only; 0 where nothing is known
	unknown []bool            // of each clause: whether up to most may match, for all that is known
	most    int64
}

// estimates says about how many observations match each clause, as far as the
// server knows: its terms are taken to be independent of each other.
func (r reads) estimates(ctx context.Context, s memory.Scope, clauses [][]string) (e estimates, err error) {
	e = estimates{scope: s, matches: make([]storage.Matches, len(clauses)), unknown: make([]bool, len(clauses))}
	if e.count, err = r.counted(ctx, s); err != nil || e.count.n <= fewObservations {
		return e, err
	}
	if e.common, err = r.common(ctx); err != nil {
		return e, err
	}
	e.total = e.count.extent(e.common)
	e.most = int64(e.common.least * float64(e.total))
	st := r.stats
	st.mu.Lock()
	defer st.mu.Unlock()
	for i, terms := range clauses {
		share, known := 1.0, true
		for _, t := range terms {
			s, ok := e.common.shares[t]
			if !ok {
				s, ok = st.learnt[t]
			}
			share, known = share*s, known && ok
		}
		e.matches[i].Total = int64(share * float64(e.total))
		e.unknown[i] = !known && e.most > unknownMatched
	}
	return e, nil
}

// learn remembers about how many observations hold a term that the server's
// statistics do not know.
func (st *statistics) learn(term string, share float64) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.learnt == nil || len(st.learnt) >= maxLearnt {
		st.learnt = make(map[string]float64)
	}
	st.learnt[term] = share
}

// scopeQuery continues a query by the tenant, unless it has most of what the server has:
// then the index would have to walk along its entries, and a look at each row found
// costs less.
func (e estimates) scopeQuery() string {
	if e.common.shares[scopeLabel(e.scope)] > mostOf {
		return ""
	}
	return " & " + scopeQuery(e.scope)
}
