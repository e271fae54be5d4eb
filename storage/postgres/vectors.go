package postgres

import (
	"context"
	"math"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
	"claude-mem/storage"
)

func (r reads) Vectors(ctx context.Context, s memory.Scope, model string, seq int64, limit int) ([]storage.Vector, error) {
	return all(ctx, r.q, func(r pgx.Rows) (v storage.Vector, err error) {
		return v, r.Scan(&v.Number, &v.Seq, &v.Values)
	}, sql(`SELECT number, seq, vector FROM observation_vectors WHERE `).inTeam(s).and("model = ?", model).and("seq > ?", seq).
		add(` ORDER BY seq`).page(storage.Page{Limit: limit}))
}

func (r reads) CountVectors(ctx context.Context, s memory.Scope, model string) (int64, error) {
	return one(ctx, r.q, "number", value[int64], sql(`SELECT COUNT(*) FROM observation_vectors WHERE `).inTeam(s).and("model = ?", model))
}

func (r reads) WithoutVector(ctx context.Context, s memory.Scope, model string, from storage.Place, limit int) ([]memory.Observation, error) {
	if from == (storage.Place{}) {
		from = storage.Place{OccurredAt: math.MaxInt64, Number: math.MaxInt64}
	}
	return all(ctx, r.q, readObservation, sql(selectObservation).in(s, "o.").
		and("(o.occurred_at, o.number) < (?, ?)", from.OccurredAt, from.Number).
		and("NOT EXISTS (SELECT 1 FROM observation_vectors v WHERE v.number = o.number AND v.model = ?)", model).
		add(` ORDER BY o.occurred_at DESC, o.number DESC`).page(storage.Page{Limit: limit}))
}

func (t *tx) PutVectors(ctx context.Context, s memory.Scope, model string, vectors ...storage.Vector) error {
	for _, v := range vectors {
		err := t.later(ctx, sql(`DELETE FROM observation_vectors WHERE `).within(s, "").and("number = ?", v.Number).and("model = ?", model))
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, sql(`INSERT INTO observation_vectors (model, vector, number, team_id, project_id)
			SELECT ?::text, ?::bytea, number, team_id, project_id FROM observations WHERE `, model, v.Values).
			within(s, "").and("number = ?", v.Number))
		if err != nil {
			return err
		}
	}
	return nil
}
