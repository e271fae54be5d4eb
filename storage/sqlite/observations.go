package sqlite

import (
	"context"
	"encoding/json"

	"claude-mem/memory"
	"claude-mem/storage"
)

// observationColumns are read as o.
const observationColumns = `o.number, o.id, o.project_id, o.team_id, COALESCE(o.session_id, ''), COALESCE(o.agent_id, ''),
	o.kind, o.content, o.metadata, COALESCE(o.generation_key, ''), COALESCE(o.created_by_job, ''),
	COALESCE(o.superseded_by, ''), o.occurred_at, o.created_at, o.updated_at`

// scanObservation reads observationColumns and what stands after them.
func scanObservation(s scanner, more ...any) (o memory.Observation, err error) {
	var metadata []byte
	dst := []any{&o.Number, &o.ID, &o.ProjectID, &o.TeamID, &o.SessionID, &o.AgentID,
		&o.Kind, &o.Content, &metadata, &o.GenerationKey, &o.CreatedByJob,
		&o.SupersededBy, &o.OccurredAt, &o.CreatedAt, &o.UpdatedAt}
	if err := s.Scan(append(dst, more...)...); err != nil {
		return o, err
	}
	return o, o.Metadata.UnmarshalJSON(metadata)
}

func readObservation(s scanner) (memory.Observation, error) { return scanObservation(s) }

// Observation implements storage.ObservationReader.
func (r reads) Observation(ctx context.Context, s memory.Scope, id string) (memory.Observation, error) {
	w := within(s).and("id = ?", id)
	return one(ctx, r.q, "observation", readObservation,
		`SELECT `+observationColumns+` FROM observations o WHERE `+w.String(), w.args...)
}

// ObservationsByNumber implements storage.ObservationReader.
func (r reads) ObservationsByNumber(ctx context.Context, s memory.Scope, numbers []int64) ([]memory.Observation, error) {
	list, err := json.Marshal(numbers[:min(len(numbers), storage.MaxPage)])
	if err != nil {
		return nil, err
	}
	w := within(s)
	return all(ctx, r.q, readObservation, `SELECT `+observationColumns+`
		FROM json_each(?) n CROSS JOIN observations o ON o.number = n.value WHERE `+w.String()+` ORDER BY n.key`,
		append([]any{string(list)}, w.args...)...)
}

// LastWritten implements storage.ObservationReader. The full-text index is read from
// its end, and no further than it takes.
func (r reads) LastWritten(ctx context.Context, s memory.Scope, f storage.ObservationFilter, limit int) ([]memory.Observation, error) {
	keys, err := r.keys(ctx, s)
	if err != nil {
		return nil, err
	}
	match := keys.labelMatch(f)
	if match == "" {
		return r.Observations(ctx, s, f, storage.Page{Limit: limit})
	}
	tenant := within(s)
	w := (&where{}).and("observations_fts MATCH ?", match).and(tenant.String(), tenant.args...)
	w.filter(f)
	return all(ctx, r.q, readObservation, `SELECT `+observationColumns+`
		FROM observations_fts f CROSS JOIN observations o ON o.number = f.rowid WHERE `+w.String()+
		` ORDER BY f.rowid DESC LIMIT ? OFFSET ?`, w.page(storage.Page{Limit: limit})...)
}

// Observations implements storage.ObservationReader.
func (r reads) Observations(ctx context.Context, s memory.Scope, f storage.ObservationFilter, p storage.Page) ([]memory.Observation, error) {
	w := in(s)
	if f.SessionID != "" || f.SupersededBy != "" {
		w = within(s)
	}
	from := `observations o`
	keys, err := r.keys(ctx, s)
	if err != nil {
		return nil, err
	}
	if match := keys.labelMatch(f); match != "" {
		// Few have the label, so these are found first and sorted then.
		from = `observations_fts f CROSS JOIN observations o ON o.number = f.rowid`
		w = (&where{}).and("observations_fts MATCH ?", match).and(within(s).String(), within(s).args...)
	}
	w.filter(f)
	return all(ctx, r.q, readObservation, `SELECT `+observationColumns+` FROM `+from+` WHERE `+w.String()+
		` ORDER BY occurred_at DESC, number DESC LIMIT ? OFFSET ?`, w.page(p)...)
}

// Around implements storage.ObservationReader. The anchor is found first, whatever
// it is, and each side then reads the index from there on.
func (r reads) Around(ctx context.Context, s memory.Scope, number int64, before, after int) ([]memory.Observation, error) {
	w := within(s).and("number = ?", number)
	anchor, err := one(ctx, r.q, "observation", readObservation,
		`SELECT `+observationColumns+` FROM observations o WHERE `+w.String(), w.args...)
	if err != nil {
		return nil, err
	}
	// side lists neighbours from the anchor outwards.
	side := func(compare, order string, n int) ([]memory.Observation, error) {
		w := in(s).and("(occurred_at, number) "+compare+" (?, ?)", anchor.OccurredAt, anchor.Number)
		w.filter(storage.ObservationFilter{WithoutSubagents: true, WithoutSuperseded: true})
		return all(ctx, r.q, readObservation, `SELECT `+observationColumns+` FROM observations o WHERE `+w.String()+
			` ORDER BY occurred_at `+order+`, number `+order+` LIMIT ?`, append(w.args, min(max(n, 0), storage.MaxPage))...)
	}
	older, err := side("<", "DESC", before)
	if err != nil {
		return nil, err
	}
	newer, err := side(">", "ASC", after)
	if err != nil {
		return nil, err
	}
	out := make([]memory.Observation, 0, len(older)+1+len(newer))
	for i := range older {
		out = append(out, older[len(older)-1-i])
	}
	return append(append(out, anchor), newer...), nil
}

// EventObservations implements storage.ObservationReader. An event has few sources
// and a project many observations: the CROSS JOIN starts at the few.
func (r reads) EventObservations(ctx context.Context, s memory.Scope, eventID string) ([]memory.SourcedObservation, error) {
	w := (&where{}).and("s.source_id = ?", eventID).and("s.source_type = ?", memory.KindEvent.SourceType()).and("o.team_id = ?", s.TeamID)
	if s.ProjectID != "" {
		w.and("o.project_id = ?", s.ProjectID)
	}
	return all(ctx, r.q, func(sc scanner) (so memory.SourcedObservation, err error) {
		src := &so.Source
		so.Observation, err = scanObservation(sc, &src.ID, &src.ObservationID, &src.SourceType, &src.SourceID, &src.JobID, &src.CreatedAt)
		return so, err
	}, `SELECT `+observationColumns+`, s.id, s.observation_id, s.source_type, s.source_id, COALESCE(s.job_id, ''), s.created_at
		FROM observation_sources s CROSS JOIN observations o ON o.id = s.observation_id WHERE `+w.String()+
		` ORDER BY o.number LIMIT ?`, append(w.args, storage.MaxPage)...)
}

// JobObservations implements storage.ObservationReader. What a job makes has keys that
// begin alike, and these are indexed; ';' follows ':' in the order of bytes.
func (r reads) JobObservations(ctx context.Context, j memory.Job) ([]memory.Observation, error) {
	keys := j.GenerationKeys()
	w := in(j.Scope()).and("generation_key > ? AND generation_key < ?", keys, keys[:len(keys)-1]+";")
	return all(ctx, r.q, readObservation, `SELECT `+observationColumns+` FROM observations o WHERE `+w.String()+
		` ORDER BY number LIMIT ?`, append(w.args, storage.MaxPage)...)
}
