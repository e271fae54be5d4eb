package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

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
	db       *sql.DB
	st       *statements
	outbox   atomic.Pointer[Outbox]
	fault    atomic.Pointer[error] // see Store.Fault
	moved    func() bool           // whether a commit would go nowhere
	upkeep   *upkeep
	queue    chan *op
	stopping chan struct{} // closed: take no more
	stopped  chan struct{} // closed: the goroutine has ended
	once     atomic.Bool
}

func startWriter(db *sql.DB, u *upkeep, moved func() bool) *writer {
	w := &writer{
		db: db, st: newStatements(db), upkeep: u, moved: moved,
		queue: make(chan *op, maxWaiting), stopping: make(chan struct{}), stopped: make(chan struct{}),
	}
	go w.loop()
	return w
}

// stop runs what waits and ends the goroutine. Only the first call reports true.
func (w *writer) stop() bool {
	if !w.once.CompareAndSwap(false, true) {
		return false
	}
	close(w.stopping)
	<-w.stopped
	return true
}

// op is one caller's transaction.
type op struct {
	ctx  context.Context
	fn   func(g *group) error
	held atomic.Bool      // by the writer, to run it, or by the caller, to give it up
	done chan error       // buffered: the writer never waits for a caller
	msgs []memory.Message // that it enqueued
}

// claim reports whether the caller of claim is the first, and so decides what
// becomes of the op.
func (o *op) claim() bool { return o.held.CompareAndSwap(false, true) }

// do runs fn in a transaction and returns when it is committed or undone.
func (w *writer) do(ctx context.Context, fn func(g *group) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-w.stopping: // even if there is room in the queue
		return errClosed
	default:
	}
	o := &op{ctx: ctx, fn: fn, done: make(chan error, 1)}
	select {
	case w.queue <- o:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stopping:
		return errClosed
	}
	select {
	case err := <-o.done:
		return err
	case <-ctx.Done():
		if o.claim() {
			return ctx.Err()
		}
	case <-w.stopped:
		// It was queued after the writer had looked for the last time.
		if o.claim() {
			return errClosed
		}
	}
	return <-o.done
}

// loop is the writer's goroutine.
func (w *writer) loop() {
	defer close(w.stopped)
	idle := time.NewTimer(w.upkeep.idle)
	defer idle.Stop()
	for {
		select {
		case o := <-w.queue:
			w.runAll(w.gather(o))
			idle.Reset(w.upkeep.idle)
		case <-idle.C:
			w.upkeep.whenIdle(w.db)
		case <-w.stopping:
			for {
				select {
				case o := <-w.queue:
					w.runAll(w.gather(o))
				default:
					w.st.close()
					return
				}
			}
		}
	}
}

// gather takes what waits besides first, up to a group, leaving out what was
// given up.
func (w *writer) gather(first *op) []*op {
	batch := make([]*op, 0, maxGroup)
	for o := first; ; {
		if o.claim() {
			batch = append(batch, o)
		}
		if len(batch) == maxGroup {
			return batch
		}
		select {
		case o = <-w.queue:
		default:
			return batch
		}
	}
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
		answer(batch, errMoved)
		return nil
	}
	// The transaction outlives any one caller, so no caller's context is in it.
	tx, err := w.db.BeginTx(context.Background(), nil)
	if err != nil {
		w.noteFault(err)
		answer(batch, fmt.Errorf("begin: %w", convert(err)))
		return nil
	}
	g := &group{tx: tx, st: w.st, outbox: *w.outbox.Load(), alone: len(batch) == 1}
	before := w.changes(g)
	var good []*op
	for i, o := range batch {
		broken, err := g.run(o)
		w.noteFault(err)
		if broken {
			tx.Rollback()
			answer([]*op{o}, err)
			return append(good, batch[i+1:]...)
		}
		if err != nil {
			answer([]*op{o}, err)
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
	answer(good, err)
	if err == nil && sent {
		g.outbox.Committed()
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
		msgs = append(msgs, o.msgs...)
	}
	if len(msgs) == 0 {
		return false, nil
	}
	return true, g.outbox.SendTx(context.Background(), g.tx, msgs)
}

func answer(ops []*op, err error) {
	for _, o := range ops {
		o.done <- err
	}
}

// call runs the op's function; a panic becomes an error, as the goroutine belongs
// to everybody.
func (o *op) call(g *group) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a transaction panicked: %v\n%s", p, debug.Stack())
		}
	}()
	if err := o.ctx.Err(); err != nil {
		return err
	}
	return o.fn(g)
}
