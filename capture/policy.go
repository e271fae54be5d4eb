package capture

import (
	"context"
	"errors"
	"fmt"
	"time"

	"claude-mem/memory"
	"claude-mem/storage"
)

// What a batch holds at most, so that one request to a provider can hold it.
const (
	maxBatchEvents = 50
	maxBatchBytes  = 256 << 10 // of payloads
)

const (
	// debounceWaits is how many windows an event waits at most, however busy its
	// session is.
	debounceWaits = 12
	// idleEnds is how long a session says nothing until it is taken for ended: an agent
	// that was killed tells nobody.
	idleEnds = time.Hour
)

// joinTries is how often an event looks for a batch that takes it. Whoever else joins
// at the same moment can fill one, or a worker take it, so that there is a next.
const joinTries = 5

// policy says when observations are made in a project.
func (c *Capture) policy(p memory.Project) memory.Policy {
	for _, want := range []memory.Policy{p.Generation().Policy, c.opts.Policy} {
		if want != "" {
			return want
		}
	}
	return memory.PolicyPerEvent
}

// due is when a batch should be generated that began at one time and grew at another.
func (c *Capture) due(p memory.Policy, began, now memory.Epoch) memory.Epoch {
	if p == memory.PolicyEndOfSession {
		return now.Add(idleEnds)
	}
	return min(now.Add(c.opts.Debounce), began.Add(debounceWaits*c.opts.Debounce))
}

// oweBatch makes the event part of what its session's batch owes: of the newest, if
// that takes it, or of the next. The batch's row is there before it is due, and says
// from the first event on that something is owed.
func (u *unit) oweBatch(ctx context.Context, d *draft, e memory.Event) (memory.Job, error) {
	sid := string(e.SessionID)
	job, err := u.JobOfSource(ctx, e.Scope(), memory.KindBatch, sid)
	if errors.Is(err, memory.ErrNotFound) {
		job, err = u.newBatch(ctx, d, e, 1)
	}
	for range joinTries {
		if err != nil {
			return memory.Job{}, err
		}
		joined, err := u.JoinBatch(ctx, job, e, storage.BatchLimits{Events: maxBatchEvents, Bytes: maxBatchBytes},
			u.c.due(d.policy, job.CreatedAt, u.now))
		if err == nil {
			return joined, u.announceFull(ctx, d.policy, joined)
		}
		if !errors.Is(err, memory.ErrConflict) {
			return memory.Job{}, err
		}
		if job, err = u.newBatch(ctx, d, e, job.Revision+1); err != nil {
			return memory.Job{}, err
		}
	}
	return memory.Job{}, fmt.Errorf("no batch of session %s takes the event", sid)
}

// newBatch makes the session's next batch, or finds the one that somebody else made
// at this moment.
func (u *unit) newBatch(ctx context.Context, d *draft, e memory.Event, revision int64) (memory.Job, error) {
	j := newJob(u.caller, memory.KindBatch, e.Scope(), string(e.SessionID), revision)
	j.SessionID, j.SourceAdapter = e.SessionID, e.SourceAdapter
	j.NextAttemptAt = u.c.due(d.policy, u.now, u.now)
	j, _, err := u.PutJob(ctx, j)
	return j, err
}

// announceFull makes a batch due that takes no more, unless it waits for the end of
// its session.
func (u *unit) announceFull(ctx context.Context, p memory.Policy, j memory.Job) error {
	if p == memory.PolicyEndOfSession {
		return nil
	}
	n, bytes, err := u.BatchSize(ctx, j)
	if err != nil || n < maxBatchEvents && bytes < maxBatchBytes {
		return err
	}
	return u.wake(ctx, j.Scope(), string(j.SessionID))
}

// wake makes due at once whatever waits for the session to pause or to end.
func (u *unit) wake(ctx context.Context, s memory.Scope, sessionID string) error {
	jobs, err := u.WakeJobs(ctx, s, sessionID, u.now)
	for _, j := range jobs {
		u.msgs = append(u.msgs, j.Message())
	}
	return err
}
