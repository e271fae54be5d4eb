package generation_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"claude-mem/generation"
	"claude-mem/memory"
	"claude-mem/providers"
)

// Whatever providers do, and whatever is cancelled in between, in the end every
// event that asked for an observation is accounted for, once.
func TestBooksClose(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				var jobs []memory.Job
				for range 60 {
					_, j := h.oweEvent()
					jobs = append(jobs, j)
				}
				p := &provider{answer: moody(seed)}
				h.start(p, func(c *generation.Config) { c.Owner = "one" })
				_, stop := h.start(p, func(c *generation.Config) { c.Owner = "two" })
				time.Sleep(10 * time.Second)
				for _, j := range jobs[:10] {
					h.inTx(func(tx txn) error { _, err := tx.CancelJob(t.Context(), h.scope, j.ID, memory.Now()); return err })
				}
				stop()
				b := h.books()
				for began := time.Now(); b.Queued+b.Processing > 0 && time.Since(began) < 3*time.Hour; b = h.books() {
					time.Sleep(time.Minute)
				}
				if !b.Closed() || b.Queued != 0 || b.Processing != 0 || b.EventsAsked != 60 {
					t.Errorf("books %+v", b)
				}
				if b.Written == 0 || b.Skipped == 0 || b.Failed == 0 {
					t.Errorf("books %+v: the test is too tame", b)
				}
				if b.Observations != b.Written || len(h.observations()) != int(b.Written) {
					t.Errorf("%d observations for %d jobs", b.Observations, b.Written)
				}
				for _, j := range jobs {
					if got := h.now(j); got.Status == memory.JobFailed && got.LastError == "" || got.Status == memory.JobCompleted && got.Result == "" {
						t.Errorf("a job is %s for no reason", got.Status)
					}
				}
			})
		})
	}
}

// moody answers in every way there is.
func moody(seed uint64) func(context.Context, int, providers.Request) (providers.Response, error) {
	return func(ctx context.Context, call int, r providers.Request) (providers.Response, error) {
		dice := rand.New(rand.NewPCG(seed, uint64(call)))
		switch dice.IntN(12) {
		case 0:
			return providers.Response{}, classified(providers.Transient)
		case 1:
			return providers.Response{}, classified(providers.RateLimit)
		case 2:
			return providers.Response{}, classified(providers.Auth)
		case 3:
			return providers.Response{}, classified(providers.BadRequest)
		case 4:
			return providers.Response{}, classified(providers.ParseError)
		case 5:
			return providers.Response{Skipped: "nothing new"}, nil
		case 6:
			panic("a mood")
		case 7:
			return slow(time.Hour)(ctx, call, r)
		case 8:
			return slow(time.Minute)(ctx, call, r)
		}
		return answer(r)
	}
}
