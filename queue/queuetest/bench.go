package queuetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"claude-mem/memory"
)

// Bench measures an engine: messages a second in, and through a handler that does
// nothing with 1, 8 and 32 workers, on an empty lane and on one that is full.
func Bench(b *testing.B, open func(t testing.TB) Backend) {
	b.Run("Enqueue", func(b *testing.B) {
		q := open(b).Open(b)
		defer q.Close()
		for i := 0; b.Loop(); i++ {
			enqueue(b, q, event(i))
		}
		perSecond(b, b.N)
	})
	for _, workers := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("Drain/workers=%d", workers), func(b *testing.B) { benchDrain(b, open(b), workers, 2000) })
	}
	b.Run("Drain/workers=8/backlog=20000", func(b *testing.B) { benchDrain(b, open(b), 8, 20_000) })
}

// benchDrain measures how long a backlog takes to be handled and acknowledged.
func benchDrain(b *testing.B, backend Backend, workers, backlog int) {
	q := backend.Open(b)
	defer q.Close()
	for b.Loop() {
		b.StopTimer()
		enqueue(b, q, events(backlog)...)
		b.StartTimer()
		var handled atomic.Int64
		all := make(chan struct{})
		stop := consume(b, q, memory.LaneEvent, workers, func(context.Context, memory.Message) error {
			if handled.Add(1) == int64(backlog) {
				close(all)
			}
			return nil
		})
		<-all // before asking for counts, which costs the engine something
		drained(b, q, memory.LaneEvent)
		stop()
	}
	perSecond(b, b.N*backlog)
}

func perSecond(b *testing.B, n int) {
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "msg/s")
}
