package postgres

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"claude-mem/internal/grouped"
	"claude-mem/memory"
)

// groupFor bounds how long a group may take, whatever its callers are ready to wait.
const groupFor = 15 * time.Second

// store stores the ops, in one transaction unless that fails because of one of
// them: then in two, and so on, until that one is alone.
func (w *writer) store(ops []*op) {
	for len(ops) > 0 {
		stored, rest, err := w.group(ops)
		switch {
		case err == nil:
			// The transport must not hold up the next group.
			if len(stored) > 0 {
				w.finishing.Go(func() { w.finish(stored) })
			}
			ops = rest
		case len(ops) == 1 || concernsAll(err):
			grouped.Answer(err, ops...)
			return
		default:
			half := len(ops) / 2
			w.store(ops[:half])
			ops = ops[half:]
		}
	}
}

// verdict is what a group's events tell of its ops.
type verdict struct {
	good, wrong []*op // wrong: they guessed wrong
	spoilt      bool  // some events of a wrong one were stored
}

// group stores the ops in one transaction. Those that guessed wrong are answered;
// rest are those to be run again, if there are such.
func (w *writer) group(ops []*op) (stored, rest []*op, err error) {
	// The transaction outlives any one caller, so no caller's context is in it.
	ctx, cancel := context.WithTimeout(context.Background(), groupFor)
	defer cancel()
	var v verdict
	err = w.s.retry(ctx, func() (again bool, err error) {
		t := w.s.newTx(true)
		defer t.release()
		if v, err = t.storeOps(ctx, ops); err != nil || v.spoilt || len(v.good) == 0 {
			t.rollback(ctx)
			return clashed(t.failed) || lost(t.failed), err
		}
		if err := t.commit(ctx); err != nil {
			t.rollback(ctx)
			return clashed(t.failed), err
		}
		return false, nil
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, nil, unavailable("the database does not answer in time", err)
	case err != nil:
		return nil, nil, err
	}
	grouped.Answer(errGuess, v.wrong...)
	if v.spoilt {
		return nil, v.good, nil
	}
	return v.good, nil, nil
}

// storeOps stores the events of all ops, and prepares what goes with those that
// guessed right. A spoilt group must not be committed.
func (t *tx) storeOps(ctx context.Context, ops []*op) (v verdict, err error) {
	if err := t.acquire(ctx); err != nil {
		return v, err
	}
	var events []memory.Event
	var going []memory.Session
	for _, o := range ops {
		events, going = append(events, o.Value.events...), append(going, o.Value.going...)
	}
	var fresh newIDs
	if len(events) > 0 {
		if fresh, err = t.insertEvents(ctx, events); err != nil {
			return v, err
		}
	}
	ended, err := t.ended(ctx, going)
	if err != nil {
		return v, err
	}
	for _, o := range ops {
		n := 0
		for _, e := range o.Value.events {
			if fresh.take(e.ID) {
				n++
			}
		}
		if n < len(o.Value.events) || slices.ContainsFunc(o.Value.going, func(s memory.Session) bool { return ended[s.ID] }) {
			v.wrong, v.spoilt = append(v.wrong, o), v.spoilt || n > 0
			continue
		}
		v.good = append(v.good, o)
		t.jobs, t.audits = append(t.jobs, o.Value.jobs...), append(t.audits, o.Value.audits...)
	}
	return v, nil
}

// concernsAll reports whether an error would meet any transaction.
func concernsAll(err error) bool {
	if lost(err) || clashed(err) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, memory.ErrUnavailable) {
		return true
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && slices.Contains([]string{"08", "53", "57"}, class(e))
}

// finish publishes what the ops enqueued and answers them.
func (w *writer) finish(ops []*op) {
	var msgs []memory.Message
	for _, o := range ops {
		msgs = append(msgs, o.Value.msgs...)
	}
	w.s.publisher.send(context.Background(), msgs)
	grouped.Answer(nil, ops...)
}
