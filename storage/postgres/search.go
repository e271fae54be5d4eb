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
	// together, where it gives them in no order, so that all are read for the newest.
	maxMatched = 3000
	// wanted is how many matches a search for nothing but common words should find: it
	// looks through as many of the newest observations as it takes by what the server
	// knows, within the bounds. Each is some microseconds.
	wanted               = 200
	minWalked, maxWalked = 500, 4000
)

// Extent implements storage.ObservationReader.
func (r reads) Extent(ctx context.Context, s memory.Scope) (int64, error) {
	c, err := r.counted(ctx, s)
	if err != nil || c.n < countTo {
		return c.n, err
	}
	common, err := r.common(ctx)
	return c.extent(common), err
}

// Matching implements storage.ObservationReader. The index gives all matches or those of
// the newest epochs: see search_newest.go. It cannot do the latter for a filter that
// most of the newest fail. Then clauses that few match are asked of the index. Of the others
// the server's statistics say how many match; if there is nothing else to go by, the
// newest observations that pass are looked through.
func (r reads) Matching(ctx context.Context, s memory.Scope, q storage.Matching) ([]storage.Matches, error) {
	e, err := r.estimates(ctx, s, q.Clauses)
	if err != nil {
		return nil, err
	}
	limit := storage.Page{Limit: q.Limit}.Clamp(0).Limit
	if !windowed(q.Filter) && labelQuery(q.Filter) == "" {
		return e.matches, r.newest(ctx, e, q, limit)
	}
	few, many := apart(q, e.matches)
	found := 0
	if len(few) > 0 { // one more than asked for tells whether there are more
		found, err = r.collect(ctx, e.matches, lookup{e, q.Filter, limit + 1}.all(few))
	}
	if err == nil && found == 0 && len(many) > 0 {
		err = r.walk(ctx, e, many, q.Filter, limit+1)
	}
	for i := range e.matches {
		clause{}.settle(&e.matches[i], limit)
	}
	return e.matches, err
}

// clauses are those of a search that something can match; the others' Total is 0.
func clauses(q storage.Matching, out []storage.Matches) (all []clause) {
	for i, terms := range q.Clauses {
		if c := (clause{place: int64(i + 1), query: allOf(terms)}); c.query != "" {
			all = append(all, c)
		} else {
			out[i].Total = 0
		}
	}
	return all
}

// apart tells the clauses that the index is asked for from those that too many match:
// the rarest first, as long as they do not match too many together.
func apart(q storage.Matching, out []storage.Matches) (few, many []clause) {
	all := clauses(q, out)
	slices.SortStableFunc(all, func(a, b clause) int { return cmp.Compare(out[a.place-1].Total, out[b.place-1].Total) })
	room := int64(maxMatched)
	for _, c := range all {
		total := out[c.place-1].Total
		if total <= room || labelQuery(q.Filter) != "" { // labels are never common
			few = append(few, c)
			room -= total
		} else {
			many = append(many, c)
		}
	}
	return few, many
}

// clause is one of those asked for, at its place among them.
type clause struct {
	place  int64
	query  string
	epochs int64 // of how many epochs, the newest, the index is asked; 0: of all
}

// lookup asks the index for matches.
type lookup struct {
	estimates
	filter storage.ObservationFilter
	limit  int // of each clause
}

// all asks for each clause everywhere.
func (l lookup) all(clauses []clause) *query {
	q := sql("")
	l.add(q, clauses)
	return q.add(" ORDER BY 1, 2 DESC")
}

// add finds what matches clauses, either all of which have epochs or none. OFFSET 0 keeps
// Postgres to the order in which it is written: find first, then sort. Otherwise it
// may walk through the whole tenant in order instead of asking the index.
func (l lookup) add(q *query, clauses []clause) {
	var places, epochs []int64
	var queries []string
	for _, c := range clauses {
		places, queries, epochs = append(places, c.place), append(queries, c.query), append(epochs, c.epochs)
	}
	q.add(`(SELECT clause.place, found.number FROM unnest(?::bigint[], ?::text[], ?::bigint[]) AS clause (place, query, epochs),
		LATERAL (SELECT number FROM (SELECT o.number FROM observations o WHERE `, places, queries, epochs).within(l.scope, "o.").
		and("o.terms @@ (clause.query || ?)::tsquery", l.scopeQuery()+labelQuery(l.filter))
	if clauses[0].epochs > 0 {
		l.epoch(q)
	}
	q.window(l.filter).filter(l.filter).
		add(` OFFSET 0) matched ORDER BY number DESC LIMIT ?) found)`, l.limit)
}

// walk looks through the newest observations, once for all clauses.
func (r reads) walk(ctx context.Context, e estimates, clauses []clause, f storage.ObservationFilter, limit int) error {
	out, far := e.matches, int64(minWalked)
	for _, c := range clauses {
		far = max(far, wanted*e.total/max(out[c.place-1].Total, 1))
	}
	q := sql(`SELECT o.number, ARRAY[`)
	for i, c := range clauses {
		q.add(either(i == 0, "", ", ")+"o.terms @@ ?::text::tsquery", c.query)
	}
	q.add(`] FROM (SELECT o.* FROM observations o WHERE `).of(e.scope, f).
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
