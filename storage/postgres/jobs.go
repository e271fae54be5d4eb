package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
	"claude-mem/storage"
)

const jobColumns = `id, project_id, team_id, source_type, source_id, COALESCE(event_id, ''), COALESCE(session_id, ''),
	job_type, status, queue_id, attempts, max_attempts, COALESCE(next_attempt_at, 0), COALESCE(completed_at, 0),
	COALESCE(failed_at, 0), COALESCE(cancelled_at, 0), COALESCE(last_error, ''), created_at, updated_at, kind, revision,
	COALESCE(result, ''), COALESCE(locked_by, ''), COALESCE(locked_until, 0), COALESCE(api_key_id, ''),
	COALESCE(actor_id, ''), source_adapter, COALESCE(request_id, ''), retries, reserved_tokens`

func readJob(r pgx.Rows) (j memory.Job, err error) {
	return j, r.Scan(&j.ID, &j.ProjectID, &j.TeamID, &j.SourceType, &j.SourceID, &j.EventID, &j.SessionID,
		&j.JobType, &j.Status, &j.QueueID, &j.Attempts, &j.MaxAttempts, &j.NextAttemptAt, &j.CompletedAt,
		&j.FailedAt, &j.CancelledAt, &j.LastError, &j.CreatedAt, &j.UpdatedAt, &j.Kind, &j.Revision,
		&j.Result, &j.LockedBy, &j.LockedUntil, &j.APIKeyID, &j.ActorID, &j.SourceAdapter, &j.RequestID, &j.Retries, &j.ReservedTokens)
}

const (
	selectJob = `SELECT ` + jobColumns + ` FROM observation_generation_jobs WHERE `
	updateJob = `UPDATE observation_generation_jobs SET `
)

func (r reads) Job(ctx context.Context, s memory.Scope, id string) (memory.Job, error) {
	return one(ctx, r.q, "job", readJob, sql(selectJob).within(s, "").and("id = ?", id))
}

func (r reads) JobByID(ctx context.Context, id string) (memory.Job, error) {
	return one(ctx, r.q, "job", readJob, sql(selectJob+`id = ?`, id))
}

func (r reads) JobOfSource(ctx context.Context, s memory.Scope, k memory.Kind, sourceID string) (memory.Job, error) {
	return one(ctx, r.q, "job", readJob, sql(selectJob).within(s, "").and("source_id = ?", sourceID).
		and("source_type = ?", k.SourceType()).and("job_type = ?", k.JobType()).
		add(` ORDER BY revision DESC, created_at DESC, id DESC LIMIT 1`))
}

func (r reads) Jobs(ctx context.Context, s memory.Scope, f storage.JobFilter, p storage.Page) ([]memory.Job, int64, error) {
	filter := func(q *query) *query {
		q.in(s, "")
		if f.Status != "" {
			q.and("status = ?", string(f.Status))
		}
		if f.SourceType != "" {
			q.and("source_type = ?", f.SourceType)
		}
		if f.Since != 0 {
			q.and("created_at >= ?", f.Since)
		}
		return q
	}
	total, err := one(ctx, r.q, "job", value[int64], filter(sql(`SELECT COUNT(*) FROM observation_generation_jobs WHERE `)))
	if err != nil {
		return nil, 0, err
	}
	jobs, err := all(ctx, r.q, readJob, filter(sql(selectJob)).add(` ORDER BY created_at DESC, id DESC`).page(p))
	return jobs, total, err
}

func (t *tx) CancelJob(ctx context.Context, s memory.Scope, id string, at memory.Epoch) (memory.Job, error) {
	_, err := t.exec(ctx, sql(updateJob+`status = 'cancelled', cancelled_at = ?, updated_at = ?,
		next_attempt_at = NULL, locked_by = NULL, locked_until = NULL WHERE `, at, at).
		within(s, "").and("id = ?", id).and("status IN ('queued', 'processing', 'failed')"))
	if err != nil {
		return memory.Job{}, err
	}
	return t.Job(ctx, s, id)
}

func (t *tx) RequeueJob(ctx context.Context, s memory.Scope, id string, at memory.Epoch) (memory.Job, error) {
	n, err := t.exec(ctx, sql(updateJob+`status = 'queued', attempts = 0, retries = retries + 1, announced_at = ?,
		next_attempt_at = NULL, failed_at = NULL, cancelled_at = NULL, updated_at = ? WHERE `, at, at).
		within(s, "").and("id = ?", id).and("status IN ('failed', 'cancelled')"))
	if err != nil {
		return memory.Job{}, err
	}
	j, err := t.Job(ctx, s, id)
	if err == nil && n == 0 {
		err = memory.Errorf(memory.CodeConflict, "the job is %s: only a failed or cancelled one can be queued again", j.Status)
	}
	return j, err
}

func (t *tx) DeferJob(ctx context.Context, j memory.Job, until memory.Epoch, why memory.Opt) error {
	return t.later(ctx, sql(updateJob+`next_attempt_at = ?, last_error = ? WHERE `, until, text(why)).
		within(j.Scope(), "").and("id = ?", j.ID).and("status = 'queued'"))
}

func (t *tx) ResumeJobs(ctx context.Context, projectID string, now memory.Epoch, reasons ...string) (int64, error) {
	q := sql(updateJob+`next_attempt_at = ? WHERE status = 'queued'`, now).and("next_attempt_at > ?", now).
		and("EXISTS (SELECT FROM unnest(?::text[]) begins WHERE starts_with(last_error, begins))", reasons)
	if projectID != "" {
		q.and("project_id IS NOT DISTINCT FROM ?", projectID)
	}
	return t.exec(ctx, q)
}

func (t *tx) RefreshSummaryJob(ctx context.Context, j memory.Job, revision int64, queueID string) (memory.Job, error) {
	return t.update(ctx, "the summary is not waiting any more",
		sql(updateJob+`revision = ?, queue_id = ? WHERE `, revision, queueID).within(j.Scope(), "").
			and("id = ?", j.ID).and("status = 'queued'").and("revision <= ?", revision))
}

// update sends a statement that changes one job, and returns that; if it changes
// none it fails with ErrConflict for the reason given.
func (t *tx) update(ctx context.Context, otherwise string, q *query) (memory.Job, error) {
	jobs, err := all(ctx, t.q, readJob, q.add(` RETURNING `+jobColumns))
	if err != nil {
		return memory.Job{}, err
	}
	if len(jobs) == 0 {
		return memory.Job{}, memory.Errorf(memory.CodeConflict, "%s", otherwise)
	}
	return jobs[0], nil
}
