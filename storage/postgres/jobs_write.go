package postgres

import (
	"context"
	"strings"

	"claude-mem/memory"
)

// jobTable: a job begins as announced, because whoever stores one enqueues its
// message in the same transaction, or gave it a time when it falls due.
var jobTable = table[memory.Job]{
	name: "observation_generation_jobs", unique: "source_id, project_id, source_type, job_type, revision",
	columns: []column[memory.Job]{
		{"id", "text", func(j *memory.Job) any { return j.ID }},
		{"team_id", "text", func(j *memory.Job) any { return j.TeamID }},
		{"project_id", "text", func(j *memory.Job) any { return j.ProjectID }},
		{"source_type", "text", func(j *memory.Job) any { return j.SourceType }},
		{"source_id", "text", func(j *memory.Job) any { return j.SourceID }},
		{"event_id", "text", func(j *memory.Job) any { return text(j.EventID) }},
		{"session_id", "text", func(j *memory.Job) any { return text(j.SessionID) }},
		{"kind", "text", func(j *memory.Job) any { return string(j.Kind) }},
		{"job_type", "text", func(j *memory.Job) any { return j.JobType }},
		{"revision", "bigint", func(j *memory.Job) any { return j.Revision }},
		{"status", "text", func(j *memory.Job) any { return string(j.Status) }},
		{"queue_id", "text", func(j *memory.Job) any { return j.QueueID }},
		{"attempts", "bigint", func(j *memory.Job) any { return int64(j.Attempts) }},
		{"max_attempts", "bigint", func(j *memory.Job) any { return int64(j.MaxAttempts) }},
		{"next_attempt_at", "bigint", func(j *memory.Job) any { return epoch(j.NextAttemptAt) }},
		{"announced_at", "bigint", func(j *memory.Job) any { return int64(j.CreatedAt) }},
		{"locked_by", "text", func(j *memory.Job) any { return text(j.LockedBy) }},
		{"locked_until", "bigint", func(j *memory.Job) any { return epoch(j.LockedUntil) }},
		{"result", "text", func(j *memory.Job) any { return text(j.Result) }},
		{"skipped", "boolean", func(j *memory.Job) any { return skipped(j.Result) }},
		{"last_error", "text", func(j *memory.Job) any { return text(j.LastError) }},
		{"api_key_id", "text", func(j *memory.Job) any { return text(j.APIKeyID) }},
		{"actor_id", "text", func(j *memory.Job) any { return text(j.ActorID) }},
		{"source_adapter", "text", func(j *memory.Job) any { return j.SourceAdapter }},
		{"request_id", "text", func(j *memory.Job) any { return text(j.RequestID) }},
		{"completed_at", "bigint", func(j *memory.Job) any { return epoch(j.CompletedAt) }},
		{"failed_at", "bigint", func(j *memory.Job) any { return epoch(j.FailedAt) }},
		{"cancelled_at", "bigint", func(j *memory.Job) any { return epoch(j.CancelledAt) }},
		{"created_at", "bigint", func(j *memory.Job) any { return int64(j.CreatedAt) }},
		{"updated_at", "bigint", func(j *memory.Job) any { return int64(j.UpdatedAt) }},
		{"retries", "bigint", func(j *memory.Job) any { return int64(j.Retries) }},
	},
}

// skipped tells how the books count a job with the result, if it completed.
func skipped(result memory.Opt) bool { return strings.HasPrefix(string(result), "skipped") }

// PutJob stores the job of an event that is new with the statement that follows:
// nobody else knows of the event yet, so nobody can have stored its job.
func (t *tx) PutJob(ctx context.Context, j memory.Job) (memory.Job, bool, error) {
	if t.newEvents[j.SourceID] && j.SourceType == memory.KindEvent.SourceType() {
		delete(t.newEvents, j.SourceID) // a second one has to look
		t.jobs = append(t.jobs, j)
		return j, true, t.failure()
	}
	n, err := t.exec(ctx, jobTable.insert(j))
	if err != nil {
		return memory.Job{}, false, err
	}
	if n == 1 {
		return j, true, nil
	}
	old, err := one(ctx, t.q, "job", readJob, sql(selectJob).within(j.Scope(), "").and("source_id = ?", j.SourceID).
		and("source_type = ?", j.SourceType).and("job_type = ?", j.JobType).and("revision = ?", j.Revision))
	return old, false, err
}
