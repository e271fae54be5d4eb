package sqlite

import (
	"context"

	"claude-mem/memory"
	"claude-mem/storage"
)

// after continues a condition for a walk along a unique key. The tenant only checks
// what the walk comes by.
func after(s memory.Scope, key string, last any) *where {
	return within(s).and(key+" > ?", last)
}

// walk makes the statement of a walk.
func walk(columns, from, key string, w *where) string {
	return `SELECT ` + columns + ` FROM ` + from + ` WHERE ` + w.String() + ` ORDER BY ` + key + ` LIMIT ? OFFSET ?`
}

// TeamsAfter implements storage.ExchangeReader.
func (r reads) TeamsAfter(ctx context.Context, id string, limit int) ([]memory.Team, error) {
	w := (&where{}).and("id > ?", id)
	return all(ctx, r.q, readTeam, walk(teamColumns, "teams", "id", w), w.page(storage.Page{Limit: limit})...)
}

// ProjectsAfter implements storage.ExchangeReader.
func (r reads) ProjectsAfter(ctx context.Context, s memory.Scope, id string, limit int) ([]memory.Project, error) {
	w := (&where{}).and("+team_id = ?", s.TeamID).and("id > ?", id)
	if s.ProjectID != "" {
		w.and("id = ?", s.ProjectID)
	}
	return all(ctx, r.q, readProject, walk(projectColumns, "projects", "id", w), w.page(storage.Page{Limit: limit})...)
}

// SessionsAfter implements storage.ExchangeReader.
func (r reads) SessionsAfter(ctx context.Context, s memory.Scope, id string, limit int) ([]memory.Session, error) {
	w := after(s, "id", id)
	return all(ctx, r.q, readSession, walk(sessionColumns, "server_sessions", "id", w), w.page(storage.Page{Limit: limit})...)
}

// EventsAfter implements storage.ExchangeReader.
func (r reads) EventsAfter(ctx context.Context, s memory.Scope, id string, limit int) ([]memory.Event, error) {
	w := after(s, "id", id)
	return all(ctx, r.q, readEvent, walk(eventColumns, "agent_events", "id", w), w.page(storage.Page{Limit: limit})...)
}

// JobsAfter implements storage.ExchangeReader.
func (r reads) JobsAfter(ctx context.Context, s memory.Scope, id string, limit int) ([]memory.Job, error) {
	w := after(s, "id", id)
	return all(ctx, r.q, readJob, walk(jobColumns, "observation_generation_jobs", "id", w), w.page(storage.Page{Limit: limit})...)
}

// ObservationsAfter implements storage.ExchangeReader.
func (r reads) ObservationsAfter(ctx context.Context, s memory.Scope, number int64, limit int) ([]memory.Observation, error) {
	w := after(s, "number", number)
	return all(ctx, r.q, readObservation, walk(observationColumns, "observations o", "number", w), w.page(storage.Page{Limit: limit})...)
}

// SourcesOf implements storage.ExchangeReader.
func (r reads) SourcesOf(ctx context.Context, s memory.Scope, observationIDs []string) ([]memory.Source, error) {
	w := within(s).and("observation_id IN (SELECT value FROM json_each(?))", jsonList(observationIDs))
	return all(ctx, r.q, func(sc scanner) (src memory.Source, err error) {
		return src, sc.Scan(&src.ID, &src.ObservationID, &src.SourceType, &src.SourceID, &src.JobID, &src.CreatedAt)
	}, `SELECT id, observation_id, source_type, source_id, COALESCE(job_id, ''), created_at FROM observation_sources
		WHERE `+w.String()+` ORDER BY observation_id, id`, w.args...)
}

// BatchMembers implements storage.ExchangeReader.
func (r reads) BatchMembers(ctx context.Context, s memory.Scope, jobIDs []string) ([]storage.BatchMember, error) {
	w := within(s).and("job_id IN (SELECT value FROM json_each(?))", jsonList(jobIDs))
	return all(ctx, r.q, func(sc scanner) (m storage.BatchMember, err error) {
		return m, sc.Scan(&m.JobID, &m.EventID, &m.Bytes, &m.Result)
	}, `SELECT job_id, event_id, bytes, COALESCE(result, '') FROM batch_events WHERE `+w.String()+
		` ORDER BY job_id, event_id`, w.args...)
}

// tables are the names of what rows of other stores are looked for in.
var tables = map[storage.Table]string{
	storage.TableSessions:     "server_sessions",
	storage.TableEvents:       "agent_events",
	storage.TableJobs:         "observation_generation_jobs",
	storage.TableObservations: "observations",
}

// Owners implements storage.ExchangeReader.
func (r reads) Owners(ctx context.Context, t storage.Table, ids []string) (map[string]memory.Scope, error) {
	name, ok := tables[t]
	if !ok {
		return nil, memory.Errorf(memory.CodeValidation, "there is no table %q", t)
	}
	owners := make(map[string]memory.Scope, len(ids))
	_, err := all(ctx, r.q, func(sc scanner) (struct{}, error) {
		var (
			id string
			s  memory.Scope
		)
		err := sc.Scan(&id, &s.TeamID, &s.ProjectID)
		owners[id] = s
		return struct{}{}, err
	}, `SELECT id, team_id, project_id FROM `+name+` WHERE id IN (SELECT value FROM json_each(?))`, jsonList(ids))
	return owners, err
}

// PutBatchMembers implements storage.ExchangeWriter.
func (t *tx) PutBatchMembers(ctx context.Context, j memory.Job, members ...storage.BatchMember) error {
	j, err := t.Job(ctx, j.Scope(), j.ID) // its rows are of its own tenant
	if err != nil {
		return err
	}
	for _, m := range members {
		_, err := t.exec(ctx, `INSERT INTO batch_events (job_id, event_id, team_id, project_id, bytes, result)
			VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, j.ID, m.EventID, j.TeamID, j.ProjectID, m.Bytes, text(m.Result))
		if err != nil {
			return err
		}
	}
	return nil
}
