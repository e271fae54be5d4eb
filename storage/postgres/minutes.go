package postgres

import (
	"context"
	"slices"
	"strings"

	"claude-mem/memory"
	"claude-mem/storage"
)

func (r reads) KeyMinute(ctx context.Context, keyID string, minute memory.Epoch) (int64, error) {
	return one(ctx, r.q, "minute", value[int64],
		sql(`SELECT COALESCE(SUM(requests), 0)::bigint FROM key_minutes WHERE minute = ? AND api_key_id = ?`, minute, keyID))
}

// AddKeyMinute takes the keys in one order, so that two servers that count at the
// same moment do not wait for each other in a circle.
func (t *tx) AddKeyMinute(ctx context.Context, minute memory.Epoch, counts ...storage.KeyCount) error {
	counts = slices.SortedFunc(slices.Values(counts), func(a, b storage.KeyCount) int { return strings.Compare(a.KeyID, b.KeyID) })
	for _, c := range counts {
		err := t.later(ctx, sql(`INSERT INTO key_minutes AS was (minute, api_key_id, requests) VALUES (?, ?, ?)
			ON CONFLICT (minute, api_key_id) DO UPDATE SET requests = was.requests + excluded.requests`, minute, c.KeyID, c.Requests))
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) DropKeyMinutes(ctx context.Context, before memory.Epoch) error {
	return t.later(ctx, sql(`DELETE FROM key_minutes WHERE minute < ?`, before))
}
