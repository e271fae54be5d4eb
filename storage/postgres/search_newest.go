package postgres

import (
	"context"
	"math"

	"claude-mem/storage"
)

// The index of terms gives its matches in no order, but it can be asked for those of
// some numbers: besides the terms it holds each observation's epoch, which is all of its
// number but the last bits, and its era, which is fewer still. How many of these a clause
// takes follows from how common it is.
const (
	// epochSize and eraSize are how many numbers are an epoch and an era, as the index has them.
	epochSize, eraSize = 512, 4096
	// maxEpochs and maxEras bound in how many a clause is looked for; the index pays for each.
	maxEpochs, maxEras = 32, 128
	// newestMatched is about how many matches all clauses of one term together are asked for,
	// and newestTogether those of several terms, which tell more, within the bounds for each
	// clause. A match costs a microsecond, or several if it is not in memory.
	newestMatched, newestTogether = 200, 400
	minNewest, maxNewest          = 40, 150
	// Of a term that fewer than 1 in telling observations hold, which finds something by itself,
	// at least minTelling matches are wanted.
	telling, minTelling = 50, 100
	// tooFew is the share (1 in tooFew) of what is wanted below which a clause is asked again: in
	// the newest numbers it is rarer than elsewhere.
	tooFew = 4
	// further is how many times as many numbers are looked at then.
	further = 8
)

// sparse reports whether the filter asks for observations that may all be old.
func sparse(f storage.ObservationFilter) bool {
	return f.SessionID != "" || f.SupersededBy != "" || f.Since != 0 || f.Until != 0 || labelQuery(f) != ""
}

// newest finds the newest matches of each clause: all of those that few match, and of the
// others those among as many of the newest numbers as it takes by what the server knows.
// Where it does not know, a first look tells how many match.
func (r reads) newest(ctx context.Context, e estimates, q storage.Matching, limit int) error {
	ask := clauses(q, e.matches)
	for i := range ask {
		c, at := &ask[i], ask[i].place-1
		c.want = e.wanted(at, len(q.Clauses[at]), limit)
		if e.unknown[at] { // most often far fewer than the most match
			e.matches[at].Total = e.most
			c.numbers = e.numbers(e.most, tooFew*c.want)
		} else {
			c.numbers = e.numbers(e.matches[at].Total, c.want)
		}
	}
	for again := true; len(ask) > 0; again = false {
		if _, err := r.collect(ctx, e.matches, lookup{e, q.Filter, limit + 1}.find(ask)); err != nil {
			return err
		}
		var short []clause
		for _, c := range ask {
			at := c.place - 1
			m := &e.matches[at]
			if e.unknown[at] && c.numbers > 0 && len(m.Numbers) <= limit {
				m.Total = e.extrapolate(len(m.Numbers), c.numbers)
			}
			if again && c.numbers > 0 && tooFew*len(m.Numbers) < c.want {
				m.Numbers = nil
				c.numbers = more(c.numbers, m.Total)
				short = append(short, c)
				continue
			}
			c.settle(m, limit)
			if e.unknown[at] && len(q.Clauses[at]) == 1 {
				r.stats.learn(q.Clauses[at][0], float64(m.Total)/float64(e.total))
			}
		}
		ask = short
	}
	return nil
}

// wanted is how many matches to look for of the clause at that place, which has so many
// terms: never more than the limit and one, which tells whether there are more.
func (e estimates) wanted(at int64, terms, limit int) int {
	want := newestMatched
	if terms > 1 {
		want = newestTogether
	}
	want = min(max(want/len(e.matches), minNewest), maxNewest)
	if terms == 1 && telling*e.matches[at].Total < e.total {
		want = max(want, minTelling)
	}
	return min(want, limit+1)
}

// numbers is among how many of the newest numbers to look for as many matches as are
// wanted of a clause that total observations match; 0 is all.
func (e estimates) numbers(total int64, want int) int64 {
	if total <= 2*int64(want) {
		return 0
	}
	numbers := float64(want) / float64(total) * e.spread()
	if numbers > maxEras*eraSize && total <= maxMatched {
		return 0
	}
	return int64(min(math.Ceil(numbers), maxEras*eraSize))
}

// extrapolate is about how many observations match a clause, if among the newest
// numbers it has found so many; at least one more.
func (e estimates) extrapolate(found int, numbers int64) int64 {
	return int64(float64(found+1) * max(e.spread()/float64(numbers), 1))
}

// spread is over how many numbers the tenant's observations lie: between them are those of others.
func (e estimates) spread() float64 {
	n := float64(max(e.count.n, 1))
	return float64(e.total) * max(float64(e.count.last-e.count.first+1), n) / n
}

// more is among how many to look where n had too few.
func more(n, total int64) int64 {
	if total <= maxMatched {
		return 0
	}
	return min(n*further, maxEras*eraSize)
}

// settle keeps the limit, and replaces an estimate by what was found where that is
// all there is.
func (c clause) settle(m *storage.Matches, limit int) {
	n := int64(len(m.Numbers))
	switch {
	case c.numbers > 0:
		m.Total = max(m.Total, n+1)
	case n <= int64(limit) && m.Total <= maxMatched:
		m.Total = n
	}
	m.Total = max(m.Total, n)
	m.Numbers = m.Numbers[:min(len(m.Numbers), limit)]
}

// recent are the clauses that look among the newest numbers only, and inEpochs is how the
// index is asked for these.
const (
	recent   = "recent c"
	inEpochs = "ARRAY[o.number >> 9, ~(o.number >> 12)] && c.epochs"
)

// epochs adds these clauses with the epochs that they look in or, where that would be
// many, the eras. The last is that of the observation that occurred last, or of the
// newest when they were counted.
func (l lookup) epochs(q *query) *query {
	return q.add(`, newest AS MATERIALIZED (SELECT GREATEST(n.number, ?) AS number FROM observations n WHERE `, l.count.last).in(l.scope, "n.").
		add(` ORDER BY n.occurred_at DESC, n.number DESC LIMIT 1),
		recent AS MATERIALIZED (SELECT place, query, CASE WHEN numbers < ?
			THEN ARRAY(SELECT generate_series(GREATEST(number - numbers + 1, 0) >> 9, number >> 9))
			ELSE ARRAY(SELECT ~generate_series(GREATEST(number - numbers + 1, 0) >> 12, number >> 12)) END AS epochs
			FROM clause, newest WHERE numbers > 0)`, maxEpochs*epochSize)
}
