package postgres

import (
	"context"

	"claude-mem/memory"
)

func (t *tx) Supersede(ctx context.Context, s memory.Scope, by string, ids []string) error {
	n, err := t.exec(ctx, sql(`UPDATE observations SET superseded_by = ? WHERE `, text(memory.Opt(by))).within(s, "").
		and("id = ANY(?)", ids).and("id <> ?", by))
	if err == nil && n != int64(len(ids)) {
		err = memory.Errorf(memory.CodeNotFound, "no such observation")
	}
	return err
}

func (t *tx) SupersedeSummaries(ctx context.Context, s memory.Scope, sessionID string) error {
	// Two summaries that are written at a time do not see each other. Whoever comes
	// second waits here until the first is committed, and then does.
	err := t.later(ctx, sql(`SELECT id FROM server_sessions WHERE `).within(s, "").and("id = ?", sessionID).
		add(` FOR NO KEY UPDATE`))
	if err != nil {
		return err
	}
	const summaries = "session_id = ? AND kind = '" + memory.KindSummaryObservation + "'"
	_, err = t.exec(ctx, sql(`WITH newest AS (SELECT id FROM observations WHERE `).within(s, "").and(summaries, sessionID).
		add(` ORDER BY COALESCE((SELECT j.revision FROM observation_generation_jobs j WHERE j.id = created_by_job), 0) DESC,
			number DESC LIMIT 1)
		UPDATE observations AS o SET superseded_by = NULLIF(newest.id, o.id) FROM newest WHERE `).within(s, "o.").
		and("o."+summaries, sessionID).and("o.superseded_by IS DISTINCT FROM NULLIF(newest.id, o.id)"))
	return err
}
