package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"claude-mem/internal/grouped"
	"claude-mem/internal/spelling"
	"claude-mem/memory"
)

const (
	// maxGroup is how many transactions share one commit at most.
	maxGroup = 64
	// maxWaiting is how many transactions wait for the writer before callers are
	// held back.
	maxWaiting = 256
)

// errClosed is what a transaction gets that came too late.
var errClosed = &memory.Error{Code: memory.CodeUnavailable, Message: "the database is closed"}

// writer runs transactions one after the other on the one writing connection and
// commits as many as wait in one go.
type writer struct {
	db     *sql.DB
	st     *statements
	outbox atomic.Pointer[Outbox]
	fault  atomic.Pointer[error] // see Store.Fault
	moved  func() bool           // whether a commit would go nowhere
	upkeep *upkeep
	known  *spelling.Known
	queue  *grouped.Queue[transaction]
}

// transaction is what one caller wants done.
type transaction struct {
	ctx  context.Context
	fn   func(g *group) error
	msgs []memory.Message // that it enqueued

	learned []learned // see words.go
}

// op is a transaction and whoever waits for it.
type op = grouped.Item[transaction]

func startWriter(db *sql.DB, u *upkeep, moved func() bool) *writer {
	w := &writer{db: db, st: newStatements(db), upkeep: u, moved: moved, known: spelling.NewKnown()}
	w.queue = grouped.Start(grouped.Options[transaction]{
		Run: w.runAll, Most: maxGroup, Waiting: maxWaiting, Closed: errClosed,
		WhenIdle: func() { u.whenIdle(db) }, Idle: u.idle,
	})
	return w
}

// stop runs what waits and ends the goroutine. Only the first call reports true.
func (w *writer) stop() bool {
	if !w.queue.Stop() {
		return false
	}
	w.st.close()
	return true
}

// do runs fn in a transaction and returns when it is committed or undone.
func (w *writer) do(ctx context.Context, fn func(g *group) error) error {
	return w.queue.Do(ctx, transaction{ctx: ctx, fn: fn})
}

// runAll runs the batch, in one transaction unless one of its ops destroys that:
// then the others begin again without it.
func (w *writer) runAll(batch []*op) {
	for len(batch) > 0 {
		batch = w.run(batch)
	}
	w.upkeep.afterGroup(w.db)
}

// run runs the batch in one transaction, answers the ops and returns those to be
// run again.
func (w *writer) run(batch []*op) []*op {
	if w.moved() { // a look at the file costs a thousandth of a commit
		grouped.Answer(errMoved, batch...)
		return nil
	}
	// The transaction outlives any one caller, so no caller's context is in it.
	tx, err := w.db.BeginTx(context.Background(), nil)
	if err != nil {
		w.noteFault(err)
		grouped.Answer(fmt.Errorf("begin: %w", convert(err)), batch...)
		return nil
	}
	g := &group{tx: tx, st: w.st, outbox: *w.outbox.Load(), alone: len(batch) == 1, known: w.known}
	before := w.changes(g)
	var good []*op
	for i, o := range batch {
		broken, err := g.run(&o.Value)
		w.noteFault(err)
		if broken {
			tx.Rollback()
			grouped.Answer(err, o)
			return append(good, batch[i+1:]...)
		}
		if err != nil {
			grouped.Answer(err, o)
			continue
		}
		good = append(good, o)
	}
	w.end(g, good, before)
	return nil
}

// end commits the group, or undoes it when there is nothing good in it. before is
// what changes said when it began.
func (w *writer) end(g *group, good []*op, before int64) {
	if len(good) == 0 {
		g.tx.Rollback()
		return
	}
	sent, err := g.send(good)
	wrote := w.changes(g) > before
	if err == nil {
		err = g.tx.Commit()
	}
	if err == nil && wrote {
		w.fault.Store(nil)
	}
	if err != nil {
		w.noteFault(err)
		g.tx.Rollback() // does nothing where the commit failed
		err = fmt.Errorf("commit: %w", convert(err))
	}
	// Callers come first: the worker that Committed wakes takes their processor.
	grouped.Answer(err, good...)
	if err == nil && sent {
		g.outbox.Committed()
	}
	if err == nil {
		g.know(good)
	}
	for _, text := range g.wanted {
		if !w.st.full() {
			// A text that cannot be prepared fails where it is used.
			_, _ = w.st.prepare(context.Background(), text)
		}
	}
}

// send hands what the ops enqueued to the outbox and reports whether that was any.
func (g *group) send(ops []*op) (bool, error) {
	var msgs []memory.Message
	for _, o := range ops {
		msgs = append(msgs, o.Value.msgs...)
	}
	if len(msgs) == 0 {
		return false, nil
	}
	return true, g.outbox.SendTx(context.Background(), g.tx, msgs)
}

// call runs the transaction's function; a panic becomes an error, as the goroutine
// belongs to everybody.
func (t *transaction) call(g *group) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a transaction panicked: %v\n%s", p, debug.Stack())
		}
	}()
	if err := t.ctx.Err(); err != nil {
		return err
	}
	return t.fn(g)
}
