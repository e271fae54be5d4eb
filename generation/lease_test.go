package generation_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"claude-mem/generation"
	"claude-mem/memory"
	"claude-mem/providers"
)

// A call may last much longer than a lease.
func TestLeaseIsKeptWhileTheProviderWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		_, j := h.oweEvent()
		p := &provider{answer: slow(10 * time.Minute)}
		long := func(c *generation.Config) { c.CallTimeout = time.Hour }
		h.start(p, long)
		h.start(p, long)
		time.Sleep(9 * time.Minute)
		if got := h.now(j); got.Status != memory.JobProcessing || got.Attempts != 1 {
			t.Errorf("job is %s after %d attempts", got.Status, got.Attempts)
		}
		time.Sleep(2 * time.Minute)
		if n := len(p.asked()); n != 1 || h.now(j).Status != memory.JobCompleted {
			t.Errorf("%d calls; job is %s", n, h.now(j).Status)
		}
	})
}

// A worker that cannot reach the store for longer than its lease loses the job to
// another. When it comes back with an answer, that is refused.
func TestTakeoverRefusesTheLateFinish(t *testing.T) {
	for name, late := range map[string]func(context.Context, int, providers.Request) (providers.Response, error){
		"of a provider that can be broken off": slow(10 * time.Minute),
		"of a provider that cannot": func(_ context.Context, _ int, r providers.Request) (providers.Response, error) {
			time.Sleep(10 * time.Minute)
			return answer(r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				_, j := h.oweEvent()
				cut := &flakyStore{Store: h.store}
				first := &provider{answer: late}
				h.start(first, func(c *generation.Config) {
					c.Store, c.Queue, c.Owner, c.CallTimeout = cut, h.newQueue(cut), "first", time.Hour
				})
				h.settle()
				if len(first.asked()) != 1 {
					t.Fatal("the first worker has not begun")
				}
				cut.down.Store(true)

				second := &provider{}
				h.start(second, func(c *generation.Config) { c.Owner = "second" })
				time.Sleep(50 * time.Second)
				if n := len(second.asked()); n != 0 {
					t.Fatal("the job was taken over while its lease held")
				}
				time.Sleep(15 * time.Second)
				got := h.now(j)
				if got.Status != memory.JobCompleted || got.Attempts != 2 || len(second.asked()) != 1 {
					t.Fatalf("after the lease ran out the job is %s, %d attempts", got.Status, got.Attempts)
				}
				cut.down.Store(false)
				time.Sleep(15 * time.Minute) // the first one is done with its call by now
				if n := len(h.observations()); n != 1 {
					t.Errorf("%d observations", n)
				}
				if diff := cmp.Diff(got, h.now(j)); diff != "" {
					t.Errorf("the late finish changed the job (-before +after):\n%s", diff)
				}
				want := []string{
					memory.AuditJobProcessing, memory.AuditJobStalled, memory.AuditJobProcessing, memory.AuditJobCompleted,
				}
				if diff := cmp.Diff(want, h.audits(j.ID)); diff != "" {
					t.Errorf("audits (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// Two attempts of processes that bear the same name are still two: the first, late,
// must not end the job in the place of the second, which is at it.
func TestLateAttemptIsNotTakenForTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		_, j := h.oweEvent()
		cut := &flakyStore{Store: h.store}
		late := &provider{answer: func(_ context.Context, _ int, r providers.Request) (providers.Response, error) {
			time.Sleep(2 * time.Minute)
			return answer(r)
		}}
		h.start(late, func(c *generation.Config) { c.Store, c.Queue, c.CallTimeout = cut, h.newQueue(cut), time.Hour })
		h.settle()
		cut.down.Store(true)
		next := &provider{answer: slow(10 * time.Minute)}
		h.start(next, func(c *generation.Config) { c.CallTimeout = time.Hour })
		time.Sleep(100 * time.Second)
		cut.down.Store(false)
		time.Sleep(time.Minute) // the first one answers
		if len(late.asked()) != 1 || len(next.asked()) != 1 {
			t.Fatalf("%d and %d calls", len(late.asked()), len(next.asked()))
		}
		if got := h.now(j); got.Status != memory.JobProcessing || len(h.observations()) != 0 {
			t.Errorf("job is %s with %d observations", got.Status, len(h.observations()))
		}
		time.Sleep(10 * time.Minute)
		if got := h.now(j); got.Status != memory.JobCompleted || got.Attempts != 2 || len(h.observations()) != 1 {
			t.Errorf("job is %s after %d attempts with %d observations", got.Status, got.Attempts, len(h.observations()))
		}
	})
}

// Whatever the provider does when the job is cancelled under its hands, nothing is
// written.
func TestCancelWhileTheProviderWorksWins(t *testing.T) {
	for name, work := range map[string]func(context.Context, int, providers.Request) (providers.Response, error){
		"and breaks off": slow(time.Minute),
		"and answers":    slow(10 * time.Second), // before the lease is next renewed
		"and fails": func(context.Context, int, providers.Request) (providers.Response, error) {
			time.Sleep(10 * time.Second)
			return providers.Response{}, classified(providers.Transient)
		},
		"and does not mind at all ": func(_ context.Context, _ int, r providers.Request) (providers.Response, error) {
			time.Sleep(time.Minute)
			return answer(r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				_, j := h.oweEvent()
				h.start(&provider{answer: work}, func(c *generation.Config) {
					c.OnFinished = func(j memory.Job) { t.Errorf("the worker finished the job as %s", j.Status) }
				})
				h.settle()
				h.inTx(func(tx txn) error {
					_, err := tx.CancelJob(t.Context(), h.scope, j.ID, memory.Now())
					return err
				})
				cancelled := h.now(j)
				cancelled.ReservedTokens = 0 // it pays all the same
				time.Sleep(5 * time.Minute)
				if diff := cmp.Diff(cancelled, h.now(j)); diff != "" || cancelled.Status != memory.JobCancelled {
					t.Errorf("the cancelled job changed (-before +after):\n%s", diff)
				}
				if n := len(h.observations()); n != 0 {
					t.Errorf("%d observations", n)
				}
				if b := h.books(); b.Cancelled != 1 || !b.Closed() {
					t.Errorf("books %+v", b)
				}
			})
		})
	}
}

// A process that dies between lease and finish leaves a lease and a hidden
// message behind. The next one needs no restart and no help to find the job.
func TestCrashBetweenLeaseAndFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		_, j := h.oweEvent()
		h.inTx(func(tx txn) error {
			now := memory.Now()
			_, err := tx.LeaseJob(t.Context(), j.ID, "the dead", now, now.Add(time.Minute))
			return err
		})
		h.receive() // as the dead one did
		p := &provider{}
		h.start(p)
		time.Sleep(58 * time.Second)
		if n := len(p.asked()); n != 0 {
			t.Fatalf("%d calls while the lease held", n)
		}
		time.Sleep(5 * time.Second)
		if got := h.now(j); got.Status != memory.JobCompleted || got.Attempts != 2 {
			t.Errorf("job is %s after %d attempts", got.Status, got.Attempts)
		}
	})
}

// A job that takes every worker down with it is not tried for ever.
func TestCrashesUseUpAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		_, j := h.oweEvent()
		finished := make(chan memory.Job, 1)
		for n := range memory.DefaultMaxAttempts {
			h.inTx(func(tx txn) error {
				now := memory.Now()
				if n > 0 { // a reconciler elsewhere
					if _, _, err := tx.RecoverJobs(t.Context(), now, 10); err != nil {
						return err
					}
				}
				_, err := tx.LeaseJob(t.Context(), j.ID, "the dead", now, now.Add(time.Minute))
				return err
			})
			time.Sleep(time.Minute)
		}
		p := &provider{}
		h.receive()
		h.start(p, func(c *generation.Config) { c.OnFinished = func(j memory.Job) { finished <- j } })
		if got := <-finished; got.Status != memory.JobFailed || got.LastError == "" || len(p.asked()) != 0 {
			t.Errorf("job is %s because of %q after %d calls", got.Status, got.LastError, len(p.asked()))
		}
		want := []string{memory.AuditJobStalled, memory.AuditJobFailed}
		if diff := cmp.Diff(want, h.audits(j.ID)); diff != "" {
			t.Errorf("audits (-want +got):\n%s", diff)
		}
		if b := h.books(); b.Failed != 1 || !b.Closed() {
			t.Errorf("books %+v", b)
		}
	})
}

// receive takes the messages of the event lane as a consumer that dies does: they
// stay hidden for a while.
func (h *harness) receive() {
	h.t.Helper()
	err := h.store.WriteSQL(context.Background(), func(tx sqlTx) error {
		_, err := tx.Exec(`update goqite set received = received + 1, timeout = ?`,
			time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05.000Z07:00"))
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func TestStopFinishesWhatIsNearlyDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		_, j := h.oweEvent()
		_, stop := h.start(&provider{answer: slow(8 * time.Second)})
		h.settle()
		began := time.Now()
		stop()
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("stopping took %v", took)
		}
		if got := h.now(j); got.Status != memory.JobCompleted || len(h.observations()) != 1 {
			t.Errorf("job is %s with %d observations", got.Status, len(h.observations()))
		}
	})
}

func TestStopPutsTheOthersBack(t *testing.T) {
	for name, stopIt := range map[string]func(h *harness, stop func()){
		"when asked to":            func(_ *harness, stop func()) { stop() },
		"when the queue is closed": func(h *harness, stop func()) { h.closed = true; h.queue.Close(); stop(); h.closed = false },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				_, j := h.oweEvent()
				_, stop := h.start(stuck())
				h.settle()
				began := time.Now()
				stopIt(h, stop)
				if took := time.Since(began); took > 6*time.Second {
					t.Errorf("stopping took %v", took)
				}
				got := h.now(j)
				if got.Status != memory.JobQueued || got.Attempts != 0 || got.LockedBy != "" || got.LastError != "" {
					t.Errorf("job is %s after %d attempts, locked by %q, last error %q", got.Status, got.Attempts, got.LockedBy, got.LastError)
				}
				h.queue = h.newQueue(h.store)
				h.store.SetOutbox(h.queue)
				h.start(&provider{})
				h.settle()
				if got := h.now(j); got.Status != memory.JobCompleted || got.Attempts != 1 {
					t.Errorf("in the next process the job is %s after %d attempts", got.Status, got.Attempts)
				}
			})
		})
	}
}
