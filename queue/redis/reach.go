package redis

import (
	"context"
	"log/slog"
)

// Reach asks the server whether [Open] would succeed, and lets go of it again. It
// says nothing in the log.
func Reach(ctx context.Context, o Options) error {
	o.Logger = slog.New(slog.DiscardHandler)
	q, err := Open(ctx, o)
	if err != nil {
		return err
	}
	return q.Close()
}
