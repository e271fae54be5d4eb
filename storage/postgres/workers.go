package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
	"claude-mem/storage"
)

// clock is the server's, in milliseconds since 1970, at the time of the statement.
const clock = `(EXTRACT(EPOCH FROM statement_timestamp()) * 1000)::bigint`

func (r reads) Workers(ctx context.Context, within time.Duration) ([]memory.Worker, error) {
	return all(ctx, r.q, readWorker, sql(`SELECT id, host, pid, version, started_at, seen_at, paused FROM workers
		WHERE seen_at > `+clock+` - ?::bigint ORDER BY started_at, id LIMIT ?`, within.Milliseconds(), storage.MaxPage))
}

func readWorker(r pgx.Rows) (w memory.Worker, err error) {
	var paused json.RawMessage
	if err := r.Scan(&w.ID, &w.Host, &w.PID, &w.Version, &w.StartedAt, &w.SeenAt, rawInto(&paused)); err != nil {
		return w, err
	}
	return w, json.Unmarshal(paused, &w.Paused)
}

func (t *tx) PutWorker(ctx context.Context, w memory.Worker) error {
	paused, err := json.Marshal(w.Paused)
	if err != nil {
		return fmt.Errorf("store worker %s: %w", w.ID, err)
	}
	_, err = t.exec(ctx, sql(`INSERT INTO workers (id, host, pid, version, started_at, seen_at, paused)
		VALUES (?, ?, ?, ?, ?, `+clock+`, ?) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, paused = excluded.paused`,
		w.ID, w.Host, w.PID, w.Version, w.StartedAt, string(paused)))
	if err != nil {
		return err
	}
	// In any order two of them would each wait for the other's rows.
	_, err = t.exec(ctx, sql(`DELETE FROM workers WHERE id IN (SELECT id FROM workers WHERE seen_at <= `+clock+` - ?::bigint
		FOR UPDATE SKIP LOCKED)`, storage.ForgetWorkersAfter.Milliseconds()))
	return err
}

func (t *tx) RemoveWorker(ctx context.Context, id string) error {
	_, err := t.exec(ctx, sql(`DELETE FROM workers WHERE id = ?`, id))
	return err
}
