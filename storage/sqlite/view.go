package sqlite

import (
	"context"
	"database/sql"

	"claude-mem/storage"
)

// snapshot sends SQL to one reading transaction.
type snapshot struct{ tx *sql.Tx }

func (s snapshot) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return s.tx.QueryContext(ctx, text, args...)
}

// View implements [storage.Store]. While it lasts the log cannot be moved into the
// database, and grows by what is written.
func (s *Store) View(ctx context.Context, fn func(r storage.Reader) error) error {
	tx, err := s.pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return convert(err)
	}
	defer tx.Rollback()
	// The moment is that of the first read.
	if _, err := all(ctx, snapshot{tx}, number, `SELECT 1 FROM teams LIMIT 1`); err != nil {
		return err
	}
	return fn(reads{q: snapshot{tx}, extents: s.extents})
}
