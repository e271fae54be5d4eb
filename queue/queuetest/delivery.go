package queuetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"claude-mem/memory"
	"claude-mem/queue"
)

// collector is a handler that hands on what it gets.
func collector(n int) (chan memory.Message, queue.Handler) {
	got := make(chan memory.Message, n)
	return got, func(_ context.Context, m memory.Message) error {
		got <- m
		return nil
	}
}

func deliversWhatWasSent(t *testing.T, b Backend) {
	q := open(t, b)
	for _, k := range []memory.Kind{memory.KindEvent, memory.KindBatch, memory.KindSummary, memory.KindReindex} {
		want := message(k, 1)
		got, h := collector(1)
		enqueue(t, q, want)
		stop := consume(t, q, k.Lane(), 2, h)
		if diff := cmp.Diff(want, await(t, got, "the message")); diff != "" {
			t.Errorf("%s differs (-sent +delivered):\n%s", k, diff)
		}
		stop()
		drained(t, q, k.Lane())
	}
}

func refusesWhatNamesNoJob(t *testing.T, b Backend) {
	q := open(t, b)
	bad := event(2)
	bad.JobID = ""
	err := q.Enqueue(context.Background(), event(1), bad)
	if !errors.Is(err, memory.ErrValidation) {
		t.Errorf("enqueue of a message without a job: %v, want a validation error", err)
	}
	if err := q.Consume(context.Background(), "no such lane", 1, nil); err == nil {
		t.Error("a lane that does not exist can be consumed")
	}
}

func dropsSecondWhileFirstWaits(t *testing.T, b Backend) {
	q, other := open(t, b), open(t, b)
	enqueue(t, q, event(1), event(2), event(1))
	enqueue(t, q, event(1))
	enqueue(t, other, event(2), event(3))
	if c := countsOf(t, q, memory.LaneEvent); c.Waiting != 3 {
		t.Errorf("%d messages wait for three ids", c.Waiting)
	}
	var n atomic.Int64
	stop := consume(t, q, memory.LaneEvent, 1, func(context.Context, memory.Message) error {
		n.Add(1)
		return nil
	})
	drained(t, q, memory.LaneEvent)
	stop()
	if n.Load() != 3 {
		t.Errorf("%d deliveries of three messages", n.Load())
	}
}

func takesSameIDAfterAck(t *testing.T, b Backend) {
	q := open(t, b)
	got, h := collector(1)
	consume(t, q, memory.LaneEvent, 2, h)
	for range 5 {
		enqueue(t, q, event(1))
		if m := await(t, got, "the message"); m.ID != event(1).ID {
			t.Fatalf("got %s", m.ID)
		}
		drained(t, q, memory.LaneEvent)
	}
}

func keepsLanesApart(t *testing.T, b Backend) {
	q := open(t, b)
	held := make(chan struct{})
	started := make(chan struct{}, 1)
	stopEvents := consume(t, q, memory.LaneEvent, 1, func(ctx context.Context, _ memory.Message) error {
		started <- struct{}{}
		hold(ctx, held)
		return nil
	})
	enqueue(t, q, event(1))
	await(t, started, "the event's handler")

	// The event lane is busy to the last worker; the summary lane does not care.
	got, h := collector(1)
	consume(t, q, memory.LaneSummary, 1, h)
	enqueue(t, q, message(memory.KindSummary, 1))
	if m := await(t, got, "the summary"); m.Kind != memory.KindSummary {
		t.Errorf("the summary lane delivered a %s", m.Kind)
	}
	close(held)
	stopEvents()
}

func boundsWorkers(t *testing.T, b Backend) {
	const workers = 3
	q := open(t, b)
	var running atomic.Int64
	over := make(chan int64, 100)
	gate := make(chan struct{})
	consume(t, q, memory.LaneEvent, workers, func(ctx context.Context, _ memory.Message) error {
		if n := running.Add(1); n > workers {
			over <- n
		}
		defer running.Add(-1)
		hold(ctx, gate)
		return nil
	})
	enqueue(t, q, events(30)...)
	eventually(t, "every worker to be busy", func() bool { return running.Load() == workers })
	close(gate)
	drained(t, q, memory.LaneEvent)
	select {
	case n := <-over:
		t.Errorf("%d handlers ran at once, %d were allowed", n, workers)
	default:
	}
}

func wakesIdleConsumer(t *testing.T, b Backend) {
	q := open(t, b)
	got, h := collector(1)
	consume(t, q, memory.LaneEvent, 4, h)
	for i := range 20 {
		enqueue(t, q, event(i))
		await(t, got, "a message sent to an idle consumer")
	}
}

// failing is a handler that fails at first in the way given, then succeeds.
func failing(times int64, fail func() error) (*atomic.Int64, queue.Handler) {
	var calls atomic.Int64
	return &calls, func(context.Context, memory.Message) error {
		if calls.Add(1) <= times {
			return fail()
		}
		return nil
	}
}

func redeliversAfterError(t *testing.T, b Backend) {
	q := open(t, b)
	calls, h := failing(2, func() error { return errors.New("not now") })
	consume(t, q, memory.LaneEvent, 1, h)
	enqueue(t, q, event(1))
	eventually(t, "a third delivery", func() bool { return calls.Load() >= 3 })
	drained(t, q, memory.LaneEvent)
}

func redeliversAfterPanic(t *testing.T, b Backend) {
	q := open(t, b)
	calls, h := failing(1, func() error { panic("handler is broken") })
	consume(t, q, memory.LaneEvent, 1, h)
	enqueue(t, q, event(1))
	eventually(t, "a second delivery", func() bool { return calls.Load() >= 2 })
	drained(t, q, memory.LaneEvent)
}

// capture takes one message with a client that never finishes with it, until the
// test ends.
func capture(t *testing.T, q queue.Queue, m memory.Message) {
	t.Helper()
	held, started := make(chan struct{}), make(chan struct{}, 1)
	consume(t, q, memory.LaneEvent, 1, func(ctx context.Context, _ memory.Message) error {
		started <- struct{}{}
		hold(ctx, held)
		return errors.New("too late")
	})
	t.Cleanup(sync.OnceFunc(func() { close(held) })) // before the consumer is stopped
	enqueue(t, q, m)
	await(t, started, "the handler")
}

func redeliversAfterCrash(t *testing.T, b Backend) {
	victim, heir := open(t, b), open(t, b)
	capture(t, victim, event(1))
	b.Kill(victim)

	got, h := collector(1)
	consume(t, heir, memory.LaneEvent, 1, h)
	if m := await(t, got, "the dead consumer's message"); m.ID != event(1).ID {
		t.Errorf("got %s", m.ID)
	}
	drained(t, heir, memory.LaneEvent)
}

// The message of a live consumer is received before that of one that dies. When
// the latter comes back, the time-out of both is over, and the former is still
// where it was.
func hidesWhatIsWorkedOn(t *testing.T, b Backend) {
	live, victim, other := open(t, b), open(t, b), open(t, b)
	capture(t, live, event(1))
	capture(t, victim, event(2))
	b.Kill(victim)

	got, h := collector(2)
	consume(t, other, memory.LaneEvent, 2, h)
	if m := await(t, got, "the dead consumer's message"); m.ID != event(2).ID {
		t.Errorf("got %s, which a live consumer works on", m.ID)
	}
	if c := countsOf(t, other, memory.LaneEvent); c.Active == 0 {
		t.Error("the message that is worked on is not counted as active")
	}
}
