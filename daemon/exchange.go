package daemon

import (
	"context"
	"io"

	"claude-mem/exchange"
	"claude-mem/internal/config"
	"claude-mem/storage"
)

// Export writes what the configured database holds at this moment, whether a daemon
// runs or not.
func Export(ctx context.Context, cfg *config.Config, w io.Writer, o exchange.ExportOptions) (n exchange.Counts, err error) {
	err = withStore(ctx, cfg, func(s storage.Store) error {
		return s.View(ctx, func(r storage.Reader) (err error) {
			n, err = exchange.Export(ctx, r, w, o)
			return err
		})
	})
	return n, err
}

// Import adds what an export holds to the configured database, whether a daemon runs or
// not. One that runs finds the jobs that are owed by itself.
func Import(ctx context.Context, cfg *config.Config, r io.Reader, o exchange.ImportOptions) (n exchange.Imported, err error) {
	err = withStore(ctx, cfg, func(s storage.Store) (err error) {
		n, err = exchange.Import(ctx, s, r, o)
		return err
	})
	return n, err
}
