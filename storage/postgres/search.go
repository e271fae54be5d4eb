package postgres

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
	"claude-mem/storage"
)

const (
	// maxMatched is about how many matches the index is asked for at most, by all clauses
	// together. It gives them in no order, so all of them are read for the newest.
	maxMatched = 3000
	// wanted is how many matches a search for nothing but common words should find: it
	// looks through as many of the newest observations as it takes by what the server
	// knows, within the bounds. Each is some microseconds.
	wanted               = 200
	minWalked, maxWalked = 500, 4000
)

// Extent implements storage.ObservationReader.
func (r reads) Extent(ctx context.Context, s memory.Scope) (int64, error) {
	n, err := r.total(ctx, s)
	if err != nil || n < countTo {
		return n, err
	}
	c, err := r.common(ctx)
	return max(n, c.rows), err
}

// Matching implements storage.ObservationReader. Clauses that few match are asked
// of the index. Of the others the server's statistics say how many match; if there
// is nothing else to go by, the newest observations are looked through.
func (r reads) Matching(ctx context.Context, s memory.Scope, q storage.Matching) ([]storage.Matches, error) {
	out, err := r.estimates(ctx, s, q.Clauses)
	if err != nil {
		return nil, err
	}
	few, many := apart(q, out)
	limit := storage.Page{Limit: q.Limit}.Clamp(0).Limit
	found := 0
	if len(few) > 0 { // one more than asked for tells whether there are more
		found, err = r.collect(ctx, out, byIndex(s, few, q.Filter, limit+1))
	}
	if err == nil && found == 0 && len(many) > 0 {
		err = r.walk(ctx, out, s, many, q.Filter, limit+1)
	}
	for i := range out {
		settle(&out[i], limit)
	}
	return out, err
}

// apart tells the clauses that the index is asked for from those that too many match:
// the rarest first, as long as they do not match too many together. It sets the Total
// of those that nothing can match.
func apart(q storage.Matching, out []storage.Matches) (few, many []clause) {
	all := make([]clause, len(q.Clauses))
	for i, terms := range q.Clauses {
		all[i] = clause{place: int64(i + 1), query: allOf(terms)}
	}
	slices.SortStableFunc(all, func(a, b clause) int { return cmp.Compare(out[a.place-1].Total, out[b.place-1].Total) })
	room := int64(maxMatched)
	for _, c := range all {
		total := &out[c.place-1].Total
		switch {
		case c.query == "":
			*total = 0
		case *total <= room || labelQuery(q.Filter) != "": // labels are never common
			few = append(few, c)
			room -= *total
		default:
			many = append(many, c)
		}
	}
	return few, many
}

// settle keeps the limit, and replaces an estimate by what was found where that is
// all there is.
func settle(m *storage.Matches, limit int) {
	n := len(m.Numbers)
	if n <= limit && m.Total <= maxMatched {
		m.Total = int64(n)
	}
	m.Total = max(m.Total, int64(n))
	m.Numbers = m.Numbers[:min(n, limit)]
}

// clause is one of those asked for, at its place among them.
type clause struct {
	place int64
	query string
}

func split(clauses []clause) (places []int64, queries []string) {
	for _, c := range clauses {
		places, queries = append(places, c.place), append(queries, c.query)
	}
	return places, queries
}

// byIndex finds matches in the index. OFFSET 0 keeps Postgres to the order in which
// it is written: find first, then sort. Otherwise it may walk through the whole
// tenant in order instead of asking the index.
func byIndex(s memory.Scope, clauses []clause, f storage.ObservationFilter, limit int) *query {
	places, queries := split(clauses)
	return sql(`SELECT clause.place, found.number FROM unnest(?::bigint[], ?::text[]) AS clause (place, query),
		LATERAL (SELECT number FROM (SELECT o.number FROM observations o WHERE `, places, queries).within(s, "o.").
		and("o.terms @@ (? || clause.query)::tsquery", scopeQuery(s)+labelQuery(f)+" & ").window(f).filter(f).
		add(` OFFSET 0) matched ORDER BY number DESC LIMIT ?) found ORDER BY clause.place, found.number DESC`, limit)
}

// walk looks through the newest observations, once for all clauses.
func (r reads) walk(ctx context.Context, out []storage.Matches, s memory.Scope, clauses []clause, f storage.ObservationFilter, limit int) error {
	total, err := r.Extent(ctx, s)
	if err != nil {
		return err
	}
	far := int64(minWalked)
	for _, c := range clauses {
		far = max(far, wanted*total/max(out[c.place-1].Total, 1))
	}
	q := sql(`SELECT o.number, ARRAY[`)
	for i, c := range clauses {
		q.add(either(i == 0, "", ", ")+"o.terms @@ ?::text::tsquery", c.query)
	}
	q.add(`] FROM (SELECT o.* FROM observations o WHERE `).of(s, f).
		add(` ORDER BY o.occurred_at DESC, o.number DESC LIMIT ?) o WHERE true`, min(far, maxWalked)).filter(f).
		add(` ORDER BY o.number DESC`)
	type looked struct {
		number int64
		holds  []bool
	}
	all, err := all(ctx, r.q, func(row pgx.Rows) (l looked, err error) {
		return l, row.Scan(&l.number, &l.holds)
	}, q)
	for _, l := range all {
		for i, c := range clauses {
			if m := &out[c.place-1]; l.holds[i] && len(m.Numbers) < limit {
				m.Numbers = append(m.Numbers, l.number)
			}
		}
	}
	return err
}

// collect adds what a query finds to the matches of each clause and says how much
// that is.
func (r reads) collect(ctx context.Context, out []storage.Matches, q *query) (found int, err error) {
	type match struct{ place, number int64 }
	matches, err := all(ctx, r.q, func(row pgx.Rows) (m match, err error) {
		return m, row.Scan(&m.place, &m.number)
	}, q)
	for _, m := range matches {
		o := &out[m.place-1]
		o.Numbers = append(o.Numbers, m.number)
	}
	return len(matches), err
}

// estimates says about how many observations match each clause, as far as the
// server knows: its terms are taken to be independent of each other.
func (r reads) estimates(ctx context.Context, s memory.Scope, clauses [][]string) ([]storage.Matches, error) {
	out := make([]storage.Matches, len(clauses))
	total, err := r.Extent(ctx, s)
	if err != nil || total <= fewObservations {
		return out, err
	}
	c, err := r.common(ctx)
	if err != nil {
		return nil, err
	}
	for i, terms := range clauses {
		share := 1.0
		for _, t := range terms {
			share *= c.shares[t] // 0 where the server does not know it as common
		}
		out[i].Total = int64(share * float64(total))
	}
	return out, nil
}

// Ranked implements storage.ObservationReader. The numbers come first, whatever
// Postgres knows of the table; a neighbour's thread, which is of one tenant, stands
// for it.
func (r reads) Ranked(ctx context.Context, s memory.Scope, q storage.Ranking) ([]storage.Ranked, error) {
	f, reach := q.Filter, max(min(q.Reach, storage.MaxReach), 0)
	ask := sql(`WITH asked AS MATERIALIZED (SELECT o.number, o.thread, o.list, o.occurred_at FROM observations o
		WHERE o.number = ANY(?::bigint[]) AND `, q.Numbers[:min(len(q.Numbers), storage.MaxPage)]).within(s, "o.").window(f).filter(f)
	if labels := labelQuery(f); labels != "" {
		ask.and("o.terms @@ ?::text::tsquery", scopeQuery(s)+labels)
	}
	ask.add(`), beside AS MATERIALIZED (SELECT ARRAY(SELECT DISTINCT asked.number + distance FROM asked, generate_series(-?::bigint, ?::bigint) distance
			WHERE asked.number + distance NOT IN (SELECT number FROM asked)) AS numbers)
		SELECT number, thread, list, occurred_at, true FROM asked
		UNION ALL SELECT o.number, o.thread, o.list, o.occurred_at, false FROM observations o, beside
			WHERE o.number = ANY(beside.numbers) AND o.thread IN (SELECT thread FROM asked)
		ORDER BY number`, reach, reach)
	return all(ctx, r.q, func(row pgx.Rows) (k storage.Ranked, err error) {
		return k, row.Scan(&k.Number, &k.Thread, &k.List, &k.OccurredAt, &k.Asked)
	}, ask)
}
