package generation_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"claude-mem/generation"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/queue"
)

// A transport may lose a message; the row says what is owed.
func TestLostMessageIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		j := h.storedOnly()
		h.start(&provider{}, func(c *generation.Config) { c.ReannounceAfter = 20 * time.Second })
		time.Sleep(19 * time.Second)
		if got := h.now(j); got.Status != memory.JobQueued {
			t.Fatalf("job is %s before anybody heard of it", got.Status)
		}
		time.Sleep(5 * time.Second)
		if got := h.now(j); got.Status != memory.JobCompleted {
			t.Errorf("job is %s", got.Status)
		}
	})
}

// forgetful is a transport that forgot everything at a time, or is away.
type forgetful struct {
	queue.Queue
	since atomic.Int64 // 0: it is away
	empty atomic.Bool
}

func (f *forgetful) RemembersSince(context.Context) (memory.Epoch, error) {
	since := memory.Epoch(f.since.Load())
	if since == 0 {
		return 0, errors.New("away")
	}
	return since, nil
}

// Counts tells of a message of somebody else's unless nobody has any.
func (f *forgetful) Counts(context.Context) ([]queue.Counts, error) {
	n := int64(1)
	if f.empty.Load() {
		n = 0
	}
	return []queue.Counts{{Lane: memory.LaneEvent, Active: n}}, nil
}

// A transport that holds nothing while a job waits has lost its message, if ever it
// got it.
func TestStarvedTransportIsFed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		j := h.storedOnly()
		transport := &forgetful{Queue: h.queue}
		transport.since.Store(int64(memory.Now().Add(-time.Hour)))
		h.start(&provider{}, func(c *generation.Config) { c.Queue, c.ReannounceAfter = transport, time.Hour })
		time.Sleep(time.Minute)
		if got := h.now(j); got.Status != memory.JobQueued {
			t.Fatalf("job is %s though its message may be among those that are there", got.Status)
		}
		transport.empty.Store(true)
		time.Sleep(10 * time.Second)
		if got := h.now(j); got.Status != memory.JobCompleted {
			t.Errorf("job is %s", got.Status)
		}
	})
}

// storedOnly owes a job that nobody hears of.
func (h *harness) storedOnly() memory.Job {
	h.t.Helper()
	e := h.event()
	h.put(e)
	j := h.job(memory.KindEvent, e.ID)
	h.storeOnly(j)
	return j
}

// What a transport forgot is announced as soon as that shows, however patient the
// worker is with a message that may only be late, and not while nobody hears it.
func TestForgottenMessagesAreSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		j := h.storedOnly()
		spy, transport := &flakyStore{Store: h.store}, &forgetful{Queue: h.queue}
		transport.since.Store(int64(memory.Now().Add(-time.Hour)))
		h.start(&provider{}, func(c *generation.Config) {
			c.Queue, c.Store, c.ReannounceAfter = transport, spy, time.Hour
		})
		time.Sleep(time.Minute)
		if got := h.now(j); got.Status != memory.JobQueued {
			t.Fatalf("job is %s though its message may only be late", got.Status)
		}
		before := spy.txs.Load() // a worker that starts resumes what waits for budgets
		transport.since.Store(0)
		time.Sleep(2 * time.Hour)
		if got, n := h.now(j), spy.txs.Load()-before; got.Status != memory.JobQueued || n != 0 {
			t.Fatalf("job is %s after %d transactions though the transport is away", got.Status, n)
		}
		transport.since.Store(int64(memory.Now()))
		time.Sleep(5 * time.Second)
		if got := h.now(j); got.Status != memory.JobCompleted {
			t.Errorf("job is %s", got.Status)
		}
	})
}

// A backlog larger than one batch is announced without waiting in between.
func TestReconcilerCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		const n = 500
		h.inTx(func(tx txn) error {
			for range n {
				e := h.event()
				if _, _, err := tx.PutEvent(t.Context(), e); err != nil {
					return err
				}
				if _, _, err := tx.PutJob(t.Context(), h.job(memory.KindEvent, e.ID)); err != nil {
					return err
				}
			}
			return nil
		})
		h.start(&provider{}, func(c *generation.Config) { c.ReannounceAfter = 10 * time.Second })
		time.Sleep(13 * time.Second)
		if b := h.books(); b.Written != n || !b.Closed() {
			t.Errorf("books %+v", b)
		}
	})
}

func TestIdleStoreIsNotWrittenTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		spy := &flakyStore{Store: h.store}
		h.oweEvent()
		h.start(&provider{}, func(c *generation.Config) { c.Store = spy })
		h.settle()
		before := spy.txs.Load()
		time.Sleep(10 * time.Minute)
		if n := spy.txs.Load() - before; n != 0 || before == 0 {
			t.Errorf("%d transactions in ten idle minutes, %d before", n, before)
		}
	})
}

// The reconciler does its work while the provider refuses to do its own.
func TestReconcilerRunsWhilePaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		_, stalled := h.oweEvent()
		h.inTx(func(tx txn) error {
			now := memory.Now()
			_, err := tx.LeaseJob(t.Context(), stalled.ID, "the dead", now, now.Add(time.Minute))
			return err
		})
		for range 20 {
			h.oweEvent()
		}
		w, _ := h.start(refusing(1000, classified(providers.Quota)))
		time.Sleep(70 * time.Second)
		if len(w.Pauses()) != 1 {
			t.Fatal("the lane is not paused")
		}
		if got := h.now(stalled); got.Status != memory.JobQueued {
			t.Errorf("a job whose lease ran out is %s", got.Status)
		}
	})
}

// A store that fails for a while does not stop the worker for good.
func TestWorkerSurvivesAStoreThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		broken := &flakyStore{Store: h.store}
		broken.down.Store(true)
		_, j := h.oweEvent()
		h.start(&provider{}, func(c *generation.Config) { c.Store = broken })
		time.Sleep(time.Minute)
		if got := h.now(j); got.Status != memory.JobQueued {
			t.Fatalf("job is %s", got.Status)
		}
		broken.down.Store(false)
		time.Sleep(time.Minute)
		if got := h.now(j); got.Status != memory.JobCompleted || got.Attempts != 1 {
			t.Errorf("job is %s after %d attempts", got.Status, got.Attempts)
		}
	})
}

// An answer that was paid for is not thrown away for a moment's trouble.
func TestAnswerIsWrittenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		shaky := &flakyStore{Store: h.store}
		_, j := h.oweEvent()
		p := &provider{answer: func(_ context.Context, _ int, r providers.Request) (providers.Response, error) {
			shaky.down.Store(true)
			time.AfterFunc(time.Second, func() { shaky.down.Store(false) })
			return answer(r)
		}}
		h.start(p, func(c *generation.Config) { c.Store = shaky })
		h.settle()
		if got := h.now(j); got.Status != memory.JobCompleted || got.Attempts != 1 || len(p.asked()) != 1 {
			t.Errorf("job is %s after %d attempts and %d calls", got.Status, got.Attempts, len(p.asked()))
		}
	})
}
