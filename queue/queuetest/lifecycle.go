package queuetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"claude-mem/memory"
	"claude-mem/queue"
)

func removes(t *testing.T, b Backend) {
	q := open(t, b)
	ctx := context.Background()
	enqueue(t, q, event(1), event(2))
	for range 2 { // the second time it is gone already
		if err := q.Remove(ctx, memory.LaneEvent, event(1).ID); err != nil {
			t.Fatalf("remove: %v", err)
		}
	}
	if err := q.Remove(ctx, memory.LaneSummary, event(2).ID); err != nil {
		t.Fatalf("remove from another lane: %v", err)
	}
	got, h := collector(2)
	consume(t, q, memory.LaneEvent, 1, h)
	if m := await(t, got, "the message that was not removed"); m.ID != event(2).ID {
		t.Errorf("delivered %s, want %s", m.ID, event(2).ID)
	}
	drained(t, q, memory.LaneEvent)
	if len(got) != 0 {
		t.Error("a removed message was delivered")
	}
}

func counts(t *testing.T, b Backend) {
	q := open(t, b)
	for _, lane := range memory.Lanes() {
		if c := countsOf(t, q, lane); c != (queue.Counts{Lane: lane}) {
			t.Errorf("an empty lane counts %+v", c)
		}
	}
	enqueue(t, q, append(events(3), message(memory.KindSummary, 1))...)
	gate, started := make(chan struct{}), make(chan struct{}, 3)
	consume(t, q, memory.LaneEvent, 1, func(ctx context.Context, _ memory.Message) error {
		started <- struct{}{}
		hold(ctx, gate)
		return nil
	})
	await(t, started, "a handler")
	if c, want := countsOf(t, q, memory.LaneEvent), (queue.Counts{Lane: memory.LaneEvent, Waiting: 2, Active: 1}); c != want {
		t.Errorf("counts %+v, want %+v", c, want)
	}
	if c, want := countsOf(t, q, memory.LaneSummary), (queue.Counts{Lane: memory.LaneSummary, Waiting: 1}); c != want {
		t.Errorf("counts %+v, want %+v", c, want)
	}
	close(gate)
	drained(t, q, memory.LaneEvent)
}

// Nobody is there to take over: that the message lies about must show.
func countsStalled(t *testing.T, b Backend) {
	victim, q := open(t, b), open(t, b)
	capture(t, victim, event(1))
	if c, want := countsOf(t, q, memory.LaneEvent), (queue.Counts{Lane: memory.LaneEvent, Active: 1}); c != want {
		t.Errorf("with a live consumer %+v, want %+v", c, want)
	}
	b.Kill(victim)
	eventually(t, "the dead consumer's message to count as stalled", func() bool {
		return countsOf(t, q, memory.LaneEvent) == queue.Counts{Lane: memory.LaneEvent, Active: 1, Stalled: 1}
	})
}

func stopsGracefully(t *testing.T, b Backend) {
	q := open(t, b)
	ctx, cancel := context.WithCancel(context.Background())
	started, gate, ended := make(chan struct{}, 5), make(chan struct{}), make(chan error, 1)
	var finished atomic.Int64
	go func() {
		ended <- q.Consume(ctx, memory.LaneEvent, 2, func(ctx context.Context, _ memory.Message) error {
			started <- struct{}{}
			hold(ctx, gate)
			if ctx.Err() == nil {
				finished.Add(1)
			}
			return nil
		})
	}()
	enqueue(t, q, events(5)...)
	await(t, started, "the first handler")
	await(t, started, "the second handler")
	cancel()
	select {
	case err := <-ended:
		t.Fatalf("Consume returned %v while handlers ran", err)
	default:
	}
	close(gate)
	if err := await(t, ended, "Consume to return"); err != nil {
		t.Errorf("Consume: %v", err)
	}
	if finished.Load() != 2 {
		t.Errorf("%d of 2 handlers finished with a live context", finished.Load())
	}
	if c, want := countsOf(t, q, memory.LaneEvent), (queue.Counts{Lane: memory.LaneEvent, Waiting: 3}); c != want {
		t.Errorf("after the stop %+v, want %+v", c, want)
	}
}

func stopsHard(t *testing.T, b Backend) {
	q, next := open(t, b), open(t, b)
	started, ended := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		ended <- q.Consume(context.Background(), memory.LaneEvent, 1, func(ctx context.Context, _ memory.Message) error {
			started <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		})
	}()
	enqueue(t, q, event(1))
	await(t, started, "the handler")
	if err := q.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	if err := await(t, ended, "Consume to return"); err != nil {
		t.Errorf("Consume: %v", err)
	}
	if err := q.Consume(context.Background(), memory.LaneEvent, 1, nil); err == nil {
		t.Error("a closed queue can be consumed")
	}
	got, h := collector(1)
	consume(t, next, memory.LaneEvent, 1, h)
	await(t, got, "the message that was given up")
}

func honoursCancellation(t *testing.T, b Backend) {
	q := open(t, b)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := q.Enqueue(ctx, event(1)); err == nil {
		t.Error("enqueue under a dead context succeeded")
	}
	enqueue(t, q, event(2))
	err := q.Consume(ctx, memory.LaneEvent, 1, func(context.Context, memory.Message) error {
		t.Error("a consumer that is stopped handled a message")
		return nil
	})
	if err != nil {
		t.Errorf("Consume: %v", err)
	}
}

func handlesManyWithFewWorkers(t *testing.T, b Backend) {
	const n = 10_000
	q := open(t, b)
	enqueue(t, q, events(n)...)
	var seen sync.Map
	var handled atomic.Int64
	all := make(chan struct{})
	consume(t, q, memory.LaneEvent, 8, func(_ context.Context, m memory.Message) error {
		if _, again := seen.LoadOrStore(m.ID, true); !again && handled.Add(1) == n {
			close(all)
		}
		return nil
	})
	await(t, all, fmt.Sprintf("%d messages to be handled", n))
	drained(t, q, memory.LaneEvent)
}

func sendersRaceConsumers(t *testing.T, b Backend) {
	const senders, each = 16, 25
	a, z := open(t, b), open(t, b)
	var seen sync.Map
	h := func(_ context.Context, m memory.Message) error {
		seen.Store(m.SourceID, true)
		return nil
	}
	consume(t, a, memory.LaneEvent, 4, h)
	consume(t, z, memory.LaneEvent, 4, h)
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for i := range each {
				if err := a.Enqueue(context.Background(), event(s*each+i)); err != nil {
					t.Errorf("enqueue: %v", err)
				}
			}
		})
	}
	wg.Wait()
	drained(t, a, memory.LaneEvent)
	for i := range senders * each {
		if _, ok := seen.Load(fmt.Sprintf("source-%d", i)); !ok {
			t.Fatalf("message %d was never handled", i)
		}
	}
}

func informs(t *testing.T, b Backend) {
	q, dead := open(t, b), open(t, b)
	if i := q.Info(context.Background()); i.Engine == "" || i.Err != nil {
		t.Errorf("info %+v, want a name and no error", i)
	}
	b.Kill(dead)
	if i := dead.Info(context.Background()); i.Err == nil {
		t.Error("a transport out of reach is reported as fine")
	}
}
