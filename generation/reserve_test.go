package generation_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"claude-mem/generation"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

// named says beforehand whom it asks.
type named struct{ *provider }

func (named) Next() (provider, model string) { return "fake", "model-1" }

// The least that a call is taken to cost before it is made.
const estimated = 4000

// A call that was cut off with its process is in the ledger by its estimate, once, and
// under the names of whom it asked; when the answer comes after all, it adds nothing.
func TestACallThatWasCutOffIsCharged(t *testing.T) {
	for name, kind := range map[string]memory.Kind{"of an event": memory.KindEvent, "of a session": memory.KindSummary} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				e, j := h.oweEvent()
				if kind == memory.KindSummary {
					j = h.oweJob(kind, string(e.SessionID))
				}
				cut := &flakyStore{Store: h.store}
				first := &provider{answer: func(_ context.Context, _ int, r providers.Request) (providers.Response, error) {
					resp, err := answer(r)
					if r.Kind == kind {
						time.Sleep(10 * time.Minute)
						resp.InputTokens = 100
					}
					return resp, err
				}}
				h.start(named{first}, func(c *generation.Config) {
					c.Store, c.Queue, c.CallTimeout = cut, h.newQueue(cut), time.Hour
				})
				h.settle()
				if got := h.now(j); got.ReservedTokens < estimated || h.used().Tokens() != 0 {
					t.Fatalf("while the call is under way %d tokens are set aside, %d used", got.ReservedTokens, h.used().Tokens())
				}
				reserved := h.now(j).ReservedTokens
				cut.down.Store(true)
				second := costly(100)
				h.start(named{second})
				time.Sleep(2 * time.Minute)
				want := reserved + int64(100*len(second.asked()))
				if used := h.used(); used.Tokens() != want || used.Calls != int64(len(first.asked())+len(second.asked())) {
					t.Errorf("used %+v, want %d tokens of %d and %d calls", used, want, len(first.asked()), len(second.asked()))
				}
				if got := h.now(j); got.Status != memory.JobCompleted || got.ReservedTokens != 0 {
					t.Errorf("the job is %s with %d tokens set aside", got.Status, got.ReservedTokens)
				}
				cut.down.Store(false)
				time.Sleep(15 * time.Minute)
				if used := h.used(); used.Tokens() != want {
					t.Errorf("the late answer makes it %d tokens, want %d", used.Tokens(), want)
				}
				rows, err := h.store.Usage(t.Context(), h.scope, storage.UsageFilter{Kind: kind}, storage.Page{})
				if err != nil || len(rows) != 1 || rows[0].Provider != "fake" || rows[0].Model != "model-1" {
					t.Errorf("the ledger has %+v, %v", rows, err)
				}
			})
		})
	}
}

// die leases the job as an attempt that is never heard of again.
func (h *harness) die(j memory.Job, tokens int64) {
	h.t.Helper()
	h.inTx(func(tx txn) error {
		now := memory.Now()
		if _, _, err := tx.RecoverJobs(context.Background(), now, 10); err != nil {
			return err
		}
		if _, err := tx.LeaseJob(context.Background(), j.ID, "the dead", now, now.Add(time.Minute)); err != nil {
			return err
		}
		return tx.ReserveTokens(context.Background(), j, "the dead", tokens)
	})
	h.receive()
}

// However a job goes on whose call was cut off, the call is charged.
func TestWhatWasCutOffIsChargedHoweverTheJobGoesOn(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(h *harness, j memory.Job)
		status    memory.JobStatus
	}{
		"it is recovered": {func(*harness, memory.Job) {}, memory.JobCompleted},
		"its attempts are used up": {func(h *harness, j memory.Job) {
			for range memory.DefaultMaxAttempts - 1 {
				time.Sleep(time.Minute)
				h.die(j, 0)
			}
			h.inTx(func(tx txn) error { return tx.ReserveTokens(context.Background(), j, "the dead", 777) })
		}, memory.JobFailed},
		"its key is revoked": {func(h *harness, _ memory.Job) {
			h.inTx(func(tx txn) error {
				_, err := tx.RevokeKey(context.Background(), memory.Scope{TeamID: h.scope.TeamID}, h.key.ID, memory.Now())
				return err
			})
		}, memory.JobFailed},
		"it is cancelled and queued again": {func(h *harness, j memory.Job) {
			h.inTx(func(tx txn) error {
				if _, err := tx.CancelJob(context.Background(), h.scope, j.ID, memory.Now()); err != nil {
					return err
				}
				j, err := tx.RequeueJob(context.Background(), h.scope, j.ID, memory.Now())
				if err != nil {
					return err
				}
				return tx.Enqueue(context.Background(), j.Message())
			})
		}, memory.JobCompleted},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				_, j := h.oweEvent()
				h.die(j, 777)
				c.meanwhile(h, j)
				p := costly(100)
				h.start(p)
				time.Sleep(3 * time.Minute)
				if got := h.now(j); got.Status != c.status || got.ReservedTokens != 0 {
					t.Errorf("the job is %s with %d tokens set aside", got.Status, got.ReservedTokens)
				}
				if used, want := h.used().Tokens(), int64(777+100*len(p.asked())); used != want {
					t.Errorf("%d tokens used, want %d", used, want)
				}
			})
		})
	}
}

// A worker that stops, or loses its job, does not know what the call cost that it
// breaks off; one that comes to an end does.
func TestACallThatIsGivenUpIsChargedOnce(t *testing.T) {
	cancel := func(h *harness, j memory.Job) {
		h.inTx(func(tx txn) error {
			_, err := tx.CancelJob(context.Background(), h.scope, j.ID, memory.Now())
			return err
		})
		time.Sleep(5 * time.Minute)
	}
	for name, c := range map[string]struct {
		provider *provider
		giveUp   func(h *harness, j memory.Job)
		known    bool
	}{
		"by a stop":             {stuck(), nil, false},
		"by the deadline":       {stuck(), func(*harness, memory.Job) { time.Sleep(125 * time.Second) }, false},
		"by a cancel":           {stuck(), cancel, false},
		"by a cancel, too late": {billing(0, ""), cancel, true},
		"by a purge": {stuck(), func(h *harness, _ memory.Job) {
			h.inTx(func(tx txn) error {
				_, err := tx.PurgeStep(context.Background(), h.scope, h.scope.ProjectID, memory.Now().Add(time.Hour), 1000)
				return err
			})
			time.Sleep(5 * time.Minute)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				_, j := h.oweEvent()
				if c.known {
					first := c.provider.answer
					c.provider.answer = func(ctx context.Context, n int, r providers.Request) (providers.Response, error) {
						time.Sleep(10 * time.Second)
						return first(ctx, n, r)
					}
				}
				_, stop := h.start(c.provider)
				h.settle()
				if c.giveUp != nil {
					c.giveUp(h, j)
				}
				stop()
				used, calls := h.used(), int64(len(c.provider.asked()))
				if c.known && (used.Calls != 1 || used.Tokens() != 110) {
					t.Errorf("used %+v", used)
				}
				if !c.known && (used.Calls != calls || used.Tokens() < calls*estimated) {
					t.Errorf("used %+v by %d calls", used, calls)
				}
			})
		})
	}
}

// To be durable costs an event's call no transaction: it is reserved with the lease. What
// is free, and what is not worth a call, reserves nothing.
func TestReservingCostsNoTransaction(t *testing.T) {
	for name, c := range map[string]struct {
		provider func(p *provider) providers.Provider
		change   func(*generation.Config)
		reserves bool
	}{
		"a provider that costs": {func(p *provider) providers.Provider { return p }, daily(1_000_000), true},
		"without a budget":      {func(p *provider) providers.Provider { return p }, func(*generation.Config) {}, true},
		"a free one":            {func(p *provider) providers.Provider { return free{p} }, daily(1_000_000), false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				counted := &flakyStore{Store: h.store}
				var reserved atomic.Int64
				p := &provider{answer: func(ctx context.Context, _ int, r providers.Request) (providers.Response, error) {
					j, err := h.store.JobOfSource(ctx, h.scope, memory.KindEvent, r.Events[0].ID)
					reserved.Store(j.ReservedTokens)
					if err != nil {
						return providers.Response{}, err
					}
					return answer(r)
				}}
				h.start(c.provider(p), c.change, func(g *generation.Config) { g.Store = counted })
				h.settle() // resume has its transaction at the start
				before := counted.txs.Load()
				_, j := h.oweEvent()
				h.settle()
				if n := counted.txs.Load() - before; n != 2 {
					t.Errorf("%d transactions, want one to lease and one to finish", n)
				}
				if (reserved.Load() > 0) != c.reserves || h.now(j).ReservedTokens != 0 {
					t.Errorf("%d tokens set aside, and %d after the end", reserved.Load(), h.now(j).ReservedTokens)
				}
			})
		})
	}
}
