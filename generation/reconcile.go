package generation

import (
	"context"
	"time"

	"claude-mem/memory"
	"claude-mem/storage"
)

// reconcileBatch is how many jobs one transaction of the reconciler takes.
const reconcileBatch = 200

// reconcileAll reconciles until ctx is done, whatever the lanes and the provider
// do. Two at a time, of this process or another, do no harm.
func (w *Worker) reconcileAll(ctx context.Context) {
	tick := time.NewTicker(w.ReconcileEvery)
	defer tick.Stop()
	for {
		n, err := w.reconcile(ctx)
		if err != nil && ctx.Err() == nil {
			w.Logger.ErrorContext(ctx, "reconciling failed", "error", err)
		}
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
	stale := now.Add(-w.ReannounceAfter)
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
		return tx.Enqueue(ctx, messages(expired, retries, owed)...)
	})
	if err != nil {
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

// recordExpired audits the leases that ran out and shows it on their sessions.
func recordExpired(ctx context.Context, tx storage.Tx, expired []memory.Job, now memory.Epoch) error {
	var audits []memory.AuditEntry
	for _, j := range expired {
		audits = append(audits, auditOf(j, memory.AuditJobStalled, now, details{Attempt: j.Attempts, Reason: string(j.LastError)}))
		if j.Status == memory.JobFailed {
			audits = append(audits, auditOf(j, memory.AuditJobFailed, now, details{Reason: string(j.LastError)}))
		}
		if err := setSession(ctx, tx, j, 0); err != nil {
			return err
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
