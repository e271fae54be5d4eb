package storagetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"claude-mem/memory"
	"claude-mem/storage"
)

// testTransactions checks that a transaction is all or nothing, also when its
// function panics, and that its error reaches the caller untouched.
func testTransactions(f *fixture) {
	e := newEvent(f.ours, "", 1)
	e.Metadata = []byte("{}")
	mine := errors.New("mine")
	err := f.store.InTx(f.ctx, func(tx storage.Tx) error {
		if _, _, err := tx.PutEvent(f.ctx, e); err != nil {
			return err
		}
		got, err := tx.Event(f.ctx, f.ours, e.ID)
		f.ok(err)
		f.same("a transaction reads its own writes", got, e)
		return mine
	})
	if err != mine { //nolint:errorlint // the contract is that very error
		f.Errorf("got %v, not the function's own error", err)
	}
	_, err = f.store.Event(f.ctx, f.ours, e.ID)
	f.fails("what was undone", err, memory.ErrNotFound)

	err = f.store.InTx(f.ctx, func(tx storage.Tx) error {
		if _, _, err := tx.PutEvent(f.ctx, e); err != nil {
			return err
		}
		panic("on purpose")
	})
	if err == nil {
		f.Error("a panic is a success")
	}
	_, err = f.store.Event(f.ctx, f.ours, e.ID)
	f.fails("what a panic undid", err, memory.ErrNotFound)

	f.putEvent(e)
	_, err = f.store.Event(f.ctx, f.ours, e.ID)
	f.ok(err)
	info, err := f.store.Info(f.ctx)
	f.ok(err)
	if info.Driver == "" || info.SchemaVersion <= 0 {
		f.Errorf("info %+v", info)
	}
}

// testCancellation checks that a caller who gives up leaves nothing half done.
func testCancellation(f *fixture) {
	ctx, cancel := context.WithCancel(f.ctx)
	e := newEvent(f.ours, "", 1)
	err := f.store.InTx(ctx, func(tx storage.Tx) error {
		if _, _, err := tx.PutEvent(ctx, e); err != nil {
			return err
		}
		cancel()
		_, _, err := tx.PutEvent(ctx, newEvent(f.ours, "", 2))
		return err
	})
	f.fails("cancelled in the middle", err, context.Canceled)
	_, err = f.store.Event(f.ctx, f.ours, e.ID)
	f.fails("what it had written", err, memory.ErrNotFound)

	ran := false
	err = f.store.InTx(ctx, func(storage.Tx) error { ran = true; return nil })
	f.fails("cancelled before", err, context.Canceled)
	f.same("it ran", ran, false)
	_, err = f.store.Projects(ctx, f.ours, storage.Page{})
	f.fails("a read that is cancelled", err, context.Canceled)
	_, err = f.store.Matching(ctx, f.ours, storage.Matching{Clauses: [][]string{{"a"}, {"b"}}})
	f.fails("a search that is cancelled", err, context.Canceled)

	f.putEvent(e) // nothing is left that would stand in the way
}

// testOutbox checks that messages go with their transaction or not at all.
func testOutbox(f *fixture) {
	enqueue := func(source string, end error) error {
		return f.store.InTx(f.ctx, func(tx storage.Tx) error {
			j, _, err := tx.PutJob(f.ctx, newJob(f.ours, memory.KindEvent, source, 1))
			if err != nil {
				return err
			}
			again := j.Message()
			again.ID += "-again"
			if err := tx.Enqueue(f.ctx, j.Message(), again); err != nil {
				return err
			}
			return errors.Join(tx.Enqueue(f.ctx), end)
		})
	}
	f.ok(enqueue("a", nil))
	undone := errors.New("undone")
	f.fails("undone", enqueue("b", undone), undone)
	f.ok(enqueue("c", nil))
	f.same("messages go with their transaction", ids(f.sent(), func(m memory.Message) string { return m.SourceID }),
		[]string{"a", "a", "c", "c"})
	j, err := f.store.JobOfSource(f.ctx, f.ours, memory.KindEvent, "a")
	f.ok(err)
	f.same("message", f.sent()[0], j.Message())
}

// testConcurrency lets many write, fail and read at once: nothing is lost, nothing
// is doubled, and one of all wins what only one can have.
func testConcurrency(f *fixture) {
	const writers, each = 16, 25
	s := f.putSession(newSession(f.ours, "s", 1))
	contested := f.putJob(newJob(f.ours, memory.KindEvent, "contested", 1))
	undone := errors.New("undone")
	var kept, created, leased atomic.Int64
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				at := memory.Epoch(w*each + i + 1)
				err := f.store.InTx(f.ctx, func(tx storage.Tx) error {
					e := newEvent(f.ours, s.ID, at)
					j := newJob(f.ours, memory.KindEvent, e.ID, at)
					_, _, err := tx.PutEvent(f.ctx, e)
					_, _, err2 := tx.PutJob(f.ctx, j)
					if err := errors.Join(err, err2, tx.Enqueue(f.ctx, j.Message())); err != nil || i%3 > 0 {
						return err
					}
					return undone // a neighbour in the same commit must not mind
				})
				switch {
				case err == nil:
					kept.Add(1)
				case !errors.Is(err, undone):
					f.Errorf("writer %d: %v", w, err)
				}
				if _, err := f.store.CountSessionEvents(f.ctx, f.ours, s.ID); err != nil {
					f.Errorf("reader %d: %v", w, err)
				}
			}
			one := newEvent(f.ours, s.ID, 1)
			one.DedupeKey = "the same for all"
			var isNew bool
			if err := f.store.InTx(f.ctx, func(tx storage.Tx) (err error) {
				_, isNew, err = tx.PutEvent(f.ctx, one)
				return err
			}); err != nil {
				f.Errorf("writer %d: %v", w, err)
			} else if isNew {
				created.Add(1)
			}
			if _, err := f.lease(contested.ID, fmt.Sprint(w), 100, 200); err == nil {
				leased.Add(1)
			} else if !errors.Is(err, memory.ErrConflict) {
				f.Errorf("writer %d: %v", w, err)
			}
		})
	}
	wg.Wait()
	f.same("one of all made the event", created.Load(), int64(1))
	f.same("one of all has the lease", leased.Load(), int64(1))
	n, err := f.store.CountSessionEvents(f.ctx, f.ours, s.ID)
	f.ok(err)
	f.same("events", n, kept.Load()+1)
	f.same("messages", int64(len(f.sent())), kept.Load())
}

// testHolding lets many read a row and write it back with one letter more, at a time:
// no letter gets lost.
func testHolding(f *fixture) {
	const writers, each = 4, 10
	o := f.putObservation(newObservation(f.ours, "held", 1))
	observation := func(tx storage.Tx) error {
		held, err := tx.HoldObservation(f.ctx, f.ours, o.ID)
		if err != nil {
			return err
		}
		held.Content += "x"
		_, err = tx.UpdateObservation(f.ctx, held)
		return err
	}
	project := func(tx storage.Tx) error {
		p, err := tx.HoldProject(f.ctx, f.ours, f.ours.ProjectID)
		if err != nil {
			return err
		}
		var m map[string]string
		if err := json.Unmarshal(p.Metadata, &m); err != nil {
			return err
		}
		metadata, err := json.Marshal(map[string]string{"grown": m["grown"] + "x"})
		if err != nil {
			return err
		}
		_, err = tx.SetProjectMetadata(f.ctx, f.ours, p.ID, metadata, 2)
		return err
	}
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				for _, grow := range []func(storage.Tx) error{observation, project} {
					if err := f.store.InTx(f.ctx, grow); err != nil {
						f.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	all := strings.Repeat("x", writers*each)
	grown, err := f.store.Observation(f.ctx, f.ours, o.ID)
	f.ok(err)
	f.same("content", grown.Content, o.Content+all)
	p, err := f.store.Project(f.ctx, f.ours, f.ours.ProjectID)
	f.ok(err)
	f.same("metadata", string(bytes.ReplaceAll(p.Metadata, []byte(" "), nil)), `{"grown":"`+all+`"}`)
	f.tx(func(tx storage.Tx) error {
		_, err := tx.HoldObservation(f.ctx, f.ours, "nothing")
		f.fails("a missing observation", err, memory.ErrNotFound)
		_, err = tx.HoldProject(f.ctx, f.ours, "nothing")
		f.fails("a missing project", err, memory.ErrNotFound)
		return nil
	})
}

// testClosing checks that a closed store refuses and does not hang.
func testClosing(f *fixture) {
	f.putEvent(newEvent(f.ours, "", 1))
	f.ok(f.store.Close())
	if err := f.store.InTx(f.ctx, func(storage.Tx) error { return nil }); err == nil {
		f.Error("a closed store takes transactions")
	}
	if _, err := f.store.Projects(f.ctx, f.ours, storage.Page{}); err == nil {
		f.Error("a closed store answers")
	}
	f.ok(f.store.Close())
}
