package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"claude-mem/internal/id"
	"claude-mem/internal/termlist"
	"claude-mem/memory"
)

func (t *tx) PutObservation(ctx context.Context, o memory.Observation, sources ...memory.Source) (memory.Observation, bool, error) {
	likeness := o.Likeness()
	merge := likeness != 0 && o.SupersededBy == ""
	if merge {
		// Two that are written at a time do not see each other: the second waits here until
		// the first is committed, and then does.
		if err := t.later(ctx, sql(`SELECT pg_advisory_xact_lock(?)`, likeness)); err != nil {
			return memory.Observation{}, false, err
		}
	}
	o.Number = 0
	return t.putObservation(ctx, o, merge, sources)
}

// RestoreObservation implements [storage.ExchangeWriter]. An insert draws a number
// once it has its lock on the table. So while we have ours, which no other insert
// gets past, nobody draws the number that is seen to be free.
func (t *tx) RestoreObservation(ctx context.Context, o memory.Observation, sources ...memory.Source) (memory.Observation, bool, error) {
	if err := t.later(ctx, sql(`LOCK TABLE observations IN SHARE ROW EXCLUSIVE MODE`)); err != nil {
		return memory.Observation{}, false, err
	}
	taken, err := all(ctx, t.q, value[int64], sql(`SELECT number FROM observations WHERE number = ?`, o.Number))
	if err != nil {
		return memory.Observation{}, false, err
	}
	if len(taken) > 0 {
		o.Number = 0
	}
	kept := o.Number
	o, created, err := t.putObservation(ctx, o, false, sources)
	if err == nil && created && kept != 0 {
		err = t.later(ctx, sql(`SELECT setval(pg_get_serial_sequence('observations', 'number'), ?)
			FROM observations_number_seq WHERE last_value <= ?`, kept, kept))
	}
	return o, created, err
}

// putObservation stores the row and its sources, unless its generation key is taken.
func (t *tx) putObservation(ctx context.Context, o memory.Observation, merge bool, sources []memory.Source) (memory.Observation, bool, error) {
	stored, err := t.insertObservation(ctx, o, merge)
	if err != nil {
		return memory.Observation{}, false, err
	}
	if len(stored) == 0 {
		old, err := one(ctx, t.q, "observation", readObservation,
			sql(selectObservation).within(o.Scope(), "o.").and("o.generation_key = ?", string(o.GenerationKey)))
		return old, false, err
	}
	o.Number, o.SupersededBy = stored[0].number, stored[0].supersededBy
	return o, true, t.putSources(ctx, o, sources)
}

// inserted is what the database decides about a new observation.
type inserted struct {
	number       int64
	supersededBy memory.Opt
}

// insertObservation stores the row, unless its generation key is taken. A number of 0
// is replaced by the next one. To merge is to look, in the same statement, for the one
// that counts among those alike, and to mark that one as superseded, or o by it if it
// is newer.
func (t *tx) insertObservation(ctx context.Context, o memory.Observation, merge bool) ([]inserted, error) {
	metadata, err := json.Marshal(o.Metadata)
	if err != nil {
		return nil, err
	}
	terms, likeness := termlist.Of(o), o.Likeness()
	q := sql(`WITH alike AS (`)
	if merge {
		q.add(`SELECT a.id, a.occurred_at FROM observations a WHERE a.likeness = ? AND a.project_id IS NOT DISTINCT FROM ?
			AND a.team_id IS NOT DISTINCT FROM ? AND a.superseded_by IS NULL AND a.id <> ? LIMIT 1`, likeness, o.ProjectID, o.TeamID, o.ID)
	} else {
		q.add(`SELECT NULL::text AS id, 0::bigint AS occurred_at WHERE false`)
	}
	q.add(`), stored AS (INSERT INTO observations (` + either(o.Number != 0, `number, `, ``) + `id, team_id, project_id, session_id,
		agent_id, kind, generation_key, created_by_job, superseded_by, occurred_at, created_at, updated_at, content, metadata,
		thread, list, likeness, terms) VALUES (`)
	if o.Number != 0 {
		q.add(`?, `, o.Number)
	}
	q.add(`?, ?, ?, ?, ?, ?, ?, ?, COALESCE(?::text, (SELECT id FROM alike WHERE occurred_at > ?)), ?, ?, ?, ?, ?, ?, ?, ?,
			?::text::tsvector)
		ON CONFLICT (generation_key, project_id) DO NOTHING RETURNING number, superseded_by),
		older AS (UPDATE observations o SET superseded_by = ? FROM alike, stored WHERE o.id = alike.id AND alike.occurred_at <= ?)
		SELECT number, COALESCE(superseded_by, '') FROM stored`,
		o.ID, o.TeamID, o.ProjectID, text(o.SessionID), text(o.AgentID), o.Kind,
		text(o.GenerationKey), text(o.CreatedByJob), text(o.SupersededBy), o.OccurredAt, o.OccurredAt, o.CreatedAt, o.UpdatedAt,
		o.Content, string(metadata), termlist.Thread(o), terms.Encode(), whole(likeness), newVector(o, terms).String(), o.ID, o.OccurredAt)
	stored, err := all(ctx, t.q, func(r pgx.Rows) (i inserted, err error) { return i, r.Scan(&i.number, &i.supersededBy) }, q)
	if len(stored) > 0 {
		t.learn(o.Scope(), terms.Words)
	}
	return stored, err
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

func (t *tx) HoldObservation(ctx context.Context, s memory.Scope, id string) (memory.Observation, error) {
	return one(ctx, t.q, "observation", readObservation, sql(selectObservation).
		within(s, "o.").and("o.id = ?", id).add(` FOR NO KEY UPDATE`))
}

func (t *tx) UpdateObservation(ctx context.Context, o memory.Observation) (memory.Observation, error) {
	metadata, err := json.Marshal(o.Metadata)
	if err != nil {
		return memory.Observation{}, err
	}
	terms := termlist.Of(o)
	// Its place among meanings is not known any more.
	err = t.later(ctx, sql(`DELETE FROM observation_vectors WHERE number = (SELECT o.number FROM observations o WHERE `).
		within(o.Scope(), "o.").and("o.id = ?)", o.ID))
	if err != nil {
		return memory.Observation{}, err
	}
	stored, err := one(ctx, t.q, "observation", readObservation, sql(`UPDATE observations AS o SET kind = ?, content = ?, metadata = ?,
		updated_at = ?, list = ?, likeness = ?, terms = ?::text::tsvector WHERE `,
		o.Kind, o.Content, string(metadata), o.UpdatedAt, terms.Encode(), whole(o.Likeness()), newVector(o, terms).String()).
		within(o.Scope(), "o.").and("o.id = ?", o.ID).add(` RETURNING `+observationColumns))
	if err == nil {
		t.learn(stored.Scope(), terms.Words)
		t.doubt(stored.Scope())
	}
	return stored, err
}

func (t *tx) DeleteObservation(ctx context.Context, s memory.Scope, id string) error {
	// The sources go with the row, by their foreign key; so does its index entry.
	o, err := one(ctx, t.q, "observation", readObservation, sql(`DELETE FROM observations AS o WHERE `).within(s, "o.").
		and("o.id = ?", id).add(` RETURNING `+observationColumns))
	if err == nil {
		t.doubt(o.Scope())
	}
	return err
}
