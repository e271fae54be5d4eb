package generation_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"claude-mem/generation"
	"claude-mem/memory"
)

// backlog is what BenchmarkDrain works off: sessions of a prompt and so many tool
// events, each of which owes an observation.
const (
	backlogSessions = 100
	backlogEvents   = 100
)

func (h *harness) oweBacklog() {
	ctx := h.t.Context()
	for i := range backlogSessions {
		h.inTx(func(tx txn) (err error) {
			if h.session, err = newSession(ctx, tx, h.scope, fmt.Sprint("session ", i)); err != nil {
				return err
			}
			prompt := h.event()
			prompt.EventType, prompt.Payload, prompt.Generate = memory.EventUserPrompt, []byte(`{"prompt":"do it"}`), false
			if _, _, err := tx.PutEvent(ctx, prompt); err != nil {
				return err
			}
			for range backlogEvents {
				e := h.event()
				j := h.job(memory.KindEvent, e.ID)
				if _, _, err := tx.PutEvent(ctx, e); err != nil {
					return err
				}
				if _, _, err := tx.PutJob(ctx, j); err != nil {
					return err
				}
				if err := tx.Enqueue(ctx, j.Message()); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// BenchmarkDrain measures how fast a backlog of 10,000 events becomes observations
// when the provider costs nothing.
func BenchmarkDrain(b *testing.B) {
	const backlog = backlogSessions * backlogEvents
	for _, workers := range []int{4, 8, 16, 32} {
		b.Run(fmt.Sprint("workers=", workers), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				h := newHarness(b)
				h.oweBacklog()
				var finished atomic.Int64
				all := make(chan struct{})
				b.StartTimer()
				_, stop := h.start(&provider{}, func(c *generation.Config) {
					c.Workers = map[memory.Lane]int{memory.LaneEvent: workers}
					c.OnFinished = func(memory.Job) {
						if finished.Add(1) == backlog {
							close(all)
						}
					}
				})
				<-all
				b.StopTimer()
				stop()
				if n := h.books().Written; n != backlog {
					b.Fatalf("%d of %d jobs were done", n, backlog)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(b.N*backlog)/b.Elapsed().Seconds(), "jobs/s")
		})
	}
}
