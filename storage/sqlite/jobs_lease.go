package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"claude-mem/memory"
	"claude-mem/storage"
)

const notYours = "the lease is not yours any more"

// LeaseJob implements storage.JobWriter.
func (t *tx) LeaseJob(ctx context.Context, id, owner string, now, until memory.Epoch) (memory.Job, error) {
	// An expired job without attempts left is RecoverJobs' to fail.
	w := (&where{}).and("id = ?", id).and(`(status = 'queued' AND (next_attempt_at IS NULL OR next_attempt_at <= ?)
		OR status = 'processing' AND locked_until <= ? AND attempts < max_attempts)`, now, now)
	return t.update(ctx, "the job is not to be had", `status = 'processing', attempts = attempts + 1, locked_by = ?,
		locked_until = ?, next_attempt_at = NULL, updated_at = ?`, w, owner, until, now)
}

// leased is the condition that the owner still holds the job's lease. One that
// expired is still held until somebody takes it.
func leased(id, owner string) *where {
	return (&where{}).and("id = ?", id).and("locked_by = ?", owner).and("status = 'processing'")
}

// ExtendLease implements storage.JobWriter.
func (t *tx) ExtendLease(ctx context.Context, id, owner string, until memory.Epoch) error {
	_, err := t.update(ctx, notYours, `locked_until = ?`, leased(id, owner), until)
	return err
}

// FinishJob implements storage.JobWriter.
func (t *tx) FinishJob(ctx context.Context, id, owner string, o storage.Outcome) (memory.Job, error) {
	var kept int
	if o.KeepAttempt {
		kept = 1
	}
	set := `locked_by = NULL, locked_until = NULL, attempts = MAX(attempts - ?, 0), last_error = ?, result = ?, updated_at = ?, status = ?,
		reserved_tokens = 0`
	values := []any{kept, text(o.LastError), text(o.Result), o.At, o.Status}
	switch o.Status {
	case memory.JobCompleted:
		set += `, completed_at = ?`
	case memory.JobFailed:
		set += `, failed_at = ?`
	case memory.JobQueued:
		// Nobody was told yet that it waits again: RecoverJobs does when it is due.
		set += `, next_attempt_at = ?`
		return t.update(ctx, notYours, set, leased(id, owner), append(values, max(o.NextAttemptAt, o.At))...)
	default:
		return memory.Job{}, fmt.Errorf("an attempt cannot end as %q", o.Status)
	}
	return t.update(ctx, notYours, set, leased(id, owner), append(values, o.At)...)
}

// RecoverJobs implements storage.JobWriter. Both updates start at a partial index
// that holds nothing but what is leased or waits for its time, so that a long
// history costs nothing.
func (t *tx) RecoverJobs(ctx context.Context, now memory.Epoch, limit int) (expired, due []memory.Job, err error) {
	expired, err = all(ctx, t.q, readJob, `UPDATE observation_generation_jobs SET
		status = CASE WHEN attempts < max_attempts THEN 'queued' ELSE 'failed' END,
		failed_at = CASE WHEN attempts < max_attempts THEN NULL ELSE ? END,
		last_error = 'the lease expired: whoever worked on the job is gone',
		locked_by = NULL, locked_until = NULL, announced_at = ?, updated_at = ?
		WHERE id IN (SELECT id FROM observation_generation_jobs
			WHERE status = 'processing' AND locked_until <= ? ORDER BY locked_until, id LIMIT ?)
		RETURNING `+jobColumns, now, now, now, now, limit)
	if err != nil {
		return nil, nil, err
	}
	// A retry that came due is announced once, because it has no time after that.
	due, err = all(ctx, t.q, readJob, `UPDATE observation_generation_jobs SET
		next_attempt_at = NULL, announced_at = ?, updated_at = ?
		WHERE id IN (SELECT id FROM observation_generation_jobs
			WHERE status = 'queued' AND next_attempt_at <= ? ORDER BY next_attempt_at, id LIMIT ?)
		RETURNING `+jobColumns, now, now, now, limit-len(expired))
	sortOldestFirst(expired)
	sortOldestFirst(due)
	return expired, due, err
}

// JobsDue implements storage.JobReader.
func (r reads) JobsDue(ctx context.Context, now, announcedBefore memory.Epoch) (bool, error) {
	n, err := one(ctx, r.q, "job", number, `SELECT
		EXISTS (SELECT 1 FROM observation_generation_jobs WHERE status = 'processing' AND locked_until <= ?)
		OR EXISTS (SELECT 1 FROM observation_generation_jobs WHERE status = 'queued' AND next_attempt_at <= ?)
		OR EXISTS (SELECT 1 FROM observation_generation_jobs
			WHERE status = 'queued' AND next_attempt_at IS NULL AND announced_at < ?)`, now, now, announcedBefore)
	return n != 0, err
}

// OwedJobs implements storage.JobWriter.
func (t *tx) OwedJobs(ctx context.Context, now, announcedBefore memory.Epoch, limit int) ([]memory.Job, error) {
	limit = storage.Page{Limit: limit}.Clamp(0).Limit
	jobs, err := all(ctx, t.q, readJob, `UPDATE observation_generation_jobs SET next_attempt_at = NULL, announced_at = ?
		WHERE id IN (SELECT id FROM (
			SELECT * FROM (SELECT id, announced_at, created_at FROM observation_generation_jobs
				WHERE status = 'queued' AND next_attempt_at IS NULL AND announced_at < ?
				ORDER BY announced_at, created_at, id LIMIT ?)
			UNION ALL
			SELECT * FROM (SELECT id, announced_at, created_at FROM observation_generation_jobs
				WHERE status = 'queued' AND next_attempt_at <= ? AND announced_at < ?
				ORDER BY next_attempt_at, id LIMIT ?)
			ORDER BY announced_at, created_at, id LIMIT ?))
		RETURNING `+jobColumns, now, announcedBefore, limit, now, announcedBefore, limit, limit)
	sortOldestFirst(jobs)
	return jobs, err
}

// sortOldestFirst brings jobs in order, which RETURNING does not keep.
func sortOldestFirst(jobs []memory.Job) {
	slices.SortFunc(jobs, func(a, b memory.Job) int {
		return cmp.Or(cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
}
