package sqlite

import (
	"context"
	"math"

	"claude-mem/memory"
	"claude-mem/storage"
)

// Vectors implements storage.VectorReader.
func (r reads) Vectors(ctx context.Context, s memory.Scope, model string, seq int64, limit int) ([]storage.Vector, error) {
	w := inTeam(s).and("model = ?", model).and("seq > ?", seq)
	return all(ctx, r.q, func(sc scanner) (v storage.Vector, err error) {
		return v, sc.Scan(&v.Number, &v.Seq, &v.Values)
	}, `SELECT number, seq, vector FROM observation_vectors INDEXED BY observation_vectors_model WHERE `+w.String()+
		` ORDER BY seq LIMIT ?`, append(w.args, storage.Page{Limit: limit}.Clamp(0).Limit)...)
}

// CountVectors implements storage.VectorReader.
func (r reads) CountVectors(ctx context.Context, s memory.Scope, model string) (int64, error) {
	w := inTeam(s).and("model = ?", model)
	return one(ctx, r.q, "number", number,
		`SELECT COUNT(*) FROM observation_vectors INDEXED BY observation_vectors_model WHERE `+w.String(), w.args...)
}

// WithoutVector implements storage.VectorReader.
func (r reads) WithoutVector(ctx context.Context, s memory.Scope, model string, from storage.Place, limit int) ([]memory.Observation, error) {
	if from == (storage.Place{}) {
		from = storage.Place{OccurredAt: math.MaxInt64, Number: math.MaxInt64}
	}
	w := in(s).and("(occurred_at, number) < (?, ?)", from.OccurredAt, from.Number).
		and("NOT EXISTS (SELECT 1 FROM observation_vectors v WHERE v.number = o.number AND v.model = ?)", model)
	return all(ctx, r.q, readObservation, `SELECT `+observationColumns+` FROM observations o WHERE `+w.String()+
		` ORDER BY occurred_at DESC, number DESC LIMIT ?`, append(w.args, storage.Page{Limit: limit}.Clamp(0).Limit)...)
}

// PutVectors implements storage.VectorWriter.
func (t *tx) PutVectors(ctx context.Context, s memory.Scope, model string, vectors ...storage.Vector) error {
	for _, v := range vectors {
		w := within(s).and("number = ?", v.Number)
		if _, err := t.exec(ctx, `DELETE FROM observation_vectors WHERE `+w.String()+` AND model = ?`, append(w.args, model)...); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO observation_vectors (model, vector, number, team_id, project_id)
			SELECT ?, ?, number, team_id, project_id FROM observations WHERE `+w.String(), append([]any{model, v.Values}, w.args...)...)
		if err != nil {
			return err
		}
	}
	return nil
}
