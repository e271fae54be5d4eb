package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
	"claude-mem/storage"
)

// observationColumns are read as o.
const observationColumns = `o.number, o.id, o.project_id, o.team_id, COALESCE(o.session_id, ''), COALESCE(o.agent_id, ''),
	o.kind, o.content, o.metadata, COALESCE(o.generation_key, ''), COALESCE(o.created_by_job, ''),
	COALESCE(o.superseded_by, ''), o.occurred_at, o.created_at, o.updated_at`

const selectObservation = `SELECT ` + observationColumns + ` FROM observations o WHERE `

// scanObservation reads observationColumns and what stands after them.
func scanObservation(r pgx.Rows, more ...any) (o memory.Observation, err error) {
	var metadata []byte
	dst := []any{&o.Number, &o.ID, &o.ProjectID, &o.TeamID, &o.SessionID, &o.AgentID,
		&o.Kind, &o.Content, &metadata, &o.GenerationKey, &o.CreatedByJob,
		&o.SupersededBy, &o.OccurredAt, &o.CreatedAt, &o.UpdatedAt}
	if err := r.Scan(append(dst, more...)...); err != nil {
		return o, err
	}
	return o, o.Metadata.UnmarshalJSON(metadata)
}

func readObservation(r pgx.Rows) (memory.Observation, error) { return scanObservation(r) }

func (r reads) Observation(ctx context.Context, s memory.Scope, id string) (memory.Observation, error) {
	return one(ctx, r.q, "observation", readObservation, sql(selectObservation).within(s, "o.").and("o.id = ?", id))
}

func (r reads) ObservationsByNumber(ctx context.Context, s memory.Scope, numbers []int64) ([]memory.Observation, error) {
	numbers = numbers[:min(len(numbers), storage.MaxPage)]
	return all(ctx, r.q, readObservation, sql(`SELECT `+observationColumns+`
		FROM unnest((SELECT ?::bigint[])) WITH ORDINALITY AS asked (number, place) JOIN observations o ON o.number = asked.number
		WHERE `, numbers).within(s, "o.").add(` ORDER BY place`))
}

func (r reads) Observations(ctx context.Context, s memory.Scope, f storage.ObservationFilter, p storage.Page) ([]memory.Observation, error) {
	if labelQuery(f) != "" {
		return all(ctx, r.q, readObservation, labelled(s, f, `o.occurred_at DESC, o.number DESC`, p))
	}
	return all(ctx, r.q, readObservation, sql(selectObservation).of(s, f).filter(f).add(` ORDER BY o.occurred_at DESC, o.number DESC`).page(p))
}

func (r reads) LastWritten(ctx context.Context, s memory.Scope, f storage.ObservationFilter, limit int) ([]memory.Observation, error) {
	p := storage.Page{Limit: limit}
	if labelQuery(f) == "" {
		return r.Observations(ctx, s, f, p)
	}
	return all(ctx, r.q, readObservation, labelled(s, f, `o.number DESC`, p))
}

// labelled lists what a filter that names files or concepts lets pass. OFFSET 0 has Postgres
// ask the index of terms first: it takes files for more common than they are, and would look
// through the whole store in order for as many as are asked for.
func labelled(s memory.Scope, f storage.ObservationFilter, order string, p storage.Page) *query {
	return sql(`SELECT `+observationColumns+` FROM (SELECT o.* FROM observations o WHERE `).within(s, "o.").
		and("o.terms @@ ?::text::tsquery", scopeQuery(s)+labelQuery(f)).window(f).filter(f).
		add(` OFFSET 0) o ORDER BY ` + order).page(p)
}

// A filter comes in three parts, by what can answer them: labelQuery the index of
// terms, window the index by session or by time, filter a look at each row.

// of adds the tenant and the window, for the index that fits them to start from.
func (q *query) of(s memory.Scope, f storage.ObservationFilter) *query {
	if f.SessionID != "" || f.SupersededBy != "" {
		return q.within(s, "o.").window(f)
	}
	return q.in(s, "o.").window(f)
}

func (q *query) window(f storage.ObservationFilter) *query {
	if f.SessionID != "" {
		q.and("o.session_id = ?", f.SessionID)
	}
	if f.SupersededBy != "" {
		q.and("o.superseded_by = ?", f.SupersededBy)
	}
	if f.Since != 0 {
		q.and("o.occurred_at >= ?", f.Since)
	}
	if f.Until != 0 {
		q.and("o.occurred_at < ?", f.Until)
	}
	return q
}

func (q *query) filter(f storage.ObservationFilter) *query {
	switch {
	case slices.Equal(f.Kinds, []string{memory.KindSummaryObservation}) && !f.WithoutSummaries:
		q.and("o.kind = '" + memory.KindSummaryObservation + "'") // as the index of summaries says it
	case len(f.Kinds) > 0:
		q.and("o.kind = ANY(?)", f.Kinds)
	}
	if f.WithoutSubagents {
		q.and("o.agent_id IS NULL")
	}
	if f.WithoutSuperseded {
		q.and("o.superseded_by IS NULL")
	}
	if f.WithoutSummaries {
		q.and("o.kind <> '" + memory.KindSummaryObservation + "'")
	}
	return q
}

func (r reads) Around(ctx context.Context, s memory.Scope, number int64, before, after int) ([]memory.Observation, error) {
	anchor, err := one(ctx, r.q, "observation", readObservation,
		sql(selectObservation).within(s, "o.").and("o.number = ?", number))
	if err != nil {
		return nil, err
	}
	// side lists neighbours from the anchor outwards.
	side := func(compare, order string, n int) ([]memory.Observation, error) {
		return all(ctx, r.q, readObservation, sql(selectObservation).in(s, "o.").
			and("(o.occurred_at, o.number) "+compare+" (?, ?)", anchor.OccurredAt, anchor.Number).
			filter(storage.ObservationFilter{WithoutSubagents: true, WithoutSuperseded: true}).
			add(` ORDER BY o.occurred_at `+order+`, o.number `+order+` LIMIT ?`, min(max(n, 0), storage.MaxPage)))
	}
	older, err := side("<", "DESC", before)
	if err != nil {
		return nil, err
	}
	newer, err := side(">", "ASC", after)
	if err != nil {
		return nil, err
	}
	slices.Reverse(older)
	return append(append(older, anchor), newer...), nil
}

func (r reads) EventObservations(ctx context.Context, s memory.Scope, eventID string) ([]memory.SourcedObservation, error) {
	return all(ctx, r.q, func(r pgx.Rows) (so memory.SourcedObservation, err error) {
		src := &so.Source
		so.Observation, err = scanObservation(r, &src.ID, &src.ObservationID, &src.SourceType, &src.SourceID, &src.JobID, &src.CreatedAt)
		return so, err
	}, sql(`SELECT `+observationColumns+`, s.id, s.observation_id, s.source_type, s.source_id, COALESCE(s.job_id, ''), s.created_at
		FROM observation_sources s JOIN observations o ON o.id = s.observation_id WHERE `).within(s, "o.").
		and("s.source_id = ?", eventID).and("s.source_type = ?", memory.KindEvent.SourceType()).
		add(` ORDER BY o.number LIMIT ?`, storage.MaxPage))
}

// JobObservations finds them by their keys, which begin alike and are indexed; ';'
// follows ':' in the order of bytes.
func (r reads) JobObservations(ctx context.Context, j memory.Job) ([]memory.Observation, error) {
	keys := j.GenerationKeys()
	return all(ctx, r.q, readObservation, sql(selectObservation).within(j.Scope(), "o.").
		and("o.generation_key > ? AND ", keys).add("o.generation_key < ?", keys[:len(keys)-1]+";").
		add(` ORDER BY o.number`).page(storage.Page{}))
}
