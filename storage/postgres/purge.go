package postgres

import (
	"context"

	"claude-mem/memory"
)

// PurgeStep takes the jobs' locks before the project's, as those do who finish
// jobs. Then it waits for whoever is just writing to the project, and lets nobody
// begin: no event may come to refer to a session between being seen without one and
// being removed.
func (t *tx) PurgeStep(ctx context.Context, s memory.Scope, projectID string, before memory.Epoch, limit int) (p memory.Purged, err error) {
	if _, err = t.Project(ctx, s, projectID); err != nil {
		return p, err
	}
	left := int64(max(limit, 0))
	remove := func(n *int64, table, tenant, unused string) {
		if err != nil || left == 0 {
			return
		}
		*n, err = t.exec(ctx, sql(`DELETE FROM `+table+` WHERE id IN (SELECT id FROM `+table+` AS row WHERE `+tenant,
			s.TeamID, projectID).and("created_at <= ?", before).add(unused+` LIMIT ?)`, left))
		left -= *n
	}
	const byProject, byTeam = "team_id IS NOT DISTINCT FROM ? AND project_id = ?", "team_id = ? AND project_id = ?"
	remove(&p.Jobs, "observation_generation_jobs", byProject, "")
	if err == nil {
		_, err = t.exec(ctx, sql(`SELECT id FROM projects WHERE id = ? FOR UPDATE`, projectID))
	}
	remove(&p.Observations, "observations", byProject, "")
	remove(&p.Events, "agent_events", byTeam, "")
	remove(&p.Sessions, "server_sessions", byProject, ` AND NOT EXISTS (SELECT 1 FROM agent_events e WHERE e.session_id = row.id)
		AND NOT EXISTS (SELECT 1 FROM observations o WHERE o.session_id = row.id)`)
	if err == nil && p.Observations > 0 {
		err = t.doubtPurged(ctx, memory.Scope{TeamID: s.TeamID, ProjectID: projectID})
	}
	return p, err
}
