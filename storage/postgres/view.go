package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"claude-mem/storage"
)

// snapshot sends statements to one reading transaction.
type snapshot struct{ tx pgx.Tx }

// query implements querier.
func (s snapshot) query(ctx context.Context, q *query, read func(pgx.Rows) error) (int64, error) {
	rows, err := s.tx.Query(ctx, q.text.String(), q.args...)
	if err != nil {
		return 0, convert(err)
	}
	defer rows.Close()
	if err := read(rows); err != nil {
		return 0, convert(err)
	}
	rows.Close()
	return rows.CommandTag().RowsAffected(), convert(rows.Err())
}

// View implements [storage.Store]. While it lasts the server cannot clear away what is
// deleted.
func (s *Store) View(ctx context.Context, fn func(r storage.Reader) error) error {
	tx, err := s.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return convert(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	r := reads{q: snapshot{tx}, stats: s.stats}
	// The moment is that of the first statement.
	if _, err := r.TeamsAfter(ctx, "", 1); err != nil {
		return err
	}
	return fn(r)
}
