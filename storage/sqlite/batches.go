package sqlite

import (
	"context"

	"claude-mem/memory"
	"claude-mem/storage"
)

// BatchOfEvent implements storage.BatchReader.
func (r reads) BatchOfEvent(ctx context.Context, s memory.Scope, eventID string) (memory.Job, error) {
	w := within(s).and("id = (SELECT job_id FROM batch_events WHERE event_id = ?)", eventID)
	return one(ctx, r.q, "job", readJob, `SELECT `+jobColumns+` FROM observation_generation_jobs WHERE `+w.String(), w.args...)
}

// BatchEvents implements storage.BatchReader.
func (r reads) BatchEvents(ctx context.Context, s memory.Scope, jobID string) ([]memory.Event, error) {
	w := within(s).and("id IN (SELECT event_id FROM batch_events WHERE job_id = ?)", jobID)
	return all(ctx, r.q, readEvent, `SELECT `+eventColumns+` FROM agent_events WHERE `+w.String()+
		` ORDER BY occurred_at, id LIMIT ? OFFSET ?`, w.page(storage.Page{})...)
}

// JoinBatch implements storage.BatchWriter.
func (t *tx) JoinBatch(ctx context.Context, j memory.Job, e memory.Event, l storage.BatchLimits, due memory.Epoch) (memory.Job, error) {
	w := within(j.Scope()).and("id = ?", j.ID).and("status = 'queued'").and("attempts = 0").
		and("(SELECT COUNT(*) FROM batch_events WHERE job_id = id) < ?", l.Events).
		and("(SELECT COALESCE(SUM(bytes), 0) FROM batch_events WHERE job_id = id) < ?", l.Bytes)
	j, err := t.update(ctx, "nobody may join the batch any more", `next_attempt_at = MAX(next_attempt_at, ?), updated_at = ?`,
		w, due, e.CreatedAt)
	if err != nil {
		return memory.Job{}, err
	}
	_, err = t.exec(ctx, `INSERT INTO batch_events (job_id, event_id, team_id, project_id, bytes) VALUES (?, ?, ?, ?, ?)`,
		j.ID, e.ID, j.TeamID, j.ProjectID, len(e.Payload))
	return j, err
}

// BatchSize implements storage.BatchWriter.
func (t *tx) BatchSize(ctx context.Context, j memory.Job) (events int, bytes int64, err error) {
	type size struct {
		events int
		bytes  int64
	}
	w := within(j.Scope()).and("job_id = ?", j.ID)
	n, err := one(ctx, t.q, "batch", func(s scanner) (n size, err error) { return n, s.Scan(&n.events, &n.bytes) },
		`SELECT COUNT(*), COALESCE(SUM(bytes), 0) FROM batch_events WHERE `+w.String(), w.args...)
	return n.events, n.bytes, err
}

// SetBatchResults implements storage.BatchWriter.
func (t *tx) SetBatchResults(ctx context.Context, j memory.Job, results ...storage.BatchResult) error {
	for _, r := range results {
		w := within(j.Scope()).and("job_id = ?", j.ID).and("event_id = ?", r.EventID)
		if _, err := t.exec(ctx, `UPDATE batch_events SET result = ? WHERE `+w.String(), append([]any{text(r.Result)}, w.args...)...); err != nil {
			return err
		}
	}
	return nil
}

// PostponeJob implements storage.BatchWriter.
func (t *tx) PostponeJob(ctx context.Context, j memory.Job, due memory.Epoch) error {
	w := within(j.Scope()).and("id = ?", j.ID).and("status = 'queued'").and("attempts = 0").and("next_attempt_at < ?", due)
	_, err := t.exec(ctx, `UPDATE observation_generation_jobs SET next_attempt_at = ? WHERE `+w.String(), append([]any{due}, w.args...)...)
	return err
}

// WakeJobs implements storage.BatchWriter.
func (t *tx) WakeJobs(ctx context.Context, s memory.Scope, sourceID string, now memory.Epoch) ([]memory.Job, error) {
	w := within(s).and("source_id = ?", sourceID).and("status = 'queued'").and("attempts = 0").and("+next_attempt_at IS NOT NULL")
	jobs, err := all(ctx, t.q, readJob, `UPDATE observation_generation_jobs SET next_attempt_at = NULL, announced_at = ?, updated_at = ?
		WHERE `+w.String()+` RETURNING `+jobColumns, append([]any{now, now}, w.args...)...)
	sortOldestFirst(jobs)
	return jobs, err
}
