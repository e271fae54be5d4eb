package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// query implements querier: it sends what is pending and q, in one go.
func (t *tx) query(ctx context.Context, q *query, read func(pgx.Rows) error) (int64, error) {
	if t.failed == nil {
		t.settle(ctx)
	}
	if t.failed != nil {
		return 0, t.failure()
	}
	t.queueRows()
	t.queue(q)
	tag, err := t.send(ctx, read)
	return tag.RowsAffected(), err
}

// exec sends a statement that is asked only how many rows it changed.
func (t *tx) exec(ctx context.Context, q *query) (int64, error) {
	return t.query(ctx, q, func(pgx.Rows) error { return nil })
}

// later sends a statement with the one that follows it.
func (t *tx) later(ctx context.Context, q *query) error {
	if t.failed == nil {
		t.settle(ctx)
	}
	if t.failed == nil && t.pending.Len() >= maxPending {
		_, err := t.exec(ctx, q)
		return err
	}
	t.queue(q)
	return t.failure()
}

// queue puts a statement where the next round trip begins.
func (t *tx) queue(q *query) { t.pending.Queue(q.text.String(), q.args...) }

// queueRows makes statements of the jobs and audit rows that wait.
func (t *tx) queueRows() {
	if len(t.jobs) > 0 {
		t.queue(jobTable.insertNew(t.jobs...)) // see PutJob
		t.jobs = nil
	}
	if len(t.audits) > 0 {
		t.queue(auditTable.insert(t.audits...))
		t.audits = nil
	}
}

// failure is why the transaction cannot go on, if it cannot.
func (t *tx) failure() error { return convert(t.failed) }

// send sends all pending statements in one round trip and hands the rows of the
// last one to read. After a failure the transaction is good for nothing.
func (t *tx) send(ctx context.Context, read func(pgx.Rows) error) (pgconn.CommandTag, error) {
	batch := t.pending
	t.pending, t.open = &pgx.Batch{}, true
	tag, err := results(t.conn.Conn().SendBatch(ctx, batch), batch.Len(), read)
	if err != nil {
		t.failed = onConn(ctx, t.conn.Conn(), err)
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
