package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
	"claude-mem/storage"
)

// after continues a statement for a walk along a unique key, whose tenant only checks
// what the walk comes by.
func (q *query) after(s memory.Scope, key string, last any) *query {
	return q.within(s, "").and(key+" > ?", last)
}

// upTo ends a walk.
func (q *query) upTo(key string, limit int) *query {
	return q.add(` ORDER BY ` + key).page(storage.Page{Limit: limit})
}

func (r reads) TeamsAfter(ctx context.Context, id string, limit int) ([]memory.Team, error) {
	return all(ctx, r.q, readTeam, sql(`SELECT `+teamColumns+` FROM teams WHERE id > ?`, id).upTo("id", limit))
}

func (r reads) ProjectsAfter(ctx context.Context, s memory.Scope, id string, limit int) ([]memory.Project, error) {
	q := sql(`SELECT `+projectColumns+` FROM projects WHERE team_id IS NOT DISTINCT FROM ?`, s.TeamID).and("id > ?", id)
	if s.ProjectID != "" {
		q.and("id = ?", s.ProjectID)
	}
	return all(ctx, r.q, readProject, q.upTo("id", limit))
}

func (r reads) SessionsAfter(ctx context.Context, s memory.Scope, id string, limit int) ([]memory.Session, error) {
	return all(ctx, r.q, readSession, sql(`SELECT `+sessionColumns+` FROM server_sessions WHERE `).after(s, "id", id).upTo("id", limit))
}

func (r reads) EventsAfter(ctx context.Context, s memory.Scope, id string, limit int) ([]memory.Event, error) {
	return all(ctx, r.q, readEvent, sql(`SELECT `+eventColumns+` FROM agent_events WHERE `).after(s, "id", id).upTo("id", limit))
}

func (r reads) JobsAfter(ctx context.Context, s memory.Scope, id string, limit int) ([]memory.Job, error) {
	return all(ctx, r.q, readJob, sql(selectJob).after(s, "id", id).upTo("id", limit))
}

func (r reads) ObservationsAfter(ctx context.Context, s memory.Scope, number int64, limit int) ([]memory.Observation, error) {
	return all(ctx, r.q, readObservation, sql(selectObservation).after(s, "number", number).upTo("number", limit))
}

func (r reads) SourcesOf(ctx context.Context, s memory.Scope, observationIDs []string) ([]memory.Source, error) {
	return all(ctx, r.q, func(r pgx.Rows) (src memory.Source, err error) {
		return src, r.Scan(&src.ID, &src.ObservationID, &src.SourceType, &src.SourceID, &src.JobID, &src.CreatedAt)
	}, sql(`SELECT id, observation_id, source_type, source_id, COALESCE(job_id, ''), created_at FROM observation_sources WHERE `).
		within(s, "").and("observation_id = ANY(?)", observationIDs).add(` ORDER BY observation_id, id`))
}

func (r reads) BatchMembers(ctx context.Context, s memory.Scope, jobIDs []string) ([]storage.BatchMember, error) {
	return all(ctx, r.q, func(r pgx.Rows) (m storage.BatchMember, err error) {
		return m, r.Scan(&m.JobID, &m.EventID, &m.Bytes, &m.Result)
	}, sql(`SELECT job_id, event_id, bytes, COALESCE(result, '') FROM batch_events WHERE `).
		within(s, "").and("job_id = ANY(?)", jobIDs).add(` ORDER BY job_id, event_id`))
}

// tables are the names of what rows of other stores are looked for in.
var tables = map[storage.Table]string{
	storage.TableSessions:     "server_sessions",
	storage.TableEvents:       "agent_events",
	storage.TableJobs:         "observation_generation_jobs",
	storage.TableObservations: "observations",
}

func (r reads) Owners(ctx context.Context, t storage.Table, ids []string) (map[string]memory.Scope, error) {
	name, ok := tables[t]
	if !ok {
		return nil, memory.Errorf(memory.CodeValidation, "there is no table %q", t)
	}
	type owned struct {
		id string
		s  memory.Scope
	}
	rows, err := all(ctx, r.q, func(r pgx.Rows) (o owned, err error) { return o, r.Scan(&o.id, &o.s.TeamID, &o.s.ProjectID) },
		sql(`SELECT id, team_id, project_id FROM `+name+` WHERE id = ANY(?)`, ids))
	owners := make(map[string]memory.Scope, len(rows))
	for _, o := range rows {
		owners[o.id] = o.s
	}
	return owners, err
}

func (t *tx) PutBatchMembers(ctx context.Context, j memory.Job, members ...storage.BatchMember) error {
	j, err := t.Job(ctx, j.Scope(), j.ID) // its rows are of its own tenant
	if err != nil {
		return err
	}
	for _, m := range members {
		err := t.later(ctx, sql(`INSERT INTO batch_events (job_id, event_id, team_id, project_id, bytes, result)
			VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, j.ID, m.EventID, j.TeamID, j.ProjectID, m.Bytes, text(m.Result)))
		if err != nil {
			return err
		}
	}
	return nil
}
