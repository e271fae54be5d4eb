package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"claude-mem/memory"
	"claude-mem/storage"
)

const notYours = "the lease is not yours any more"

func (t *tx) LeaseJob(ctx context.Context, id, owner string, now, until memory.Epoch) (memory.Job, error) {
	// An expired job without attempts left is RecoverJobs' to fail.
	return t.update(ctx, "the job is not to be had", sql(updateJob+`status = 'processing', attempts = attempts + 1,
		locked_by = ?, locked_until = ?, next_attempt_at = NULL, updated_at = ?
		WHERE id = ? AND (status = 'queued' AND (next_attempt_at IS NULL OR next_attempt_at <= ?)
			OR status = 'processing' AND locked_until <= ? AND attempts < max_attempts)`,
		owner, until, now, id, now, now))
}

// leased adds the condition that the owner still holds the job's lease. One that
// expired is still held until somebody takes it.
func (q *query) leased(id, owner string) *query {
	return q.add(" WHERE id = ? AND locked_by = ? AND status = 'processing'", id, owner)
}

func (t *tx) ExtendLease(ctx context.Context, id, owner string, until memory.Epoch) error {
	_, err := t.update(ctx, notYours, sql(updateJob+`locked_until = ?`, until).leased(id, owner))
	return err
}

func (t *tx) FinishJob(ctx context.Context, id, owner string, o storage.Outcome) (memory.Job, error) {
	kept := 0
	if o.KeepAttempt {
		kept = 1
	}
	q := sql(updateJob+`locked_by = NULL, locked_until = NULL, attempts = GREATEST(attempts - ?::int, 0), last_error = ?,
		result = ?, skipped = ?, updated_at = ?, status = ?, reserved_tokens = 0`,
		kept, text(o.LastError), text(o.Result), skipped(o.Result), o.At, string(o.Status))
	switch o.Status {
	case memory.JobCompleted:
		q.add(`, completed_at = ?`, o.At)
	case memory.JobFailed:
		q.add(`, failed_at = ?`, o.At)
	case memory.JobQueued:
		// Nobody was told yet that it waits again: RecoverJobs does when it is due.
		q.add(`, next_attempt_at = ?`, max(o.NextAttemptAt, o.At))
	default:
		return memory.Job{}, fmt.Errorf("an attempt cannot end as %q", o.Status)
	}
	return t.update(ctx, notYours, q.leased(id, owner))
}

// Whoever looks for jobs passes over those that another transaction holds, so that
// any number of processes may look at a time and each job is found by one. What
// they pick is materialised: a subquery may run more than once, and pick more.

func (t *tx) RecoverJobs(ctx context.Context, now memory.Epoch, limit int) (expired, due []memory.Job, err error) {
	limit = storage.Page{Limit: limit}.Clamp(0).Limit
	expired, err = all(ctx, t.q, readJob, sql(`WITH picked (job) AS MATERIALIZED (
		SELECT id FROM observation_generation_jobs WHERE status = 'processing' AND locked_until <= ?
		ORDER BY locked_until, id LIMIT ? FOR UPDATE SKIP LOCKED)
		`, now, limit).add(updateJob+`
		status = CASE WHEN attempts < max_attempts THEN 'queued' ELSE 'failed' END,
		failed_at = CASE WHEN attempts < max_attempts THEN NULL ELSE ?::bigint END,
		last_error = 'the lease expired: whoever worked on the job is gone',
		locked_by = NULL, locked_until = NULL, announced_at = ?, updated_at = ?
		FROM picked WHERE id = picked.job RETURNING `+jobColumns, now, now, now))
	if err != nil {
		return nil, nil, err
	}
	if limit > len(expired) {
		// A retry that came due is announced once, because it has no time after that.
		due, err = all(ctx, t.q, readJob, sql(`WITH picked (job) AS MATERIALIZED (
			SELECT id FROM observation_generation_jobs WHERE status = 'queued' AND next_attempt_at <= ?
			ORDER BY next_attempt_at, id LIMIT ? FOR UPDATE SKIP LOCKED)
			`, now, limit-len(expired)).add(updateJob+`next_attempt_at = NULL, announced_at = ?, updated_at = ?
			FROM picked WHERE id = picked.job RETURNING `+jobColumns, now, now))
	}
	sortOldestFirst(expired)
	sortOldestFirst(due)
	return expired, due, err
}

func (r reads) JobsDue(ctx context.Context, now, announcedBefore memory.Epoch) (bool, error) {
	return one(ctx, r.q, "job", value[bool], sql(`SELECT
		EXISTS (SELECT 1 FROM observation_generation_jobs WHERE status = 'processing' AND locked_until <= ?)
		OR EXISTS (SELECT 1 FROM observation_generation_jobs WHERE status = 'queued' AND next_attempt_at <= ?)
		OR EXISTS (SELECT 1 FROM observation_generation_jobs
			WHERE status = 'queued' AND next_attempt_at IS NULL AND announced_at < ?)`, now, now, announcedBefore))
}

func (t *tx) OwedJobs(ctx context.Context, now, announcedBefore memory.Epoch, limit int) ([]memory.Job, error) {
	limit = storage.Page{Limit: limit}.Clamp(0).Limit
	jobs, err := all(ctx, t.q, readJob, sql(`WITH fresh AS MATERIALIZED (
		SELECT id, announced_at, created_at FROM observation_generation_jobs
		WHERE status = 'queued' AND next_attempt_at IS NULL AND announced_at < ?
		ORDER BY announced_at, created_at, id LIMIT ? FOR UPDATE SKIP LOCKED),
		`, announcedBefore, limit).add(`retried AS MATERIALIZED (
		SELECT id, announced_at, created_at FROM observation_generation_jobs
		WHERE status = 'queued' AND next_attempt_at <= ? AND announced_at < ?
		ORDER BY next_attempt_at, id LIMIT ? FOR UPDATE SKIP LOCKED),
		`, now, announcedBefore, limit).add(`picked (job) AS MATERIALIZED (
		SELECT id FROM (SELECT * FROM fresh UNION ALL SELECT * FROM retried) owed
		ORDER BY announced_at, created_at, id LIMIT ?)
		`, limit).add(updateJob+`next_attempt_at = NULL, announced_at = ?
		FROM picked WHERE id = picked.job RETURNING `+jobColumns, now))
	sortOldestFirst(jobs)
	return jobs, err
}

// sortOldestFirst brings jobs in order, which RETURNING does not keep.
func sortOldestFirst(jobs []memory.Job) {
	slices.SortFunc(jobs, func(a, b memory.Job) int {
		return cmp.Or(cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
}
