package postgres

import (
	"context"
	"encoding/json"

	"claude-mem/internal/id"
	"claude-mem/internal/termlist"
	"claude-mem/memory"
)

func (t *tx) PutObservation(ctx context.Context, o memory.Observation, sources ...memory.Source) (memory.Observation, bool, error) {
	metadata, err := json.Marshal(o.Metadata)
	if err != nil {
		return memory.Observation{}, false, err
	}
	terms := termlist.Of(o)
	numbers, err := all(ctx, t.q, value[int64], sql(`INSERT INTO observations (id, team_id, project_id, session_id, agent_id, kind,
		generation_key, created_by_job, superseded_by, occurred_at, created_at, updated_at, content, metadata, thread, list, terms)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::text::tsvector)
		ON CONFLICT (generation_key, project_id) DO NOTHING RETURNING number`,
		o.ID, o.TeamID, o.ProjectID, text(o.SessionID), text(o.AgentID), o.Kind,
		text(o.GenerationKey), text(o.CreatedByJob), text(o.SupersededBy), o.OccurredAt, o.CreatedAt, o.UpdatedAt,
		o.Content, string(metadata), termlist.Thread(o), terms.Encode(), newVector(o, terms).String()))
	if err != nil {
		return memory.Observation{}, false, err
	}
	if len(numbers) == 0 {
		old, err := one(ctx, t.q, "observation", readObservation,
			sql(selectObservation).within(o.Scope(), "o.").and("o.generation_key = ?", string(o.GenerationKey)))
		return old, false, err
	}
	o.Number = numbers[0]
	return o, true, t.putSources(ctx, o, sources)
}

// putSources sends the rows with the next statement.
func (t *tx) putSources(ctx context.Context, o memory.Observation, sources []memory.Source) error {
	for _, s := range sources {
		if s.ID == "" {
			s.ID = id.New()
		}
		if s.CreatedAt == 0 {
			s.CreatedAt = o.CreatedAt
		}
		err := t.later(ctx, sql(`INSERT INTO observation_sources (id, team_id, project_id, observation_id, source_type,
			source_id, job_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			s.ID, o.TeamID, o.ProjectID, o.ID, s.SourceType, s.SourceID, text(s.JobID), s.CreatedAt))
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) UpdateObservation(ctx context.Context, o memory.Observation) (memory.Observation, error) {
	metadata, err := json.Marshal(o.Metadata)
	if err != nil {
		return memory.Observation{}, err
	}
	terms := termlist.Of(o)
	return one(ctx, t.q, "observation", readObservation, sql(`UPDATE observations AS o SET kind = ?, content = ?, metadata = ?,
		updated_at = ?, list = ?, terms = ?::text::tsvector WHERE `,
		o.Kind, o.Content, string(metadata), o.UpdatedAt, terms.Encode(), newVector(o, terms).String()).
		within(o.Scope(), "o.").and("o.id = ?", o.ID).add(` RETURNING `+observationColumns))
}

func (t *tx) DeleteObservation(ctx context.Context, s memory.Scope, id string) error {
	// The sources go with the row, by their foreign key; so does its index entry.
	n, err := t.exec(ctx, sql(`DELETE FROM observations WHERE `).within(s, "").and("id = ?", id))
	if err == nil && n == 0 {
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
