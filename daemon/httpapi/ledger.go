package httpapi

import (
	"claude-mem/memory"
)

// ledger is what was used outside of jobs, by all that usage is kept apart by, and is
// not written yet.
type ledger map[memory.Usage]memory.UsageCounts

// rows are what goes into the store.
func (l ledger) rows() []memory.Usage {
	out := make([]memory.Usage, 0, len(l))
	for u, counts := range l {
		u.UsageCounts = counts
		out = append(out, u)
	}
	return out
}

// Count puts something that was used into the ledger, within about a second: see
// [API.Run]. A crash loses what it was told in that time.
func (a *API) Count(u memory.Usage) {
	counts := u.UsageCounts
	u.UsageCounts, u.At = memory.UsageCounts{}, u.At.Day()
	a.meter.add(ledger{u: counts})
	a.wake()
}

// add counts what was used. While the store is down for long, it forgets rather than grow.
func (m *meter) add(used ledger) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for u, counts := range used {
		if _, known := m.used[u]; known || len(m.used) < maxRequesters {
			m.used[u] = m.used[u].Plus(counts)
		}
	}
}
