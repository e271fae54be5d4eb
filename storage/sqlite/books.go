package sqlite

import (
	"context"
	"slices"

	"claude-mem/memory"
)

func (r reads) Books(ctx context.Context, s memory.Scope) (memory.Books, error) {
	w := inTeam(s)
	var args []any
	for range 3 {
		args = append(args, w.args...)
	}
	return one(ctx, r.q, "account", func(sc scanner) (b memory.Books, err error) {
		return b, sc.Scan(&b.EventsAsked, &b.SummaryAsked, &b.Written, &b.Skipped, &b.Queued,
			&b.Processing, &b.Failed, &b.Cancelled, &b.Observations)
	}, `SELECT
		(SELECT COUNT(*) FROM agent_events WHERE generate = 1 AND `+w.String()+`),
		COUNT(*) FILTER (WHERE kind = 'summary'),
		COUNT(*) FILTER (WHERE status = 'completed' AND result = 'observations'),
		COUNT(*) FILTER (WHERE status = 'completed' AND result LIKE 'skipped%'),
		COUNT(*) FILTER (WHERE status = 'queued'),
		COUNT(*) FILTER (WHERE status = 'processing'),
		COUNT(*) FILTER (WHERE status = 'failed'),
		COUNT(*) FILTER (WHERE status = 'cancelled'),
		(SELECT COUNT(*) FROM observations WHERE `+w.String()+`)
		FROM observation_generation_jobs WHERE kind IN ('event', 'summary') AND `+w.String(), args...)
}

func (r reads) Counts(ctx context.Context, s memory.Scope) (memory.Counts, error) {
	projects, rows := inProject(s), inTeam(s)
	args := slices.Concat(projects.args, rows.args, rows.args)
	return one(ctx, r.q, "count", func(sc scanner) (c memory.Counts, err error) {
		return c, sc.Scan(&c.Projects, &c.Sessions, &c.Events)
	}, `SELECT
		(SELECT COUNT(*) FROM projects WHERE `+projects.String()+`),
		(SELECT COUNT(*) FROM server_sessions WHERE `+rows.String()+`),
		(SELECT COUNT(*) FROM agent_events WHERE `+rows.String()+`)`, args...)
}

func (r reads) LaneStats(ctx context.Context, now memory.Epoch) ([]memory.LaneStats, error) {
	kinds, err := all(ctx, r.q, func(s scanner) (k kindStats, err error) {
		return k, s.Scan(&k.kind, &k.Queued, &k.Delayed, &k.Processing, &k.Completed, &k.Failed, &k.Stalled,
			&k.OldestQueued, &k.LastSuccess)
	}, `SELECT kind,
		COUNT(*) FILTER (WHERE status = 'queued' AND COALESCE(next_attempt_at, 0) <= ?1),
		COUNT(*) FILTER (WHERE status = 'queued' AND next_attempt_at > ?1),
		COUNT(*) FILTER (WHERE status = 'processing'),
		COUNT(*) FILTER (WHERE status = 'completed'),
		COUNT(*) FILTER (WHERE status = 'failed'),
		COUNT(*) FILTER (WHERE status = 'processing' AND locked_until <= ?1),
		COALESCE(MIN(COALESCE(next_attempt_at, updated_at))
			FILTER (WHERE status = 'queued' AND COALESCE(next_attempt_at, 0) <= ?1), 0),
		COALESCE(MAX(updated_at) FILTER (WHERE status = 'completed'), 0)
		FROM observation_generation_jobs INDEXED BY jobs_state GROUP BY kind`, now)
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

// kindStats is how the jobs of one kind stand; a lane has several kinds.
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
