package postgres

import (
	"context"

	"claude-mem/storage"
)

// The index of terms gives its matches in no order, but it can be asked for those of
// some numbers: besides the terms it holds each observation's epoch, which is all of its
// number but the last bits. How many epochs a clause takes follows from how common it
// is.
const (
	// epochSize is how many numbers are an epoch, as the index has it.
	epochSize = 512
	// maxEpochs bounds how many epochs a clause is looked for in; the index pays for each.
	maxEpochs = 128
	// newestMatched is about how many matches all clauses together are asked for, within
	// the bounds for each. A match costs a microsecond, or several if it is not in memory.
	newestMatched        = 900
	minNewest, maxNewest = 40, 250
	// tooFew is the share (1 in tooFew) of what is wanted below which a clause is asked again: in
	// the newest epochs it is rarer than elsewhere.
	tooFew = 4
	// further is how many times as many epochs are looked at then.
	further = 8
)

// sparse reports whether the filter asks for observations that may all be old.
func sparse(f storage.ObservationFilter) bool {
	return f.SessionID != "" || f.SupersededBy != "" || f.Since != 0 || f.Until != 0 || labelQuery(f) != ""
}

// newest finds the newest matches of each clause: all of those that few match, and of the
// others those in as many epochs as it takes by what the server knows.
func (r reads) newest(ctx context.Context, e estimates, q storage.Matching, limit int) error {
	ask := clauses(q, e.matches)
	// One more than the limit tells whether there are more.
	want := min(limit+1, max(newestMatched/max(len(ask), 1), minNewest), maxNewest)
	for i, c := range ask {
		ask[i].epochs = e.epochs(e.matches[c.place-1].Total, want)
	}
	for again := true; len(ask) > 0; again = false {
		if _, err := r.collect(ctx, e.matches, lookup{e, q.Filter, limit + 1}.find(ask)); err != nil {
			return err
		}
		var short []clause
		for _, c := range ask {
			m := &e.matches[c.place-1]
			if again && c.epochs > 0 && tooFew*len(m.Numbers) < want {
				m.Numbers = nil
				short = append(short, clause{c.place, c.query, more(c.epochs, m.Total)})
				continue
			}
			c.settle(m, limit)
		}
		ask = short
	}
	return nil
}

// epochs is in how many epochs, the newest, to look for as many matches as are wanted of a
// clause that total observations match; 0 is all.
func (e estimates) epochs(total int64, want int) int64 {
	if total <= 2*int64(want) {
		return 0
	}
	numbers := float64(want) * float64(e.total) / float64(total)
	// The tenant's numbers have those of others between them.
	numbers *= float64(max(e.count.last-e.count.first+1, e.count.n)) / float64(max(e.count.n, 1))
	n := int64(numbers/epochSize) + 1 // the last has just begun
	if n > maxEpochs && total <= maxMatched {
		return 0
	}
	return min(n, maxEpochs)
}

// more is in how many epochs to look where n had too few.
func more(n, total int64) int64 {
	if total <= maxMatched {
		return 0
	}
	return min(n*further, maxEpochs)
}

// settle keeps the limit, and replaces an estimate by what was found where that is
// all there is.
func (c clause) settle(m *storage.Matches, limit int) {
	n := int64(len(m.Numbers))
	switch {
	case c.epochs > 0:
		m.Total = max(m.Total, n+1)
	case n <= int64(limit) && m.Total <= maxMatched:
		m.Total = n
	}
	m.Total = max(m.Total, n)
	m.Numbers = m.Numbers[:min(len(m.Numbers), limit)]
}

// epoch adds which epochs a clause is looked for in. The last is that of the observation
// that occurred last, or of the newest when they were counted.
func (l lookup) epoch(q *query) {
	q.and(`ARRAY[o.number >> 9] && ARRAY(SELECT generate_series(newest.epoch - clause.epochs + 1, newest.epoch) FROM
		(SELECT GREATEST(n.number, ?) >> 9 AS epoch FROM observations n WHERE `, l.count.last).in(l.scope, "n.").
		add(` ORDER BY n.occurred_at DESC, n.number DESC LIMIT 1) newest)`)
}
