package generation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

// handle does what a message announces. A nil error means that the message has
// done its duty, however the job ended: the row says what is owed from here on.
// Only trouble with the store, or the end of waiting at a paused lane, leaves the
// message to be delivered again.
func (w *Worker) handle(ctx, stopping context.Context, m memory.Message) error {
	log := w.Logger.With("job", m.JobID, "kind", m.Kind, "requestId", m.RequestID)
	if err := m.Validate(); err != nil {
		log.ErrorContext(ctx, "message refused", "error", err)
		return nil
	}
	g := w.gates[m.Kind.Lane()]
	probe, err := g.enter(ctx, stopping)
	if err != nil {
		return err
	}
	defer g.leave(probe)
	pl, err := w.paces[m.Kind.Lane()].enter(ctx, stopping)
	if err != nil {
		return err
	}
	defer pl.leave()
	job, err := w.Store.JobByID(ctx, m.JobID)
	if errors.Is(err, memory.ErrNotFound) {
		log.WarnContext(ctx, "message without a job")
		return nil
	}
	if err != nil {
		return fmt.Errorf("load job %s: %w", m.JobID, err)
	}
	if job.Status.Terminal() {
		return nil
	}
	a := &attempt{Worker: w, provider: w.Provider, gate: g, place: pl, job: job, owner: w.Owner + ":" + id.New(), log: log}
	objection, err := w.object(ctx, m, job)
	switch {
	case err != nil:
		return err
	case objection != nil:
		return a.reject(ctx, objection)
	}
	leased, err := a.take(ctx)
	if over, ok := asOverBudget(err); ok {
		if !a.askFree() {
			return a.wait(ctx, over)
		}
		leased, err = a.lease(ctx)
	}
	if !leased || err != nil {
		return err
	}
	return a.run(ctx)
}

// take leases the job, with the tokens of its call where they can be told by now. It
// fails with *overBudget where there is no room for one.
func (a *attempt) take(ctx context.Context) (leased bool, err error) {
	if err := a.mayCall(ctx); err != nil {
		return false, err
	}
	a.foresee(ctx)
	return a.lease(ctx)
}

// objection is why a job must not be done at all.
type objection struct {
	action string // the audit's
	reason string
	claim  memory.Scope // what the message said, where that is the matter
}

// object checks whose the job is and whether whoever asked for it still may.
func (w *Worker) object(ctx context.Context, m memory.Message, job memory.Job) (*objection, error) {
	claim := memory.Scope{TeamID: m.TeamID, ProjectID: m.ProjectID}
	if claim != job.Scope() {
		return &objection{memory.AuditJobScopeViolation, "the message names another tenant than the job's", claim}, nil
	}
	if job.APIKeyID == "" {
		return nil, nil // asked for by the server itself
	}
	key, err := w.Store.Key(ctx, memory.Scope{TeamID: job.TeamID}, string(job.APIKeyID))
	var reason string
	switch {
	case errors.Is(err, memory.ErrNotFound):
		reason = "the API key that asked for it is gone"
	case err != nil:
		return nil, fmt.Errorf("load the key of job %s: %w", job.ID, err)
	case key.RevokedAt != 0:
		reason = "the API key that asked for it was revoked"
	case !key.Usable(memory.Now()):
		reason = "the API key that asked for it has expired"
	default:
		return nil, nil
	}
	return &objection{memory.AuditJobRevokedKey, reason, memory.Scope{}}, nil
}

// attempt is one try at a job, from before the lease to the end. Its owner token
// is its own: no other attempt, of this process or another, can finish for it.
type attempt struct {
	*Worker
	provider providers.Provider // the worker's, or its free part
	gate     *gate
	place    *place
	job      memory.Job
	owner    string
	log      *slog.Logger
	spent    []memory.Usage // on calls so far, see usage.go

	limits   []limit // on what it may spend, see budget.go
	ahead    *input  // what was loaded before the lease, see reserve.go
	reserved bool    // tokens are set aside for a call, see reserve.go
}

// reject fails the job without trying it, and audits why. A job that somebody
// else is at is left to them; the audit row is written all the same.
func (a *attempt) reject(ctx context.Context, o *objection) error {
	var failed memory.Job
	err := a.Store.InTx(ctx, func(tx storage.Tx) error {
		now := memory.Now()
		failed = memory.Job{}
		if err := a.holdSession(ctx, tx); err != nil {
			return err
		}
		refusal := a.audit(o.action, now, details{Reason: o.reason, Team: o.claim.TeamID, Project: o.claim.ProjectID})
		leased, err := tx.LeaseJob(ctx, a.job.ID, a.owner, now, now.Add(a.LeaseFor))
		if errors.Is(err, memory.ErrConflict) {
			return tx.PutAudit(ctx, refusal)
		}
		if err != nil {
			return err
		}
		if err := a.chargeLeft(ctx, tx, leased); err != nil {
			return err
		}
		end := ending{Outcome: storage.Outcome{Status: memory.JobFailed, LastError: memory.Opt(o.reason), At: now}}
		if failed, err = a.write(ctx, tx, end); err != nil {
			return err
		}
		return tx.PutAudit(ctx, refusal)
	})
	if err != nil {
		return fmt.Errorf("reject job %s: %w", a.job.ID, err)
	}
	a.log.WarnContext(ctx, "job rejected", "reason", o.reason)
	if failed.ID != "" {
		a.OnFinished(failed)
	}
	return nil
}

// holdSession comes before a job that is about its session as a whole, see
// storage.SessionWriter.
func (a *attempt) holdSession(ctx context.Context, tx storage.Tx) error {
	if !a.job.OfSession() {
		return nil
	}
	_, err := tx.HoldSession(ctx, a.job.Scope(), string(a.job.SessionID))
	if err != nil && !errors.Is(err, memory.ErrNotFound) {
		return fmt.Errorf("hold session: %w", err)
	}
	return nil
}

// lease takes the job. false without an error means that it is not to be had:
// somebody works on it, or it is not due.
func (a *attempt) lease(ctx context.Context) (bool, error) {
	err := a.Store.InTx(ctx, func(tx storage.Tx) error {
		now := memory.Now()
		if err := a.lockBudget(ctx, tx); err != nil {
			return err
		}
		if err := a.holdSession(ctx, tx); err != nil {
			return err
		}
		job, err := tx.LeaseJob(ctx, a.job.ID, a.owner, now, now.Add(a.LeaseFor))
		if err != nil {
			return err
		}
		if err := a.reserveLeased(ctx, tx, job); err != nil {
			return err
		}
		a.job = job
		if err := setSession(ctx, tx, job, 0); err != nil {
			return err
		}
		return tx.PutAudit(ctx, a.audit(memory.AuditJobProcessing, now, details{Attempt: job.Attempts}))
	})
	if errors.Is(err, memory.ErrConflict) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lease job %s: %w", a.job.ID, err)
	}
	return true, nil
}
