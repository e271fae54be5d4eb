package sqlite

import (
	"context"

	"claude-mem/memory"
	"claude-mem/storage"
)

// KeyMinute implements storage.MinuteReader.
func (r reads) KeyMinute(ctx context.Context, keyID string, minute memory.Epoch) (int64, error) {
	return one(ctx, r.q, "minute", number,
		`SELECT COALESCE(SUM(requests), 0) FROM key_minutes WHERE minute = ? AND api_key_id = ?`, minute, keyID)
}

// AddKeyMinute implements storage.MinuteWriter.
func (t *tx) AddKeyMinute(ctx context.Context, minute memory.Epoch, counts ...storage.KeyCount) error {
	for _, c := range counts {
		_, err := t.exec(ctx, `INSERT INTO key_minutes (minute, api_key_id, requests) VALUES (?, ?, ?)
			ON CONFLICT (minute, api_key_id) DO UPDATE SET requests = requests + excluded.requests`, minute, c.KeyID, c.Requests)
		if err != nil {
			return err
		}
	}
	return nil
}

// DropKeyMinutes implements storage.MinuteWriter.
func (t *tx) DropKeyMinutes(ctx context.Context, before memory.Epoch) error {
	_, err := t.exec(ctx, `DELETE FROM key_minutes WHERE minute < ?`, before)
	return err
}
