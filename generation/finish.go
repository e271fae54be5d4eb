package generation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"claude-mem/memory"
	"claude-mem/storage"
)

// finish writes the ending, if the lease is still ours. If it is not, the job was
// cancelled or taken over, and nothing is written.
func (a *attempt) finish(ctx context.Context, end ending) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	job, err := a.writeOut(ctx, end)
	if errors.Is(err, memory.ErrConflict) {
		a.log.InfoContext(ctx, "job ended by somebody else meanwhile")
		return a.payAnyway(ctx)
	}
	if err != nil {
		return fmt.Errorf("finish job %s: %w", a.job.ID, err)
	}
	a.log.DebugContext(ctx, "job ended", "status", job.Status, "observations", len(end.made), "lastError", job.LastError)
	if job.Status.Terminal() {
		a.OnFinished(job)
	}
	return nil
}

// writeOut runs the last transaction, a few times if it has to: what a provider
// was paid for is worth some patience. All of it is over long before the lease is.
func (a *attempt) writeOut(ctx context.Context, end ending) (job memory.Job, err error) {
	const tries = 4
	wait := min(100*time.Millisecond, a.LeaseFor/100)
	for try := 1; ; try++ {
		err = a.Store.InTx(ctx, func(tx storage.Tx) (err error) {
			job, err = a.write(ctx, tx, end)
			return err
		})
		if err == nil || errors.Is(err, memory.ErrConflict) || try == tries {
			return job, err
		}
		a.log.WarnContext(ctx, "job not written yet", "error", err)
		select {
		case <-time.After(wait):
			wait *= 5
		case <-ctx.Done():
			return job, err
		}
	}
}

// write is the transaction that ends an attempt. The job comes first, it fails if
// the lease is not ours; but not before its session where it is about that as a
// whole, see storage.SessionWriter.
func (a *attempt) write(ctx context.Context, tx storage.Tx, end ending) (memory.Job, error) {
	var generated memory.Epoch
	if len(end.made) > 0 {
		generated = end.At
	}
	if a.job.OfSession() {
		ended := a.job
		ended.Status = end.Status
		if err := setSession(ctx, tx, ended, generated); err != nil {
			return memory.Job{}, err
		}
	}
	job, err := tx.FinishJob(ctx, a.job.ID, a.owner, end.Outcome)
	if err != nil {
		return memory.Job{}, err
	}
	var audits []memory.AuditEntry
	for _, m := range end.made {
		o, _, err := tx.PutObservation(ctx, m.Observation, m.sources...)
		if err != nil {
			return memory.Job{}, fmt.Errorf("put observation: %w", err)
		}
		if err := a.oweReindex(ctx, tx, o); err != nil {
			return memory.Job{}, fmt.Errorf("owe a vector: %w", err)
		}
		if o.Kind == memory.KindSummaryObservation {
			if err := tx.SupersedeSummaries(ctx, job.Scope(), string(job.SessionID)); err != nil {
				return memory.Job{}, fmt.Errorf("supersede summaries: %w", err)
			}
		}
		e := a.audit(memory.AuditObservationMade, end.At, details{})
		e.ResourceType, e.ResourceID = "observation", memory.Opt(o.ID)
		audits = append(audits, e)
	}
	switch job.Status {
	case memory.JobCompleted:
		audits = append(audits, a.audit(memory.AuditJobCompleted, end.At, details{Result: string(end.Result)}))
	case memory.JobFailed:
		audits = append(audits, a.audit(memory.AuditJobFailed, end.At, details{Reason: string(end.LastError)}))
	}
	if err := tx.SetBatchResults(ctx, job, end.results...); err != nil {
		return memory.Job{}, fmt.Errorf("set results: %w", err)
	}
	if !job.OfSession() {
		if err := setSession(ctx, tx, job, generated); err != nil {
			return memory.Job{}, err
		}
	}
	if err := tx.AddUsage(ctx, a.usage(end)...); err != nil {
		return memory.Job{}, fmt.Errorf("add usage: %w", err)
	}
	return job, tx.PutAudit(ctx, audits...)
}

// setSession shows on the job's session, if there is one, how generation stands:
// as the job that changed last does. at is when observations were made, or 0.
func setSession(ctx context.Context, tx storage.Tx, j memory.Job, at memory.Epoch) error {
	if j.SessionID == "" {
		return nil
	}
	status := string(j.Status)
	if j.Status == memory.JobCompleted {
		status = "idle"
	}
	err := tx.SetSessionGeneration(ctx, j.Scope(), string(j.SessionID), status, at)
	if errors.Is(err, memory.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("set session: %w", err)
	}
	return nil
}
