package sqlite

import (
	"context"
	"encoding/json"
	"strings"

	"claude-mem/internal/id"
	"claude-mem/memory"
)

// PutObservation implements storage.ObservationWriter. A generation key that is
// taken uses up a number; numbers have gaps anyway, since none is given away twice.
func (t *tx) PutObservation(ctx context.Context, o memory.Observation, sources ...memory.Source) (memory.Observation, bool, error) {
	older, err := t.alike(ctx, &o, o.Likeness())
	if err != nil {
		return memory.Observation{}, false, err
	}
	o.Number = 0
	o, created, err := t.insertObservation(ctx, o, sources)
	if err == nil && created && older != "" {
		err = t.Supersede(ctx, o.Scope(), o.ID, []string{older})
	}
	return o, created, err
}

// RestoreObservation implements storage.ExchangeWriter.
func (t *tx) RestoreObservation(ctx context.Context, o memory.Observation, sources ...memory.Source) (memory.Observation, bool, error) {
	taken, err := all(ctx, t.q, number, `SELECT number FROM observations WHERE number = ?`, o.Number)
	if err != nil {
		return memory.Observation{}, false, err
	}
	if len(taken) > 0 {
		o.Number = 0
	}
	return t.insertObservation(ctx, o, sources)
}

// insertObservation stores the row with its sources and its entries in the index,
// unless its generation key is taken. A number of 0 is replaced by the next one.
func (t *tx) insertObservation(ctx context.Context, o memory.Observation, sources []memory.Source) (memory.Observation, bool, error) {
	metadata, err := json.Marshal(o.Metadata)
	if err != nil {
		return memory.Observation{}, false, err
	}
	numbers, err := all(ctx, t.q, number, `INSERT INTO observations (number, id, team_id, project_id, session_id, agent_id, kind,
		generation_key, created_by_job, superseded_by, occurred_at, created_at, updated_at, content, metadata, likeness)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project_id, generation_key) DO NOTHING RETURNING number`,
		whole(o.Number), o.ID, o.TeamID, o.ProjectID, text(o.SessionID), text(o.AgentID), o.Kind,
		text(o.GenerationKey), text(o.CreatedByJob), text(o.SupersededBy), o.OccurredAt, o.CreatedAt, o.UpdatedAt,
		o.Content, string(metadata), whole(o.Likeness()))
	if err != nil {
		return memory.Observation{}, false, err
	}
	if len(numbers) == 0 {
		w := in(o.Scope()).and("generation_key = ?", o.GenerationKey)
		old, err := one(ctx, t.q, "observation", readObservation,
			`SELECT `+observationColumns+` FROM observations o WHERE `+w.String(), w.args...)
		return old, false, err
	}
	o.Number = numbers[0]
	if err := t.putSources(ctx, o, sources); err != nil {
		return memory.Observation{}, false, err
	}
	return o, true, t.index(ctx, o)
}

func (t *tx) putSources(ctx context.Context, o memory.Observation, sources []memory.Source) error {
	for _, s := range sources {
		if s.ID == "" {
			s.ID = id.New()
		}
		if s.CreatedAt == 0 {
			s.CreatedAt = o.CreatedAt
		}
		_, err := t.exec(ctx, `INSERT INTO observation_sources (id, team_id, project_id, observation_id, source_type,
			source_id, job_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			s.ID, o.TeamID, o.ProjectID, o.ID, s.SourceType, s.SourceID, text(s.JobID), s.CreatedAt)
		if err != nil {
			return err
		}
	}
	return nil
}

// HoldObservation implements storage.ObservationWriter: there is one writer at a time.
func (t *tx) HoldObservation(ctx context.Context, s memory.Scope, id string) (memory.Observation, error) {
	return t.Observation(ctx, s, id)
}

// UpdateObservation implements storage.ObservationWriter.
func (t *tx) UpdateObservation(ctx context.Context, o memory.Observation) (memory.Observation, error) {
	metadata, err := json.Marshal(o.Metadata)
	if err != nil {
		return memory.Observation{}, err
	}
	w := within(o.Scope()).and("id = ?", o.ID)
	stored, err := one(ctx, t.q, "observation", readObservation,
		`UPDATE observations AS o SET kind = ?, content = ?, metadata = ?, updated_at = ?, likeness = ? WHERE `+w.String()+
			` RETURNING `+strings.ReplaceAll(observationColumns, "o.", ""),
		append([]any{o.Kind, o.Content, string(metadata), o.UpdatedAt, whole(o.Likeness())}, w.args...)...)
	if err != nil {
		return memory.Observation{}, err
	}
	// Its place among meanings is not known any more.
	if _, err := t.exec(ctx, `DELETE FROM observation_vectors WHERE number = ?`, stored.Number); err != nil {
		return memory.Observation{}, err
	}
	if err := t.index(ctx, stored); err != nil {
		return memory.Observation{}, err
	}
	return stored, t.doubt(ctx, stored.Scope())
}

// DeleteObservation implements storage.ObservationWriter.
func (t *tx) DeleteObservation(ctx context.Context, s memory.Scope, id string) error {
	w := within(s).and("id = ?", id)
	// The sources go with the row, by their foreign key.
	o, err := one(ctx, t.q, "observation", readObservation, `DELETE FROM observations AS o WHERE `+w.String()+
		` RETURNING `+strings.ReplaceAll(observationColumns, "o.", ""), w.args...)
	if err != nil {
		return err
	}
	if err := t.unindex(ctx, o.Number); err != nil {
		return err
	}
	return t.doubt(ctx, o.Scope())
}

// unindex removes what the observation with that number is found and ranked by.
func (t *tx) unindex(ctx context.Context, number int64) error {
	if _, err := t.exec(ctx, `DELETE FROM observations_fts WHERE rowid = ?`, number); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM observation_terms WHERE number = ?`, number)
	return err
}
