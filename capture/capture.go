package capture

import (
	"context"

	"claude-mem/memory"
	"claude-mem/storage"
)

// Store is what capture needs of storage.
type Store interface {
	storage.TenantReader
	InTx(ctx context.Context, fn func(tx storage.Tx) error) error
}

// Options tune a Capture.
type Options struct {
	// CreateProjects lets any write make the project it names. Hooks always may.
	CreateProjects bool
}

// Capture takes in what happened. It is safe for concurrent use.
type Capture struct {
	store    Store
	opts     Options
	projects *cache[projectKey, memory.Project]
	sessions *cache[sessionKey, string]
}

// New makes a Capture on store.
func New(store Store, opts Options) *Capture {
	return &Capture{
		store:    store,
		opts:     opts,
		projects: newCache[projectKey, memory.Project](1024),
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
}

// write runs fn in one transaction.
func (c *Capture) write(ctx context.Context, caller memory.Caller, fn func(u *unit) error) error {
	var u *unit
	err := c.store.InTx(ctx, func(tx storage.Tx) error {
		u = &unit{Tx: tx, c: c, caller: caller, now: memory.Now()} // afresh: the engine may run us again
		if err := fn(u); err != nil {
			return err
		}
		if err := u.PutAudit(ctx, u.audits...); err != nil {
			return err
		}
		return u.Enqueue(ctx, u.msgs...)
	})
	if err != nil {
		return err
	}
	// Only now are they there for others to find.
	for k, id := range u.seen {
		c.sessions.put(k, id)
	}
	return nil
}
