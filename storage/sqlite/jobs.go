package sqlite

import (
	"context"

	"claude-mem/memory"
	"claude-mem/storage"
)

const jobColumns = `id, project_id, team_id, source_type, source_id, COALESCE(event_id, ''), COALESCE(session_id, ''),
	job_type, status, queue_id, attempts, max_attempts, COALESCE(next_attempt_at, 0), COALESCE(completed_at, 0),
	COALESCE(failed_at, 0), COALESCE(cancelled_at, 0), COALESCE(last_error, ''), created_at, updated_at, kind, revision,
	COALESCE(result, ''), COALESCE(locked_by, ''), COALESCE(locked_until, 0), COALESCE(api_key_id, ''),
	COALESCE(actor_id, ''), source_adapter, COALESCE(request_id, ''), retries, reserved_tokens`

func readJob(s scanner) (j memory.Job, err error) {
	return j, s.Scan(&j.ID, &j.ProjectID, &j.TeamID, &j.SourceType, &j.SourceID, &j.EventID, &j.SessionID,
		&j.JobType, &j.Status, &j.QueueID, &j.Attempts, &j.MaxAttempts, &j.NextAttemptAt, &j.CompletedAt,
		&j.FailedAt, &j.CancelledAt, &j.LastError, &j.CreatedAt, &j.UpdatedAt, &j.Kind, &j.Revision,
		&j.Result, &j.LockedBy, &j.LockedUntil, &j.APIKeyID, &j.ActorID, &j.SourceAdapter, &j.RequestID, &j.Retries, &j.ReservedTokens)
}

// Job implements storage.JobReader.
func (r reads) Job(ctx context.Context, s memory.Scope, id string) (memory.Job, error) {
	w := within(s).and("id = ?", id)
	return one(ctx, r.q, "job", readJob,
		`SELECT `+jobColumns+` FROM observation_generation_jobs WHERE `+w.String(), w.args...)
}

// JobByID implements storage.JobReader.
func (r reads) JobByID(ctx context.Context, id string) (memory.Job, error) {
	return one(ctx, r.q, "job", readJob, `SELECT `+jobColumns+` FROM observation_generation_jobs WHERE id = ?`, id)
}

// JobOfSource implements storage.JobReader.
func (r reads) JobOfSource(ctx context.Context, s memory.Scope, k memory.Kind, sourceID string) (memory.Job, error) {
	w := within(s).and("source_id = ?", sourceID).and("source_type = ?", k.SourceType()).and("job_type = ?", k.JobType())
	return one(ctx, r.q, "job", readJob, `SELECT `+jobColumns+` FROM observation_generation_jobs WHERE `+w.String()+
		` ORDER BY revision DESC, created_at DESC, id DESC LIMIT 1`, w.args...)
}

// fewJobs is up to how many matches a list of jobs is sorted rather than read in
// order, which would pass over all the jobs that do not match.
const fewJobs = 1000

// Jobs implements storage.JobReader.
func (r reads) Jobs(ctx context.Context, s memory.Scope, f storage.JobFilter, p storage.Page) ([]memory.Job, int64, error) {
	total, err := r.countJobs(ctx, s, f)
	if err != nil || total == 0 {
		return nil, 0, err
	}
	w, index, free := in(s), "", "+"
	if f.Status != "" && total <= fewJobs {
		w, index, free = within(s).and("kind IN ('event', 'event-batch', 'summary', 'reindex')"), "jobs_state", ""
	}
	if f.Since != 0 {
		w.and("created_at >= ?", f.Since)
	}
	jobs, err := all(ctx, r.q, readJob, `SELECT `+jobColumns+` FROM `+jobsBy(index)+` WHERE `+w.jobs(f, free).String()+
		` ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?`, w.page(p)...)
	return jobs, total, err
}

// countJobs counts along an index that holds all that is asked for, but no times.
func (r reads) countJobs(ctx context.Context, s memory.Scope, f storage.JobFilter) (int64, error) {
	w, index, free := inTeam(s), "jobs_books", ""
	if f.Since != 0 {
		w, index, free = in(s).and("created_at >= ?", f.Since), "jobs_list", "+"
		if s.ProjectID != "" {
			index = "jobs_project_list"
		}
	}
	w.jobs(f, free)
	return one(ctx, r.q, "count", number, `SELECT COUNT(*) FROM `+jobsBy(index)+` WHERE `+w.String(), w.args...)
}

// jobsBy is the table of jobs, read along an index unless that is empty.
func jobsBy(index string) string {
	if index == "" {
		return "observation_generation_jobs"
	}
	return "observation_generation_jobs INDEXED BY " + index
}

// jobs adds what f asks for by status and source. A source type stands for a kind,
// which is what the indexes hold. free is a plus where no index by these is wanted.
func (w *where) jobs(f storage.JobFilter, free string) *where {
	if f.Status != "" {
		w.and(free+"status = ?", f.Status)
	}
	if f.SourceType != "" {
		w.and(free+"kind = ?", kindOf(f.SourceType))
	}
	return w
}

// kindOf is the kind of job that has such sources; of none it is empty.
func kindOf(sourceType string) memory.Kind {
	for _, k := range []memory.Kind{memory.KindEvent, memory.KindBatch, memory.KindSummary, memory.KindReindex} {
		if k.SourceType() == sourceType {
			return k
		}
	}
	return ""
}

// insertJob begins as announced: whoever stores a job enqueues its message in the
// same transaction, or gave it a time when it falls due.
const insertJob = `INSERT INTO observation_generation_jobs (id, team_id, project_id, source_type, source_id, event_id,
	session_id, kind, job_type, revision, status, queue_id, attempts, max_attempts, next_attempt_at, announced_at,
	locked_by, locked_until, result, last_error, api_key_id, actor_id, source_adapter, request_id,
	completed_at, failed_at, cancelled_at, created_at, updated_at, retries)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (source_id, project_id, source_type, job_type, revision) DO NOTHING`

// PutJob implements storage.JobWriter.
func (t *tx) PutJob(ctx context.Context, j memory.Job) (memory.Job, bool, error) {
	n, err := t.exec(ctx, insertJob, j.ID, j.TeamID, j.ProjectID, j.SourceType, j.SourceID, text(j.EventID),
		text(j.SessionID), j.Kind, j.JobType, j.Revision, j.Status, j.QueueID, j.Attempts, j.MaxAttempts,
		epoch(j.NextAttemptAt), j.CreatedAt, text(j.LockedBy), epoch(j.LockedUntil), text(j.Result), text(j.LastError),
		text(j.APIKeyID), text(j.ActorID), j.SourceAdapter, text(j.RequestID),
		epoch(j.CompletedAt), epoch(j.FailedAt), epoch(j.CancelledAt), j.CreatedAt, j.UpdatedAt, j.Retries)
	if err != nil {
		return memory.Job{}, false, err
	}
	if n == 1 {
		return j, true, nil
	}
	w := within(j.Scope()).and("source_id = ?", j.SourceID).and("source_type = ?", j.SourceType).
		and("job_type = ?", j.JobType).and("revision = ?", j.Revision)
	old, err := one(ctx, t.q, "job", readJob, `SELECT `+jobColumns+` FROM observation_generation_jobs WHERE `+w.String(), w.args...)
	return old, false, err
}

// CancelJob implements storage.JobWriter. It takes the lease away with the status,
// so that a worker who is about to finish finds neither.
func (t *tx) CancelJob(ctx context.Context, s memory.Scope, id string, at memory.Epoch) (memory.Job, error) {
	w := within(s).and("id = ?", id).and("status IN ('queued', 'processing', 'failed')")
	_, err := t.exec(ctx, `UPDATE observation_generation_jobs SET status = 'cancelled', cancelled_at = ?, updated_at = ?,
		next_attempt_at = NULL, locked_by = NULL, locked_until = NULL WHERE `+w.String(), append([]any{at, at}, w.args...)...)
	if err != nil {
		return memory.Job{}, err
	}
	return t.Job(ctx, s, id)
}

// RequeueJob implements storage.JobWriter. The last error stays until the next
// attempt ends: it is why somebody asked for another.
func (t *tx) RequeueJob(ctx context.Context, s memory.Scope, id string, at memory.Epoch) (memory.Job, error) {
	w := within(s).and("id = ?", id).and("status IN ('failed', 'cancelled')")
	n, err := t.exec(ctx, `UPDATE observation_generation_jobs SET status = 'queued', attempts = 0, retries = retries + 1, announced_at = ?,
		next_attempt_at = NULL, failed_at = NULL, cancelled_at = NULL, updated_at = ? WHERE `+w.String(),
		append([]any{at, at}, w.args...)...)
	if err != nil {
		return memory.Job{}, err
	}
	j, err := t.Job(ctx, s, id)
	if err == nil && n == 0 {
		err = memory.Errorf(memory.CodeConflict, "the job is %s: only a failed or cancelled one can be queued again", j.Status)
	}
	return j, err
}

// DeferJob implements storage.JobWriter.
func (t *tx) DeferJob(ctx context.Context, j memory.Job, until memory.Epoch, why memory.Opt) error {
	w := within(j.Scope()).and("id = ?", j.ID).and("status = 'queued'")
	_, err := t.exec(ctx, `UPDATE observation_generation_jobs SET next_attempt_at = ?, last_error = ? WHERE `+w.String(),
		append([]any{until, text(why)}, w.args...)...)
	return err
}

// ResumeJobs implements storage.JobWriter.
func (t *tx) ResumeJobs(ctx context.Context, projectID string, now memory.Epoch, reasons ...string) (int64, error) {
	w := (&where{}).and("status = 'queued'").and("next_attempt_at > ?", now).
		and("EXISTS (SELECT 1 FROM json_each(?) WHERE substr(last_error, 1, length(value)) = value)", jsonList(reasons))
	if projectID != "" {
		w.and("+project_id = ?", projectID)
	}
	return t.exec(ctx, `UPDATE observation_generation_jobs SET next_attempt_at = ? WHERE `+w.String(), append([]any{now}, w.args...)...)
}

// RefreshSummaryJob implements storage.JobWriter.
func (t *tx) RefreshSummaryJob(ctx context.Context, j memory.Job, revision int64, queueID string) (memory.Job, error) {
	w := within(j.Scope()).and("id = ?", j.ID).and("status = 'queued'").and("revision <= ?", revision)
	return t.update(ctx, "the summary is not waiting any more", `revision = ?, queue_id = ?`, w, revision, queueID)
}

// update changes the one job that meets the condition, or else fails with
// ErrConflict for the reason given.
func (t *tx) update(ctx context.Context, otherwise, set string, w *where, values ...any) (memory.Job, error) {
	jobs, err := all(ctx, t.q, readJob, `UPDATE observation_generation_jobs SET `+set+` WHERE `+w.String()+
		` RETURNING `+jobColumns, append(values, w.args...)...)
	if err != nil {
		return memory.Job{}, err
	}
	if len(jobs) == 0 {
		return memory.Job{}, memory.Errorf(memory.CodeConflict, "%s", otherwise)
	}
	return jobs[0], nil
}
