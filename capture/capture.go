package capture

import (
	"cmp"
	"context"
	"errors"
	"time"

	"claude-mem/memory"
	"claude-mem/storage"
)

// Store is what capture needs of storage.
type Store interface {
	storage.TenantReader
	Observations(ctx context.Context, s memory.Scope, f storage.ObservationFilter, p storage.Page) ([]memory.Observation, error)
	InTx(ctx context.Context, fn func(tx storage.Tx) error) error
}

// Options tune a Capture.
type Options struct {
	// CreateProjects lets any write make the project it names. Hooks always may.
	CreateProjects bool
	// Reindex says that an embedding model makes vectors of observations, so that they
	// are owed for what is written.
	Reindex bool
	// Notify, if set, is told of what was made or changed, after the commit. It must
	// not block.
	Notify func(memory.Notice)
	// Policy says when observations are made where a project does not say; "" means
	// memory.PolicyPerEvent.
	Policy memory.Policy
	// Debounce is the window of memory.PolicyDebounce: a session that is quiet for so
	// long has paused. Default 5 s.
	Debounce time.Duration
}

// Capture takes in what happened. It is safe for concurrent use.
type Capture struct {
	store    Store
	opts     Options
	projects *cache[projectKey, cachedProject]
	sessions *cache[sessionKey, string]
}

// New makes a Capture on store.
func New(store Store, opts Options) *Capture {
	opts.Debounce = cmp.Or(opts.Debounce, 5*time.Second)
	return &Capture{
		store:    store,
		opts:     opts,
		projects: newCache[projectKey, cachedProject](1024),
		sessions: newCache[sessionKey, string](8192),
	}
}

// unit is one transaction of capture: what it will announce and audit when the
// writes are through, and the sessions it saw.
type unit struct {
	storage.Tx
	c      *Capture
	caller memory.Caller
	now    memory.Epoch
	msgs   []memory.Message
	audits []memory.AuditEntry
	seen   map[sessionKey]string
	// known are the sessions that were not looked for, because they were there before.
	known   []sessionKey
	notices []memory.Notice
}

// write runs fn in one transaction. If something is missing and fn trusted its memory
// of a session, the session may have been purged, here or by another server: then fn
// runs once more and looks.
func (c *Capture) write(ctx context.Context, caller memory.Caller, fn func(u *unit) error) error {
	u, err := c.try(ctx, caller, fn)
	if errors.Is(err, memory.ErrNotFound) && u != nil && len(u.known) > 0 {
		for _, k := range u.known {
			c.sessions.drop(k)
		}
		u, err = c.try(ctx, caller, fn)
	}
	if err != nil {
		return err
	}
	// Only now are they there for others to find.
	for k, id := range u.seen {
		c.sessions.put(k, id)
	}
	if c.opts.Notify != nil {
		for _, n := range u.notices {
			c.opts.Notify(n)
		}
	}
	return nil
}

// try runs fn in one transaction and returns its unit.
func (c *Capture) try(ctx context.Context, caller memory.Caller, fn func(u *unit) error) (u *unit, err error) {
	err = c.store.InTx(ctx, func(tx storage.Tx) error {
		u = &unit{Tx: tx, c: c, caller: caller, now: memory.Now()} // afresh: the engine may run us again
		if err := fn(u); err != nil {
			return err
		}
		if err := u.PutAudit(ctx, u.audits...); err != nil {
			return err
		}
		return u.Enqueue(ctx, u.msgs...)
	})
	return u, err
}

// notify notes something to tell of when the transaction is through.
func (u *unit) notify(n memory.Notice) { u.notices = append(u.notices, n) }
