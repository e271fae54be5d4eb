package storage

import (
	"context"

	"claude-mem/memory"
)

// KeyCount is how many requests a key made.
type KeyCount struct {
	KeyID    string
	Requests int64
}

// MinuteReader tells how many requests keys make, for limits that hold over all the
// servers of a team together. A minute is named by its beginning.
type MinuteReader interface {
	KeyMinute(ctx context.Context, keyID string, minute memory.Epoch) (int64, error)
}

// MinuteWriter counts requests.
type MinuteWriter interface {
	// AddKeyMinute adds to what the keys did in that minute.
	AddKeyMinute(ctx context.Context, minute memory.Epoch, counts ...KeyCount) error
	// DropKeyMinutes forgets the minutes before a time.
	DropKeyMinutes(ctx context.Context, before memory.Epoch) error
}
