package daemon

import (
	"context"

	"claude-mem/internal/config"
	"claude-mem/storage"
)

// CheckStorage opens the database, beside a daemon that may run, and returns what
// is damaged in it. It reads all of it.
func CheckStorage(ctx context.Context, cfg *config.Config) error {
	return withStore(ctx, cfg, func(s storage.Store) error {
		if c, ok := s.(storage.Checker); ok {
			return c.Check(ctx)
		}
		return nil
	})
}
