package capture

import (
	"context"
	"errors"

	"claude-mem/memory"
)

// RetryJob puts a failed or cancelled job back to queued, with all its attempts. One
// that is queued already is left alone, and already is true; any other is
// memory.ErrConflict. A job that the caller cannot reach is memory.ErrNotFound.
func (c *Capture) RetryJob(ctx context.Context, caller memory.Caller, id string) (job memory.Job, already bool, err error) {
	err = c.write(ctx, caller, func(u *unit) error {
		old, err := u.Job(ctx, caller.Scope(), id)
		if err != nil {
			return err
		}
		already = old.Status == memory.JobQueued
		switch old.Status {
		case memory.JobQueued:
			job = old
			u.auditJob(memory.AuditJobRetried, old, auditDetails{Outcome: "noop_already_queued", Retries: old.Retries})
			return nil
		case memory.JobProcessing:
			return memory.Errorf(memory.CodeConflict, "Generation job is currently processing; cancel or wait for completion before retrying")
		case memory.JobCompleted:
			return memory.Errorf(memory.CodeConflict, "Generation job already completed; retrying would duplicate observations")
		}
		if err := u.holdSessionOf(ctx, old); err != nil {
			return err
		}
		if job, err = u.RequeueJob(ctx, old.Scope(), id, u.now); err != nil {
			return err
		}
		u.auditJob(memory.AuditJobRetried, job, auditDetails{Before: old.Status, After: job.Status, Retries: job.Retries})
		u.msgs = append(u.msgs, job.Message())
		return u.showOnSession(ctx, job, "queued")
	})
	return job, already, err
}

// CancelJob makes sure that nothing more comes of a job: whoever works on it finds
// that it may not write. One that is cancelled already is left alone, and already is
// true; a completed one is memory.ErrConflict. A job that the caller cannot reach is
// memory.ErrNotFound.
func (c *Capture) CancelJob(ctx context.Context, caller memory.Caller, id string) (job memory.Job, already bool, err error) {
	err = c.write(ctx, caller, func(u *unit) error {
		old, err := u.Job(ctx, caller.Scope(), id)
		if err != nil {
			return err
		}
		already = old.Status == memory.JobCancelled
		if already {
			job = old
			u.auditJob(memory.AuditJobCancelled, old, auditDetails{Outcome: "noop_already_cancelled"})
			return nil
		}
		if err := u.holdSessionOf(ctx, old); err != nil {
			return err
		}
		if job, err = u.Tx.CancelJob(ctx, old.Scope(), id, u.now); err != nil {
			return err
		}
		if job.Status != memory.JobCancelled { // it was completed, perhaps just now
			return memory.Errorf(memory.CodeConflict, "Generation job already completed; cannot cancel")
		}
		u.auditJob(memory.AuditJobCancelled, job, auditDetails{Before: old.Status, After: job.Status})
		return u.showOnSession(ctx, job, "idle")
	})
	return job, already, err
}

// holdSessionOf comes before a job that is about its session as a whole, see
// storage.SessionWriter.
func (u *unit) holdSessionOf(ctx context.Context, j memory.Job) error {
	if !j.OfSession() {
		return nil
	}
	_, err := u.HoldSession(ctx, j.Scope(), string(j.SessionID))
	if errors.Is(err, memory.ErrNotFound) {
		return nil
	}
	return err
}

// auditJob notes what was done to a job.
func (u *unit) auditJob(action string, j memory.Job, d auditDetails) {
	d.JobID = j.ID
	u.auditWith(action, "observation_generation_job", j.ID, j.Scope(), d)
}

// showOnSession tells of the job, and shows on its session, if there is one, where
// generation stands.
func (u *unit) showOnSession(ctx context.Context, j memory.Job, status string) error {
	u.notify(j.Notice())
	if j.SessionID == "" {
		return nil
	}
	err := u.SetSessionGeneration(ctx, j.Scope(), string(j.SessionID), status, 0)
	if errors.Is(err, memory.ErrNotFound) {
		return nil
	}
	return err
}
