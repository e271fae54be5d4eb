package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"claude-mem/memory"
	"claude-mem/storage"
)

// Workers implements storage.WorkerReader.
func (r reads) Workers(ctx context.Context, within time.Duration) ([]memory.Worker, error) {
	return all(ctx, r.q, readWorker, `SELECT id, host, pid, version, started_at, seen_at, paused FROM workers
		WHERE seen_at > ? ORDER BY started_at, id LIMIT ?`, memory.Now().Add(-within), storage.MaxPage)
}

func readWorker(s scanner) (w memory.Worker, err error) {
	var paused []byte
	if err := s.Scan(&w.ID, &w.Host, &w.PID, &w.Version, &w.StartedAt, &w.SeenAt, &paused); err != nil {
		return w, err
	}
	return w, json.Unmarshal(paused, &w.Paused)
}

// PutWorker implements storage.WorkerWriter.
func (t *tx) PutWorker(ctx context.Context, w memory.Worker) error {
	paused, err := json.Marshal(w.Paused)
	if err != nil {
		return fmt.Errorf("store worker %s: %w", w.ID, err)
	}
	now := memory.Now()
	_, err = t.exec(ctx, `INSERT INTO workers (id, host, pid, version, started_at, seen_at, paused) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, paused = excluded.paused`,
		w.ID, w.Host, w.PID, w.Version, w.StartedAt, now, string(paused))
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `DELETE FROM workers WHERE seen_at <= ?`, now.Add(-storage.ForgetWorkersAfter))
	return err
}

// RemoveWorker implements storage.WorkerWriter.
func (t *tx) RemoveWorker(ctx context.Context, id string) error {
	_, err := t.exec(ctx, `DELETE FROM workers WHERE id = ?`, id)
	return err
}
