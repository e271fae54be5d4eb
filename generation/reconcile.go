package generation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"claude-mem/memory"
	"claude-mem/queue"
	"claude-mem/storage"
)

// reconcileBatch is how many jobs one transaction of the reconciler takes.
const reconcileBatch = 200

// settledAfter is how long after a transport forgot everything the jobs are announced
// again: by then no process, by a clock that may differ a little, announces to what
// was there before.
const settledAfter = 2 * time.Second

// idleFor is how long a job may wait for a transport that holds no message at all
// before its own counts as lost: its server may have died right before it sent it.
const idleFor = 5 * time.Second

// reconcileAll reconciles until ctx is done, whatever the lanes and the provider
// do. Two at a time, of this process or another, do no harm.
func (w *Worker) reconcileAll(ctx context.Context) {
	tick := time.NewTicker(w.ReconcileEvery)
	defer tick.Stop()
	for failing, starting := false, true; ; {
		err := w.resume(ctx, starting)
		n := 0
		if err == nil {
			starting = false
			n, err = w.reconcile(ctx)
		}
		switch {
		case ctx.Err() != nil: // that is why
		case err != nil && !failing: // once, however long the store is away
			w.Logger.ErrorContext(ctx, "reconciling failed", "error", err)
		case err == nil && failing:
			w.Logger.InfoContext(ctx, "reconciling succeeds again")
		}
		failing = err != nil
		if n >= reconcileBatch && err == nil && ctx.Err() == nil {
			continue // there is more
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// reconcile announces what is due and returns how many jobs it took. When nothing
// is due it only reads.
func (w *Worker) reconcile(ctx context.Context) (int, error) {
	now := memory.Now()
	stale := w.lostBefore(ctx, now)
	due, err := w.Store.JobsDue(ctx, now, stale)
	if err != nil || !due {
		return 0, err
	}
	var expired, retries, owed []memory.Job
	err = w.Store.InTx(ctx, func(tx storage.Tx) (err error) {
		if expired, retries, err = tx.RecoverJobs(ctx, now, reconcileBatch); err != nil {
			return err
		}
		if owed, err = tx.OwedJobs(ctx, now, stale, reconcileBatch); err != nil {
			return err
		}
		if err := recordExpired(ctx, tx, expired, now); err != nil {
			return err
		}
		if err := w.chargeExpired(ctx, tx, expired); err != nil {
			return err
		}
		return tx.Enqueue(ctx, messages(expired, retries, owed)...)
	})
	if err != nil {
		return 0, err
	}
	if err := w.showExpired(ctx, expired); err != nil {
		return 0, err
	}
	for _, j := range expired {
		w.Logger.WarnContext(ctx, "lease expired", "job", j.ID, "status", j.Status, "attempts", j.Attempts)
		if j.Status.Terminal() {
			w.OnFinished(j)
		}
	}
	if len(owed) > 0 {
		w.Logger.InfoContext(ctx, "jobs announced again", "jobs", len(owed))
	}
	return max(len(expired)+len(retries), len(owed)), nil
}

// lostBefore is the time before which an announcement of a job that still waits must
// have been lost. It is long ago while the transport is away: what is announced to
// nobody would have to be announced again.
func (w *Worker) lostBefore(ctx context.Context, now memory.Epoch) memory.Epoch {
	stale := now.Add(-w.ReannounceAfter)
	transport, ok := w.Queue.(queue.Forgetful)
	if !ok {
		return stale
	}
	since, err := transport.RemembersSince(ctx)
	if err != nil {
		return 0
	}
	if since = since.Add(settledAfter); since <= now {
		stale = max(stale, since)
	}
	if recent := now.Add(-idleFor); stale < recent && w.starved(ctx, now, recent) {
		stale = recent
	}
	return stale
}

// starved reports whether jobs wait that were announced before the given time while
// the transport holds no message. A long backlog is announced again only when its
// messages are old; that they are there costs less to know than to send them anew.
func (w *Worker) starved(ctx context.Context, now, announcedBefore memory.Epoch) bool {
	due, err := w.Store.JobsDue(ctx, now, announcedBefore)
	if err != nil || !due {
		return false
	}
	counts, err := w.Queue.Counts(ctx)
	for _, c := range counts {
		if c.Waiting+c.Active > 0 {
			return false
		}
	}
	return err == nil
}

// showExpired shows on their sessions, one after the other by their ids, how jobs stand
// whose leases ran out, which may be worked on again by then. It has a transaction of
// its own, because jobs of all kinds are locked in the one that recovers them.
func (w *Worker) showExpired(ctx context.Context, expired []memory.Job) error {
	if len(expired) == 0 {
		return nil
	}
	bySession := slices.SortedStableFunc(slices.Values(expired), func(a, b memory.Job) int {
		return cmp.Compare(a.SessionID, b.SessionID)
	})
	return w.Store.InTx(ctx, func(tx storage.Tx) error {
		for _, j := range bySession {
			if _, err := tx.HoldSession(ctx, j.Scope(), string(j.SessionID)); errors.Is(err, memory.ErrNotFound) {
				continue
			} else if err != nil {
				return fmt.Errorf("hold session: %w", err)
			}
			j, err := tx.JobByID(ctx, j.ID)
			if errors.Is(err, memory.ErrNotFound) { // purged meanwhile
				continue
			} else if err != nil {
				return fmt.Errorf("load job: %w", err)
			}
			if err := setSession(ctx, tx, j, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

// recordExpired audits the leases that ran out.
func recordExpired(ctx context.Context, tx storage.Tx, expired []memory.Job, now memory.Epoch) error {
	var audits []memory.AuditEntry
	for _, j := range expired {
		audits = append(audits, auditOf(j, memory.AuditJobStalled, now, details{Attempt: j.Attempts, Reason: string(j.LastError)}))
		if j.Status == memory.JobFailed {
			audits = append(audits, auditOf(j, memory.AuditJobFailed, now, details{Reason: string(j.LastError)}))
		}
	}
	if len(audits) == 0 {
		return nil
	}
	return tx.PutAudit(ctx, audits...)
}

// messages makes a message for each job that waits.
func messages(lists ...[]memory.Job) []memory.Message {
	var msgs []memory.Message
	for _, jobs := range lists {
		for _, j := range jobs {
			if j.Status == memory.JobQueued {
				msgs = append(msgs, j.Message())
			}
		}
	}
	return msgs
}
