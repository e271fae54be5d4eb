package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
	"claude-mem/storage"
)

func (r reads) BatchOfEvent(ctx context.Context, s memory.Scope, eventID string) (memory.Job, error) {
	return one(ctx, r.q, "job", readJob, sql(selectJob).within(s, "").
		and("id = (SELECT job_id FROM batch_events WHERE event_id = ?)", eventID))
}

func (r reads) BatchEvents(ctx context.Context, s memory.Scope, jobID string) ([]memory.Event, error) {
	return all(ctx, r.q, readEvent, sql(`SELECT `+eventColumns+` FROM agent_events WHERE `).within(s, "").
		and("id = ANY (ARRAY(SELECT event_id FROM batch_events WHERE job_id = ?))", jobID).
		add(` ORDER BY occurred_at, id`).page(storage.Page{}))
}

// JoinBatch holds the job's row until the end of the transaction, so that whoever
// would lease it waits, and finds it put off.
func (t *tx) JoinBatch(ctx context.Context, j memory.Job, e memory.Event, l storage.BatchLimits, due memory.Epoch) (memory.Job, error) {
	j, err := t.update(ctx, "nobody may join the batch any more",
		sql(updateJob+`next_attempt_at = CASE WHEN next_attempt_at < ?::bigint THEN ?::bigint ELSE next_attempt_at END, updated_at = ? WHERE `,
			due, due, e.CreatedAt).within(j.Scope(), "").
			and("id = ?", j.ID).and("status = 'queued' AND attempts = 0").
			and("(SELECT COUNT(*) FROM batch_events WHERE job_id = id) < ?", l.Events).
			and("(SELECT COALESCE(SUM(bytes), 0) FROM batch_events WHERE job_id = id) < ?", l.Bytes))
	if err != nil {
		return memory.Job{}, err
	}
	return j, t.later(ctx, sql(`INSERT INTO batch_events (job_id, event_id, team_id, project_id, bytes) VALUES (?, ?, ?, ?, ?)`,
		j.ID, e.ID, j.TeamID, j.ProjectID, len(e.Payload)))
}

func (t *tx) BatchSize(ctx context.Context, j memory.Job) (events int, bytes int64, err error) {
	type size struct {
		events int
		bytes  int64
	}
	n, err := one(ctx, t.q, "batch", func(r pgx.Rows) (n size, err error) { return n, r.Scan(&n.events, &n.bytes) },
		sql(`SELECT COUNT(*), COALESCE(SUM(bytes), 0)::bigint FROM batch_events WHERE `).within(j.Scope(), "").and("job_id = ?", j.ID))
	return n.events, n.bytes, err
}

func (t *tx) SetBatchResults(ctx context.Context, j memory.Job, results ...storage.BatchResult) error {
	for _, r := range results {
		err := t.later(ctx, sql(`UPDATE batch_events SET result = ? WHERE `, text(r.Result)).within(j.Scope(), "").
			and("job_id = ?", j.ID).and("event_id = ?", r.EventID))
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) PostponeJob(ctx context.Context, j memory.Job, due memory.Epoch) error {
	return t.later(ctx, sql(updateJob+`next_attempt_at = ? WHERE `, due).within(j.Scope(), "").
		and("id = ?", j.ID).and("status = 'queued' AND attempts = 0").and("next_attempt_at < ?", due))
}

func (t *tx) WakeJobs(ctx context.Context, s memory.Scope, sourceID string, now memory.Epoch) ([]memory.Job, error) {
	jobs, err := all(ctx, t.q, readJob, sql(updateJob+`next_attempt_at = NULL, announced_at = ?, updated_at = ? WHERE `, now, now).
		within(s, "").and("source_id = ?", sourceID).and("status = 'queued' AND attempts = 0").
		and("COALESCE(next_attempt_at, 0) > 0").add(` RETURNING `+jobColumns))
	sortOldestFirst(jobs)
	return jobs, err
}
