package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

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

// tx implements storage.Tx. It begins as a draft, without a connection: see draft.go.
type tx struct {
	reads
	draft
	s       *Store
	exact   bool          // it may not be a draft
	guessed bool          // it told of what nobody has asked the database yet
	conn    *pgxpool.Conn // nil while it is a draft
	pending *pgx.Batch    // what is to be sent before the next statement
	open    bool          // BEGIN was sent
	failed  error         // why the transaction can only be rolled back

	newEvents map[string]bool // ids of the events it stored, that have no job
	learned   learned         // see words.go
}

var _ storage.Tx = (*tx)(nil)

func (s *Store) newTx(exact bool) *tx {
	t := &tx{s: s, exact: exact, pending: &pgx.Batch{}, newEvents: make(map[string]bool),
		learned: learned{waiting: make(map[int64][]string), stored: make(map[int64][]string), doubtful: make(map[int64]bool)}}
	t.reads = reads{q: t, stats: s.stats}
	t.pending.Queue("begin")
	return t
}

// InTx implements [storage.Store].
func (s *Store) InTx(ctx context.Context, fn func(tx storage.Tx) error) error {
	if err := s.writer.queue.Usable(ctx); err != nil {
		return err
	}
	exact := false
	return s.retry(ctx, func() (again bool, err error) {
		t := s.newTx(exact)
		again, err = t.run(ctx, fn)
		if err != nil && t.guessed && ctx.Err() == nil {
			exact = true
			t = s.newTx(exact)
			again, err = t.run(ctx, fn)
		}
		if err == nil {
			s.publisher.send(ctx, t.msgs)
		}
		return again, err
	})
}

// retry makes attempts until one succeeds, or fails in a way that another would
// too: again says that nothing stays of it and that another one may succeed.
func (s *Store) retry(ctx context.Context, try func() (again bool, err error)) error {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		again, err := try()
		switch {
		case err == nil:
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

// run runs fn once and ends the transaction.
func (t *tx) run(ctx context.Context, fn func(tx storage.Tx) error) (again bool, err error) {
	defer t.release()
	if err := t.call(fn); err != nil {
		t.rollback(ctx)
		return clashed(t.failed) || lost(t.failed), err
	}
	if t.conn == nil {
		return lost(t.failed), t.submit(ctx)
	}
	if err := t.commit(ctx); err != nil {
		t.rollback(ctx)
		return clashed(t.failed), err
	}
	return false, nil
}

// acquire gives the transaction its connection.
func (t *tx) acquire(ctx context.Context) error {
	conn, err := t.s.pool.Acquire(ctx)
	if err != nil {
		t.failed = err
		return t.failure()
	}
	t.conn = conn
	return nil
}

// release gives the connection back.
func (t *tx) release() {
	if t.conn != nil {
		t.conn.Release()
	}
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

// commit ends the transaction. One that sent nothing yet has nothing to say.
func (t *tx) commit(ctx context.Context) error {
	if t.failed != nil {
		// A function must not make a success of what Postgres has undone.
		return fmt.Errorf("commit a failed transaction: %w", t.failure())
	}
	if err := t.putWords(ctx); err != nil {
		return err
	}
	if err := t.putDoubts(ctx); err != nil {
		return err
	}
	t.queueRows()
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
	t.know()
	return nil
}

// rollback makes the connection usable again, if there is one.
func (t *tx) rollback(ctx context.Context) {
	if !t.open || t.conn.Conn().IsClosed() {
		return
	}
	// The caller's context may be why we are here.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectFor)
	defer cancel()
	if _, err := t.conn.Exec(ctx, "rollback"); err != nil {
		_ = t.conn.Conn().Close(ctx)
	}
}

// Enqueue implements [storage.Tx].
func (t *tx) Enqueue(_ context.Context, msgs ...memory.Message) error {
	t.msgs = append(t.msgs, msgs...)
	return nil
}
