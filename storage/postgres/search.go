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
	// walkedFor is how many matches a search for nothing but common words should find: it
	// looks through as many of the newest observations as it takes by what the server
	// knows, within the bounds. Each is some microseconds.
	walkedFor            = 200
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
	if !sparse(q.Filter) {
		return e.matches, r.newest(ctx, e, q, limit)
	}
	few, many := apart(q, e.matches)
	found := 0
	if len(few) > 0 { // one more than asked for tells whether there are more
		found, err = r.collect(ctx, e.matches, lookup{e, q.Filter, limit + 1}.find(few))
	}
	if err == nil && found == 0 && len(many) > 0 {
		err = r.walk(ctx, e, many, q.Filter, limit+1)
	}
	for _, c := range few {
		c.settle(&e.matches[c.place-1], limit)
	}
	for _, c := range many { // of what was not asked for the estimate stays
		c.numbers = maxWalked
		c.settle(&e.matches[c.place-1], limit)
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
	place int64
	query string
	// numbers is among how many of the newest numbers, at least, it is looked for; 0: among all.
	numbers int64
	want    int // how many matches should be found there
}

// lookup asks the index for matches.
type lookup struct {
	estimates
	filter storage.ObservationFilter
	limit  int // of each clause
}

// find asks for the numbers that match each clause, of those that pass the filter the newest.
// The values that clauses differ in come by a SELECT of their own each, so that they are
// no news to the planner: it makes one plan for all and keeps it, where else it would plan
// each time anew, for a third of what the search takes.
func (l lookup) find(clauses []clause) *query {
	var places, numbers []int64
	var queries []string
	for _, c := range clauses {
		places, queries, numbers = append(places, c.place), append(queries, c.query), append(numbers, c.numbers)
	}
	q := sql(`WITH clause AS MATERIALIZED (SELECT * FROM unnest((SELECT ?::bigint[]), (SELECT ?::text[]), (SELECT ?::bigint[]))
		AS clause (place, query, numbers))`, places, queries, numbers)
	if sparse(l.filter) {
		return l.matches(q, "clause c")
	}
	return l.matches(l.matches(l.epochs(q), "clause c WHERE numbers = 0").add(" UNION ALL"), recent)
}

// matches adds what the clauses of a table find. OFFSET 0 keeps Postgres to the order in
// which it is written: find first, then sort. Otherwise it may walk through the whole
// tenant in order instead of asking the index.
func (l lookup) matches(q *query, clauses string) *query {
	q.add(` SELECT c.place, ARRAY(SELECT number FROM (SELECT o.number FROM observations o WHERE `).within(l.scope, "o.").
		and("o.terms @@ (c.query || ?)::tsquery", l.scopeQuery()+labelQuery(l.filter))
	if clauses == recent {
		q.and(inEpochs)
	}
	return q.window(l.filter).filter(l.filter).
		add(` OFFSET 0) matched ORDER BY number DESC LIMIT (SELECT ?::bigint)) FROM `+clauses, l.limit)
}

// walk looks through the newest observations, once for all clauses.
func (r reads) walk(ctx context.Context, e estimates, clauses []clause, f storage.ObservationFilter, limit int) error {
	out, far := e.matches, int64(minWalked)
	for _, c := range clauses {
		far = max(far, walkedFor*e.total/max(out[c.place-1].Total, 1))
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

// collect notes what a query finds as the matches of each clause and says how much
// that is.
func (r reads) collect(ctx context.Context, out []storage.Matches, q *query) (found int, err error) {
	type match struct {
		place   int64
		numbers []int64
	}
	matches, err := all(ctx, r.q, func(row pgx.Rows) (m match, err error) {
		return m, row.Scan(&m.place, &m.numbers)
	}, q)
	for _, m := range matches {
		out[m.place-1].Numbers = m.numbers
		found += len(m.numbers)
	}
	return found, err
}
