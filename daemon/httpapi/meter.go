package httpapi

import (
	"context"
	"fmt"
	"sync"
	"time"

	"claude-mem/memory"
	"claude-mem/storage"
)

// Quotas are the limits that an operator sets; 0 is none.
type Quotas struct {
	Meter           bool  // count requests, for GET /v1/usage
	PerMinute       int64 // requests of a key in a minute
	MonthlyRequests int64 // of a team; counts them as well
	MonthlyTokens   int64 // of a team; beyond it nothing is written any more
}

func (q Quotas) counts() bool { return q.Meter || q.MonthlyRequests > 0 }

// meter counts requests and holds them against the quotas. To count in the store at
// each request would cost a write: so it counts in memory, writes what it counted every
// flushEvery, and reads what other servers did as often. A crash loses what it counted
// since; and of what N servers let in during that time each knows its own share only,
// so that a limit may be passed by what the others let in within flushEvery.
type meter struct {
	Quotas
	store storage.Store
	now   func() time.Time // for tests

	mu       sync.Mutex
	requests map[requester]int64 // not written yet
	used     ledger              // nor is this
	keys     map[keyMinute]*count
	teams    map[string]*teamMonth
}

// requester is whom a request is counted for.
type requester struct{ team, project, key string }

type keyMinute struct {
	key    string
	minute memory.Epoch
}

// count is a number that several servers add to.
type count struct {
	stored  int64     // by all of us, when it was read or written last
	unsent  int64     // by this server since
	checked time.Time // when stored was read
}

// teamMonth is what a team used in the current month.
type teamMonth struct {
	month            memory.Epoch
	requests, tokens int64
	checked          time.Time
}

func newMeter(q Quotas, store storage.Store) *meter {
	return &meter{
		Quotas: q, store: store, now: time.Now,
		requests: make(map[requester]int64), used: make(ledger), keys: make(map[keyMinute]*count), teams: make(map[string]*teamMonth),
	}
}

// admit counts a request, or refuses it. When the store cannot be asked it lets
// requests in: limits must not take the memory down.
func (m *meter) admit(ctx context.Context, k memory.APIKey, writes bool) (counted bool, err error) {
	if m.PerMinute > 0 && k.ID != "" {
		if err := m.admitKey(ctx, k.ID); err != nil {
			return false, err
		}
		counted = true
	}
	if m.MonthlyRequests > 0 || writes && m.MonthlyTokens > 0 {
		if err := m.admitTeam(ctx, k.TeamID, writes); err != nil {
			return counted, err
		}
	}
	if !m.counts() {
		return counted, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests[requester{k.TeamID, string(k.ProjectID), k.ID}]++
	return true, nil
}

func (m *meter) admitKey(ctx context.Context, keyID string) error {
	now := m.now()
	minute := now.Truncate(time.Minute)
	m.mu.Lock()
	at := keyMinute{keyID, memory.EpochOf(minute)}
	c := m.keys[at]
	if c == nil {
		c = &count{}
		m.keys[at] = c
	}
	if stale(now, &c.checked) {
		m.mu.Unlock()
		n, err := m.store.KeyMinute(ctx, keyID, at.minute)
		m.mu.Lock()
		if err == nil {
			c.stored = max(c.stored, n)
		}
	}
	defer m.mu.Unlock()
	if c.stored+c.unsent >= m.PerMinute {
		return &memory.Error{
			Code: memory.CodeTooMany, Message: fmt.Sprintf("Rate limit reached (%d requests a minute)", m.PerMinute),
			RetryAfter: minute.Add(time.Minute).Sub(now),
		}
	}
	c.unsent++
	return nil
}

// stale reports whether it is time to ask again, and notes that somebody does.
func stale(now time.Time, checked *time.Time) bool {
	if now.Sub(*checked) < flushEvery {
		return false
	}
	*checked = now
	return true
}

func (m *meter) admitTeam(ctx context.Context, teamID string, writes bool) error {
	now := m.now()
	month := memory.EpochOf(now).Month()
	m.mu.Lock()
	t := m.teams[teamID]
	if t == nil || t.month != month {
		t = &teamMonth{month: month}
		m.teams[teamID] = t
	}
	if stale(now, &t.checked) {
		m.mu.Unlock()
		team := memory.Scope{TeamID: teamID}
		used, err := m.store.UsageSum(ctx, team, month)
		var tokens int64
		if err == nil {
			tokens, err = m.store.TokensTaken(ctx, team, month)
		}
		m.mu.Lock()
		if err == nil {
			t.requests, t.tokens = max(t.requests, used.Requests), tokens
		}
	}
	defer m.mu.Unlock()
	requests := t.requests
	for who, n := range m.requests {
		if who.team == teamID {
			requests += n
		}
	}
	switch {
	case m.MonthlyRequests > 0 && requests >= m.MonthlyRequests:
		return memory.Errorf(memory.CodeQuota, "Monthly request quota reached (%d)", m.MonthlyRequests)
	case writes && m.MonthlyTokens > 0 && t.tokens >= m.MonthlyTokens:
		return memory.Errorf(memory.CodeQuota, "Monthly tokens quota reached (%d)", m.MonthlyTokens)
	}
	return nil
}

// flush writes what was counted and forgets what is over. What could not be written
// is counted again.
func (m *meter) flush(ctx context.Context) error {
	now := memory.EpochOf(m.now())
	m.mu.Lock()
	requests, used := m.requests, m.used
	m.requests, m.used = make(map[requester]int64), make(ledger)
	minutes := make(map[memory.Epoch][]storage.KeyCount)
	for at, c := range m.keys {
		if c.unsent > 0 {
			minutes[at.minute] = append(minutes[at.minute], storage.KeyCount{KeyID: at.key, Requests: c.unsent})
			c.stored, c.unsent = c.stored+c.unsent, 0
		} else if at.minute < now.Add(-2*time.Minute) {
			delete(m.keys, at)
		}
	}
	for who, n := range requests {
		if t := m.teams[who.team]; t != nil {
			t.requests += n
		}
	}
	m.mu.Unlock()
	if len(requests)+len(minutes)+len(used) == 0 {
		return nil
	}
	err := m.store.InTx(ctx, func(tx storage.Tx) error {
		if err := tx.AddUsage(ctx, append(usageOf(requests, now), used.rows()...)...); err != nil {
			return err
		}
		for minute, counts := range minutes {
			if err := tx.AddKeyMinute(ctx, minute, counts...); err != nil {
				return err
			}
		}
		if len(minutes) == 0 {
			return nil
		}
		return tx.DropKeyMinutes(ctx, now.Add(-10*time.Minute))
	})
	if err != nil {
		m.takeBack(requests, minutes)
		m.add(used)
	}
	return err
}

func usageOf(requests map[requester]int64, at memory.Epoch) []memory.Usage {
	used := make([]memory.Usage, 0, len(requests))
	for who, n := range requests {
		used = append(used, memory.Usage{
			TeamID: who.team, ProjectID: who.project, APIKeyID: memory.Opt(who.key), Kind: memory.UsageRequest, At: at,
			UsageCounts: memory.UsageCounts{Requests: n},
		})
	}
	return used
}

// takeBack undoes what flush took out.
func (m *meter) takeBack(requests map[requester]int64, minutes map[memory.Epoch][]storage.KeyCount) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for who, n := range requests {
		m.requests[who] += n
		if t := m.teams[who.team]; t != nil {
			t.requests -= n
		}
	}
	over := memory.EpochOf(m.now()).Add(-2 * time.Minute)
	for minute, counts := range minutes {
		for _, k := range counts {
			if minute < over { // nobody is held against it any more
				delete(m.keys, keyMinute{k.KeyID, minute})
			} else if c := m.keys[keyMinute{k.KeyID, minute}]; c != nil {
				c.stored, c.unsent = c.stored-k.Requests, c.unsent+k.Requests
			}
		}
	}
	if len(m.requests) > maxRequesters { // the store is down for long: forget rather than grow
		clear(m.requests)
	}
}

// maxRequesters bounds for how many keys is counted while nothing can be written.
const maxRequesters = 10_000
