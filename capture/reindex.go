package capture

import (
	"context"

	"claude-mem/memory"
)

// oweReindex owes the vector of an observation, if there is a model to make it. A
// change of it has another revision.
func (u *unit) oweReindex(ctx context.Context, o memory.Observation, revision int64) error {
	if !u.c.opts.Reindex {
		return nil
	}
	return u.reindex(ctx, o.Scope(), o.ID, revision)
}

func (u *unit) reindex(ctx context.Context, s memory.Scope, sourceID string, revision int64) error {
	j := newJob(u.caller, memory.KindReindex, s, sourceID, revision)
	j.SourceAdapter = "server"
	_, err := u.owe(ctx, j)
	return err
}

// Reindex owes the vectors of all observations of a project that have none; nothing
// where there is no model to make them. A project that the caller cannot reach is
// memory.ErrNotFound.
func (c *Capture) Reindex(ctx context.Context, caller memory.Caller, projectID string) error {
	p, err := c.store.Project(ctx, caller.Scope(), projectID)
	if err != nil || !c.opts.Reindex {
		return err
	}
	return c.write(ctx, caller, func(u *unit) error { return u.reindex(ctx, p.Scope(), p.ID, int64(u.now)) })
}
