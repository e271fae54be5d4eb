package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
	"claude-mem/storage"
)

const (
	// maxAttempts is how often a transaction is run that clashes with others or
	// loses its connection.
	maxAttempts = 6
	// firstPause is the longest pause before the second attempt; it doubles for
	// each that follows.
	firstPause = 10 * time.Millisecond
	// maxPending is how many statements wait in a transaction until they are sent
	// though nobody asked for an answer: more would only cost memory.
	maxPending = 256
)

// tx implements storage.Tx on one connection.
type tx struct {
	reads
	conn    *pgx.Conn
	pending *pgx.Batch // what is to be sent before the next statement
	open    bool       // BEGIN was sent
	failed  error      // why the transaction can only be rolled back
	msgs    []memory.Message

	newEvents map[string]bool // ids of the events it stored, that have no job
	jobs      []memory.Job    // to be stored before the next statement
}

var _ storage.Tx = (*tx)(nil)

func newTx(conn *pgx.Conn, stats *statistics) *tx {
	t := &tx{conn: conn, pending: &pgx.Batch{}, newEvents: make(map[string]bool)}
	t.reads = reads{q: t, stats: stats}
	t.pending.Queue("begin")
	return t
}

// InTx implements [storage.Store].
func (s *Store) InTx(ctx context.Context, fn func(tx storage.Tx) error) error {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		msgs, again, err := s.attempt(ctx, fn)
		switch {
		case err == nil:
			s.publisher.send(ctx, msgs)
			return nil
		case !again || attempt == maxAttempts || ctx.Err() != nil:
			return err
		case lost(err):
			s.pool.Reset() // idle ones are likely to be gone too
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(rand.N(pause)): // apart from whoever it clashed with
		}
		pause *= 2
	}
}

// attempt runs fn once. again means that nothing stays of it and that another
// attempt may succeed.
func (s *Store) attempt(ctx context.Context, fn func(tx storage.Tx) error) (msgs []memory.Message, again bool, err error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, lost(err), convert(err)
	}
	defer conn.Release()
	t := newTx(conn.Conn(), s.stats)
	if err := t.call(fn); err != nil {
		t.rollback(ctx)
		return nil, clashed(t.failed) || lost(t.failed), err
	}
	if err := t.commit(ctx); err != nil {
		t.rollback(ctx)
		return nil, clashed(t.failed), err
	}
	return t.msgs, false, nil
}

// call runs fn; a panic becomes an error, as in the other engines.
func (t *tx) call(fn func(tx storage.Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a transaction panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(t)
}

// query implements querier: it sends what is pending and q, in one go.
func (t *tx) query(ctx context.Context, q *query, read func(pgx.Rows) error) (int64, error) {
	if t.failed != nil {
		return 0, t.failure()
	}
	t.queueJobs()
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
	if t.failed == nil && t.pending.Len() >= maxPending {
		_, err := t.exec(ctx, q)
		return err
	}
	t.queue(q)
	return t.failure()
}

// queue puts a statement where the next round trip begins.
func (t *tx) queue(q *query) { t.pending.Queue(q.text.String(), q.args...) }

// queueJobs makes a statement of the jobs that wait.
func (t *tx) queueJobs() {
	if len(t.jobs) > 0 {
		t.queue(jobTable.insert(t.jobs...))
		t.jobs = nil
	}
}

// failure is why the transaction cannot go on, if it cannot.
func (t *tx) failure() error { return convert(t.failed) }

// commit ends the transaction. One that sent nothing yet has nothing to say.
func (t *tx) commit(ctx context.Context) error {
	if t.failed != nil {
		// A function must not make a success of what Postgres has undone.
		return fmt.Errorf("commit a failed transaction: %w", t.failure())
	}
	t.queueJobs()
	if !t.open && t.pending.Len() == 1 {
		return nil
	}
	t.pending.Queue("commit")
	tag, err := t.send(ctx, func(pgx.Rows) error { return nil })
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if tag.String() != "COMMIT" {
		return fmt.Errorf("commit: the database answered %s", tag)
	}
	return nil
}

// rollback makes the connection usable again, if there is one.
func (t *tx) rollback(ctx context.Context) {
	if !t.open || t.conn.IsClosed() {
		return
	}
	// The caller's context may be why we are here.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectFor)
	defer cancel()
	if _, err := t.conn.Exec(ctx, "rollback"); err != nil {
		_ = t.conn.Close(ctx)
	}
}

// Enqueue implements [storage.Tx].
func (t *tx) Enqueue(_ context.Context, msgs ...memory.Message) error {
	t.msgs = append(t.msgs, msgs...)
	return nil
}
