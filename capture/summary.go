package capture

import (
	"context"
	"errors"

	"claude-mem/memory"
)

// EndSession ends the session and owes its summary. To end it again changes
// nothing, unless events came since: then a new summary is owed. A session that the
// caller cannot reach is memory.ErrNotFound.
func (c *Capture) EndSession(ctx context.Context, caller memory.Caller, sessionID string) (s memory.Session, job memory.Job, err error) {
	err = c.write(ctx, caller, func(u *unit) error {
		s, job, err = u.endAndSumUp(ctx, caller.Scope(), sessionID, nil)
		return err
	})
	return s, job, err
}

// endAndSumUp ends a session now and owes the summary of what there is of it, with the
// last event, if one is given. It holds the session first: who ends it at the same
// moment waits before having written anything.
func (u *unit) endAndSumUp(ctx context.Context, scope memory.Scope, id string, last *draft) (s memory.Session, job memory.Job, err error) {
	found, err := u.HoldSession(ctx, scope, id)
	if err != nil {
		return s, job, err
	}
	if last != nil {
		stored, err := u.event(ctx, last)
		if err != nil {
			return s, job, err
		}
		u.auditEvents([]Stored{stored})
	}
	n, err := u.CountSessionEvents(ctx, found.Scope(), found.ID)
	if err != nil {
		return s, job, err
	}
	if job, err = u.oweSummary(ctx, found.Scope(), found.ID, n, 0); err != nil {
		return s, job, err
	}
	if err := u.wake(ctx, found.Scope(), found.ID); err != nil {
		return s, job, err
	}
	s, err = u.end(ctx, found, u.now, job.ID)
	return s, job, err
}

// end marks the session as ended and audits the first time.
func (u *unit) end(ctx context.Context, s memory.Session, at memory.Epoch, jobID string) (memory.Session, error) {
	if s.EndedAt != 0 {
		return s, nil
	}
	s, err := u.EndSession(ctx, s.Scope(), s.ID, at)
	if err == nil {
		u.audit(memory.AuditSessionEnd, "server_session", s.ID, s.Scope(), jobID)
		u.notify(s.Notice())
	}
	return s, err
}

// oweSummary owes a summary of the session as it is with n events. The same n is
// the same job. A job that waits still is moved on to n: one summary of all is
// better than two. due is when, or 0 for at once.
func (u *unit) oweSummary(ctx context.Context, s memory.Scope, sessionID string, n int64, due memory.Epoch) (memory.Job, error) {
	last, err := u.JobOfSource(ctx, s, memory.KindSummary, sessionID)
	if err != nil && !errors.Is(err, memory.ErrNotFound) {
		return memory.Job{}, err
	}
	if err == nil && last.Revision == n {
		return last, nil
	}
	next := newJob(u.caller, memory.KindSummary, s, sessionID, n)
	if err == nil && last.Status == memory.JobQueued {
		moved, err := u.RefreshSummaryJob(ctx, last, n, next.QueueID)
		if err == nil {
			return moved, u.PostponeJob(ctx, moved, due)
		}
		if !errors.Is(err, memory.ErrConflict) {
			return moved, err
		}
	}
	next.NextAttemptAt = due
	next.SessionID, next.SourceAdapter = memory.Opt(sessionID), "server"
	return u.owe(ctx, next)
}
