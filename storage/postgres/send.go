package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// send sends all pending statements in one round trip and hands the rows of the
// last one to read. After a failure the transaction is good for nothing.
func (t *tx) send(ctx context.Context, read func(pgx.Rows) error) (pgconn.CommandTag, error) {
	batch := t.pending
	t.pending, t.open = &pgx.Batch{}, true
	tag, err := results(t.conn.SendBatch(ctx, batch), batch.Len(), read)
	if err != nil {
		t.failed = onConn(ctx, t.conn, err)
		return tag, convert(t.failed)
	}
	return tag, nil
}

// results reads the answers to n statements.
func results(answers pgx.BatchResults, n int, read func(pgx.Rows) error) (tag pgconn.CommandTag, err error) {
	defer func() {
		// It repeats an error that was met before.
		if e := answers.Close(); err == nil {
			err = e
		}
	}()
	for range n - 1 {
		if _, err := answers.Exec(); err != nil {
			return tag, err
		}
	}
	rows, err := answers.Query()
	if err != nil {
		return tag, err
	}
	err = read(rows)
	rows.Close()
	if e := rows.Err(); e != nil {
		err = e
	}
	return rows.CommandTag(), err
}

// lostError says that a connection is gone.
type lostError struct{ error }

func (e lostError) Unwrap() error { return e.error }

// onConn marks an error after which the connection is gone, for no wish of the
// caller's.
func onConn(ctx context.Context, conn *pgx.Conn, err error) error {
	if conn.IsClosed() && ctx.Err() == nil {
		return lostError{err}
	}
	return err
}
