package sqlite

import (
	"context"
	"strings"

	"claude-mem/memory"
)

// account is one count of the books: of events asked for, of observations, of the
// jobs that stand alike, or of the events in batches that do.
type account struct {
	of     string
	kind   memory.Kind
	status memory.JobStatus
	result string
	n      int64
}

// Books counts the rows themselves, along indexes that hold all it asks for: an
// account that was kept on the side could agree with itself and be wrong.
func (r reads) Books(ctx context.Context, s memory.Scope) (b memory.Books, err error) {
	// One statement sees one state of the database: an event never shows before its job.
	jobs, observations := inTeam(s), in(s)
	args := append(append(append(append([]any(nil), jobs.args...), jobs.args...), jobs.args...), observations.args...)
	counts, err := all(ctx, r.q, func(sc scanner) (c account, err error) {
		return c, sc.Scan(&c.of, &c.kind, &c.status, &c.result, &c.n)
	}, `SELECT 'jobs', kind, status, COALESCE(result, ''), COUNT(*) FROM observation_generation_jobs INDEXED BY jobs_books
			WHERE `+jobs.String()+` GROUP BY team_id, project_id, kind, status, result
		UNION ALL
		SELECT 'batched', kind, status, CASE status WHEN 'completed' THEN COALESCE(b.result, '') ELSE '' END, SUM(n)
			FROM (SELECT job_id, result, COUNT(*) AS n FROM batch_events INDEXED BY batch_events_books
				WHERE `+jobs.String()+` GROUP BY team_id, project_id, job_id, result) b
			CROSS JOIN observation_generation_jobs j ON j.id = b.job_id GROUP BY kind, status, 4
		UNION ALL
		SELECT 'asked', '', '', '', COUNT(*) FROM agent_events INDEXED BY agent_events_asked
			WHERE generate = 1 AND `+jobs.String()+`
		UNION ALL
		SELECT 'observations', '', '', '', COUNT(*) FROM observations WHERE `+observations.String(), args...)
	if err != nil {
		return b, err
	}
	for _, c := range counts {
		switch {
		case c.of == "asked":
			b.EventsAsked = c.n
		case c.of == "observations":
			b.Observations = c.n
		case c.of == "batched" || c.kind == memory.KindEvent || c.kind == memory.KindSummary:
			c.addTo(&b)
		}
	}
	return b, nil
}

// Counts implements storage.TenantReader.
func (r reads) Counts(ctx context.Context, s memory.Scope) (memory.Counts, error) {
	projects, rows := inProject(s), inTeam(s)
	sessions := in(s)
	args := append(append(projects.args, sessions.args...), rows.args...)
	return one(ctx, r.q, "count", func(sc scanner) (c memory.Counts, err error) {
		return c, sc.Scan(&c.Projects, &c.Sessions, &c.Events)
	}, `SELECT (SELECT COUNT(*) FROM projects WHERE `+projects.String()+`),
		(SELECT COUNT(*) FROM server_sessions WHERE `+sessions.String()+`),
		(SELECT COUNT(*) FROM agent_events INDEXED BY agent_events_asked WHERE `+rows.String()+`)`, args...)
}

func (c account) addTo(b *memory.Books) {
	if c.kind == memory.KindSummary {
		b.SummaryAsked += c.n
	}
	switch c.status {
	case memory.JobQueued:
		b.Queued += c.n
	case memory.JobProcessing:
		b.Processing += c.n
	case memory.JobFailed:
		b.Failed += c.n
	case memory.JobCancelled:
		b.Cancelled += c.n
	case memory.JobCompleted:
		// One without a known result stands nowhere, and the books do not close.
		switch {
		case c.result == "observations":
			b.Written += c.n
		case strings.HasPrefix(c.result, "skipped"):
			b.Skipped += c.n
		}
	}
}

// laneRow is how the jobs of one kind and status stand.
type laneRow struct {
	kind             memory.Kind
	status           memory.JobStatus
	n, later, lapsed int64        // all; those not due yet; those whose lease ran out
	oldest, newest   memory.Epoch // since when a due one has waited; the last change
}

// LaneStats implements storage.JobReader.
func (r reads) LaneStats(ctx context.Context, now memory.Epoch) ([]memory.LaneStats, error) {
	// What is done is by far the most and only counted; the rest is looked at.
	rows, err := all(ctx, r.q, func(s scanner) (l laneRow, err error) {
		return l, s.Scan(&l.kind, &l.status, &l.n, &l.later, &l.lapsed, &l.oldest, &l.newest)
	}, `SELECT kind, status, COUNT(*), 0, 0, 0, MAX(updated_at)
		FROM observation_generation_jobs INDEXED BY jobs_state
		WHERE kind IN ('event', 'event-batch', 'summary', 'reindex') AND status IN ('completed', 'failed')
		GROUP BY kind, status
		UNION ALL
		SELECT kind, status, COUNT(*),
			COUNT(*) FILTER (WHERE next_attempt_at > ?1),
			COUNT(*) FILTER (WHERE locked_until <= ?1),
			COALESCE(MIN(COALESCE(next_attempt_at, updated_at)) FILTER (WHERE COALESCE(next_attempt_at, 0) <= ?1), 0), 0
		FROM observation_generation_jobs INDEXED BY jobs_state
		WHERE kind IN ('event', 'event-batch', 'summary', 'reindex') AND status IN ('queued', 'processing')
		GROUP BY kind, status`, now)
	if err != nil {
		return nil, err
	}
	lanes := memory.Lanes()
	out := make([]memory.LaneStats, len(lanes))
	for i, lane := range lanes {
		out[i].Lane = lane
		for _, l := range rows {
			if l.kind.Lane() == lane {
				l.addTo(&out[i])
			}
		}
	}
	return out, nil
}

func (r laneRow) addTo(l *memory.LaneStats) {
	switch r.status {
	case memory.JobQueued:
		l.Queued += r.n - r.later
		l.Delayed += r.later
		if l.OldestQueued == 0 || r.oldest != 0 && r.oldest < l.OldestQueued {
			l.OldestQueued = r.oldest
		}
	case memory.JobProcessing:
		l.Processing += r.n
		l.Stalled += r.lapsed
	case memory.JobCompleted:
		l.Completed += r.n
		l.LastSuccess = max(l.LastSuccess, r.newest)
	case memory.JobFailed:
		l.Failed += r.n
	}
}
