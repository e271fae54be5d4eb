package sqlite

import (
	"context"
	"slices"
	"sync"
	"time"

	"claude-mem/memory"
)

const (
	// countTo is how many observations of a scope are counted. Where there are more,
	// their number is estimated: for ranking it makes no difference.
	countTo = 20000
	// extentAge is how long a count is believed.
	extentAge = time.Minute
	// believedFrom is from how many observations on a count is believed at all: a
	// small one is quickly made, and soon wrong.
	believedFrom = 1000
	// maxExtents bounds how many scopes' counts are remembered.
	maxExtents = 1024
)

// extent is how many observations a scope has, and between which numbers they lie.
type extent struct {
	count       int64
	first, last int64
	at          time.Time
}

// total estimates how many observations match where the newest numbers of them are
// known: all, if they are no more than the limit, else as many as there are if the
// older ones are as dense.
func (e extent) total(newest []int64, limit int) int64 {
	n := int64(len(newest))
	if n <= int64(limit) {
		return n
	}
	span := newest[0] - newest[n-1] + 1
	return max(min(n*(e.last-e.first+1)/span, e.count), n)
}

// extents remembers them for a while: they change slowly.
type extents struct {
	mu sync.Mutex
	m  map[memory.Scope]extent
}

func newExtents() *extents { return &extents{m: make(map[memory.Scope]extent)} }

func (es *extents) get(s memory.Scope) (extent, bool) {
	es.mu.Lock()
	defer es.mu.Unlock()
	e, ok := es.m[s]
	return e, ok && time.Since(e.at) < extentAge
}

func (es *extents) put(s memory.Scope, e extent) {
	if e.count < believedFrom {
		return
	}
	es.mu.Lock()
	defer es.mu.Unlock()
	if len(es.m) >= maxExtents {
		clear(es.m) // rare, and cheaper than keeping an order
	}
	e.at = time.Now()
	es.m[s] = e
}

// extent counts the scope's observations by an index, the newest first.
func (r reads) extent(ctx context.Context, s memory.Scope) (extent, error) {
	if e, ok := r.extents.get(s); ok {
		return e, nil
	}
	w := in(s)
	e, err := one(ctx, r.q, "count", func(sc scanner) (e extent, err error) {
		return e, sc.Scan(&e.count, &e.first, &e.last)
	}, `SELECT COUNT(*), COALESCE(MIN(number), 0), COALESCE(MAX(number), 0) FROM
		(SELECT number FROM observations WHERE `+w.String()+` ORDER BY occurred_at DESC, number DESC LIMIT ?)`,
		append(slices.Clone(w.args), countTo)...)
	if err != nil {
		return e, err
	}
	if e.count == countTo {
		oldest, err := one(ctx, r.q, "oldest", number,
			`SELECT number FROM observations WHERE `+w.String()+` ORDER BY occurred_at, number LIMIT 1`, w.args...)
		if err != nil {
			return e, err
		}
		counted := e.last - e.first + 1
		e.first = min(e.first, oldest)
		e.count = e.count * (e.last - e.first + 1) / counted
	}
	r.extents.put(s, e)
	return e, nil
}
