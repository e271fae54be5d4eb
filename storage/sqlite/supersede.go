package sqlite

import (
	"context"
	"errors"

	"claude-mem/memory"
)

// alike looks for the observation that counts among those like o. If that one is
// newer, o is superseded by it; else its id is returned, for o to supersede it.
func (t *tx) alike(ctx context.Context, o *memory.Observation, likeness int64) (older string, err error) {
	if likeness == 0 || o.SupersededBy != "" {
		return "", nil
	}
	type found struct {
		id string
		at memory.Epoch
	}
	all, err := all(ctx, t.q, func(s scanner) (f found, err error) { return f, s.Scan(&f.id, &f.at) },
		`SELECT id, occurred_at FROM observations INDEXED BY observations_alike
		WHERE likeness = ? AND +project_id = ? AND +team_id = ? AND superseded_by IS NULL AND id <> ? LIMIT 1`,
		likeness, o.ProjectID, o.TeamID, o.ID)
	if err != nil || len(all) == 0 {
		return "", err
	}
	if all[0].at > o.OccurredAt {
		o.SupersededBy = memory.Opt(all[0].id)
		return "", nil
	}
	return all[0].id, nil
}

// Supersede implements storage.ObservationWriter.
func (t *tx) Supersede(ctx context.Context, s memory.Scope, by string, ids []string) error {
	w := within(s).and("id IN (SELECT value FROM json_each(?))", jsonList(ids)).and("id <> ?", by)
	n, err := t.exec(ctx, `UPDATE observations SET superseded_by = ? WHERE `+w.String(), append([]any{text(memory.Opt(by))}, w.args...)...)
	if err == nil && n != int64(len(ids)) {
		err = memory.Errorf(memory.CodeNotFound, "no such observation")
	}
	return err
}

// SupersedeSummaries implements storage.ObservationWriter. Those replaced before
// point to the newest as well, so that one step leads to what counts.
func (t *tx) SupersedeSummaries(ctx context.Context, s memory.Scope, sessionID string) error {
	w := within(s).and("session_id = ?", sessionID).and("kind = '" + memory.KindSummaryObservation + "'")
	newest, err := one(ctx, t.q, "summary", identifier, `SELECT id FROM observations INDEXED BY observations_summaries
		WHERE `+w.String()+` ORDER BY COALESCE((SELECT j.revision FROM observation_generation_jobs j
			WHERE j.id = created_by_job), 0) DESC, number DESC LIMIT 1`, w.args...)
	if errors.Is(err, memory.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	// It counts itself, even if one that is gone by now had taken its place.
	w.and("superseded_by IS NOT NULLIF(?, id)", newest)
	_, err = t.exec(ctx, `UPDATE observations INDEXED BY observations_summaries SET superseded_by = NULLIF(?, id) WHERE `+w.String(),
		append([]any{newest}, w.args...)...)
	return err
}

func identifier(s scanner) (id string, err error) { return id, s.Scan(&id) }
