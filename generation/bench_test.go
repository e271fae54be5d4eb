package generation_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

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

// BenchmarkIngestWhileDraining measures how long it takes to store one event
// while all workers are busy with a backlog.
func BenchmarkIngestWhileDraining(b *testing.B) {
	h := newHarness(b)
	h.oweBacklog()
	var left atomic.Int64
	left.Store(backlogSessions * backlogEvents)
	h.start(&provider{}, func(c *generation.Config) { c.OnFinished = func(memory.Job) { left.Add(-1) } })
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		h.put(h.event())
		took = append(took, time.Since(began))
		if left.Load() <= 0 {
			b.Fatal("the backlog is gone: measure for a shorter time")
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
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
