package sqlite

import (
	"context"

	"claude-mem/memory"
)

// PurgeStep implements storage.Purger. Each table is read along an index that
// begins with the project, so that a step costs what it removes.
func (t *tx) PurgeStep(ctx context.Context, s memory.Scope, projectID string, before memory.Epoch, limit int) (p memory.Purged, err error) {
	if _, err = t.Project(ctx, s, projectID); err != nil {
		return p, err
	}
	left := int64(max(limit, 0))
	remove := func(n *int64, table, id, from string) {
		if err != nil || left == 0 {
			return
		}
		*n, err = t.exec(ctx, `DELETE FROM `+table+` WHERE `+id+` IN (SELECT `+id+` FROM `+from+` LIMIT ?)`, s.TeamID, projectID, before, left)
		left -= *n
	}
	remove(&p.Jobs, "observation_generation_jobs", "id",
		`observation_generation_jobs INDEXED BY jobs_project_list WHERE +team_id = ? AND project_id = ? AND created_at <= ?`)
	if err == nil && left > 0 {
		p.Observations, err = t.purgeObservations(ctx, s.TeamID, projectID, before, left)
		left -= p.Observations
	}
	if err == nil && p.Observations > 0 {
		err = t.doubtPurged(ctx, memory.Scope{TeamID: s.TeamID, ProjectID: projectID})
	}
	remove(&p.Events, "agent_events", "id",
		`agent_events INDEXED BY agent_events_asked WHERE team_id = ? AND project_id = ? AND created_at <= ?`)
	remove(&p.Sessions, "server_sessions", "id",
		`server_sessions s INDEXED BY server_sessions_project_list WHERE +team_id = ? AND project_id = ? AND created_at <= ?
			AND NOT EXISTS (SELECT 1 FROM agent_events e WHERE e.session_id = s.id)
			AND NOT EXISTS (SELECT 1 FROM observations o WHERE o.session_id = s.id)`)
	return p, err
}

// purgeObservations removes observations with their index entries; their sources
// go by their foreign key.
func (t *tx) purgeObservations(ctx context.Context, teamID, projectID string, before memory.Epoch, limit int64) (int64, error) {
	numbers, err := all(ctx, t.q, number, `DELETE FROM observations WHERE number IN (SELECT number
		FROM observations INDEXED BY observations_project_list WHERE +team_id = ? AND project_id = ? AND created_at <= ? LIMIT ?)
		RETURNING number`, teamID, projectID, before, limit)
	if err != nil {
		return 0, err
	}
	for _, n := range numbers {
		if err := t.unindex(ctx, n); err != nil {
			return 0, err
		}
	}
	return int64(len(numbers)), nil
}
