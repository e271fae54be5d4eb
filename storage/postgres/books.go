package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
)

func (r reads) Books(ctx context.Context, s memory.Scope) (memory.Books, error) {
	// An event of a batch stands where its batch does, and once that is completed where
	// its own result says; one without a result stands nowhere, and the books do not close.
	q := sql(`WITH asked (kind, status, skipped) AS (
			SELECT kind, status, skipped FROM observation_generation_jobs WHERE kind IN ('event', 'summary') AND `).inTeam(s).
		add(` UNION ALL
			SELECT j.kind, j.status, b.result LIKE 'skipped%' FROM batch_events b
			JOIN observation_generation_jobs j ON j.id = b.job_id WHERE b.team_id = ?`, s.TeamID)
	if s.ProjectID != "" {
		q.and("b.project_id = ?", s.ProjectID)
	}
	q.add(`) SELECT (SELECT COUNT(*) FROM agent_events WHERE generate AND `).inTeam(s).
		add(`), COUNT(*) FILTER (WHERE kind = 'summary'),
		COUNT(*) FILTER (WHERE status = 'completed' AND NOT skipped),
		COUNT(*) FILTER (WHERE status = 'completed' AND skipped),
		COUNT(*) FILTER (WHERE status = 'queued'),
		COUNT(*) FILTER (WHERE status = 'processing'),
		COUNT(*) FILTER (WHERE status = 'failed'),
		COUNT(*) FILTER (WHERE status = 'cancelled'),
		(SELECT COUNT(*) FROM observations WHERE `).inIndex(s).
		add(`) FROM asked`)
	return one(ctx, r.q, "account", func(r pgx.Rows) (b memory.Books, err error) {
		return b, r.Scan(&b.EventsAsked, &b.SummaryAsked, &b.Written, &b.Skipped, &b.Queued,
			&b.Processing, &b.Failed, &b.Cancelled, &b.Observations)
	}, q)
}

func (r reads) Counts(ctx context.Context, s memory.Scope) (memory.Counts, error) {
	q := sql(`SELECT (SELECT COUNT(*) FROM projects WHERE `).inProject(s).
		add(`), (SELECT COUNT(*) FROM server_sessions WHERE `).inIndex(s).
		add(`), (SELECT COUNT(*) FROM agent_events WHERE `).inTeam(s).add(`)`)
	return one(ctx, r.q, "count", func(r pgx.Rows) (c memory.Counts, err error) {
		return c, r.Scan(&c.Projects, &c.Sessions, &c.Events)
	}, q)
}

// laneStats looks at open jobs one by one, for there are few, but only counts those
// that are done, each sum on an index of its own.
const laneStats = `WITH open AS (
	SELECT kind, status, next_attempt_at, locked_until, updated_at
	FROM observation_generation_jobs WHERE status = 'queued' AND next_attempt_at IS NULL
	UNION ALL
	SELECT kind, status, next_attempt_at, locked_until, updated_at
	FROM observation_generation_jobs WHERE status = 'queued' AND next_attempt_at IS NOT NULL
	UNION ALL
	SELECT kind, status, next_attempt_at, locked_until, updated_at
	FROM observation_generation_jobs WHERE status = 'processing'),
now (at) AS (VALUES (?::bigint))
SELECT kind,
	COUNT(*) FILTER (WHERE status = 'queued' AND COALESCE(next_attempt_at, 0) <= at),
	COUNT(*) FILTER (WHERE status = 'queued' AND next_attempt_at > at),
	COUNT(*) FILTER (WHERE status = 'processing'),
	0::bigint, 0::bigint,
	COUNT(*) FILTER (WHERE status = 'processing' AND locked_until <= at),
	COALESCE(MIN(COALESCE(next_attempt_at, updated_at))
		FILTER (WHERE status = 'queued' AND COALESCE(next_attempt_at, 0) <= at), 0),
	0::bigint
FROM open, now GROUP BY kind
UNION ALL
SELECT kind, 0, 0, 0, COUNT(*), 0, 0, 0, MAX(updated_at)
FROM observation_generation_jobs WHERE status = 'completed' GROUP BY kind
UNION ALL
SELECT kind, 0, 0, 0, 0, COUNT(*), 0, 0, 0
FROM observation_generation_jobs WHERE status = 'failed' GROUP BY kind`

func (r reads) LaneStats(ctx context.Context, now memory.Epoch) ([]memory.LaneStats, error) {
	kinds, err := all(ctx, r.q, func(r pgx.Rows) (k kindStats, err error) {
		return k, r.Scan(&k.kind, &k.Queued, &k.Delayed, &k.Processing, &k.Completed, &k.Failed, &k.Stalled,
			&k.OldestQueued, &k.LastSuccess)
	}, sql(laneStats, now))
	if err != nil {
		return nil, err
	}
	lanes := memory.Lanes()
	out := make([]memory.LaneStats, len(lanes))
	for i, lane := range lanes {
		out[i].Lane = lane
		for _, k := range kinds {
			if k.kind.Lane() == lane {
				k.addTo(&out[i])
			}
		}
	}
	return out, nil
}

// kindStats is how some of the jobs of one kind stand; a lane has several kinds.
type kindStats struct {
	kind memory.Kind
	memory.LaneStats
}

func (k kindStats) addTo(l *memory.LaneStats) {
	l.Queued += k.Queued
	l.Delayed += k.Delayed
	l.Processing += k.Processing
	l.Completed += k.Completed
	l.Failed += k.Failed
	l.Stalled += k.Stalled
	if l.OldestQueued == 0 || k.OldestQueued != 0 && k.OldestQueued < l.OldestQueued {
		l.OldestQueued = k.OldestQueued
	}
	l.LastSuccess = max(l.LastSuccess, k.LastSuccess)
}
