package redis_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/queue"
)

// asynq drops a handler that it believes to be over: told so by another process,
// as here, or because its lease ran out while Redis was away. The handler runs on,
// and nothing is started beside it, nor does Consume return, until it is done.
func TestNoRunningHandlerIsForgotten(t *testing.T) {
	server := testenv.StartRedis(t)
	w := world{b: newBackend(t, server), o: quick(server.URL)}
	w.o.Backoff = time.Hour
	q := opened(t, w.o)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var running atomic.Int64
	started, gate, ended := make(chan context.Context, 10), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- q.Consume(ctx, memory.LaneEvent, 1, func(ctx context.Context, _ memory.Message) error {
			if n := running.Add(1); n > 1 {
				t.Errorf("%d handlers run, 1 is allowed", n)
			}
			defer running.Add(-1)
			started <- ctx
			<-gate
			return nil
		})
	}()
	enqueue(t, q, event(1))
	handler := await(t, started, "the handler")
	enqueue(t, q, event(2))

	tasks := w.inspector(t)
	eventually(t, "asynq to drop the handler and take the next message", func() bool {
		if err := tasks.CancelProcessing(event(1).ID); err != nil {
			t.Fatal(err)
		}
		return lane(t, q) == queue.Counts{Lane: memory.LaneEvent, Active: 2}
	})
	if handler.Err() != nil {
		t.Error("the handler's context ended")
	}
	stop()
	eventually(t, "the next message to be given up", func() bool { return lane(t, q).Waiting == 1 })
	select {
	case err := <-ended:
		t.Errorf("Consume returned %v while a handler runs", err)
	default:
	}
	close(gate)
	if err := await(t, ended, "Consume to return"); err != nil {
		t.Errorf("Consume: %v", err)
	}
	if len(started) != 0 {
		t.Error("a second handler was started")
	}
}

// A message that always fails is put aside in the end, out of everybody's way, and
// what its handler said stays in the log: the Redis may have other readers.
func TestPoisonIsPutAside(t *testing.T) {
	server := testenv.StartRedis(t)
	w := world{b: newBackend(t, server), o: quick(server.URL)}
	var log logbook
	w.o.MaxRetry, w.o.Logger = 2, log.logger()
	q := opened(t, w.o)
	var calls atomic.Int64
	consume(t, q, 1, func(_ context.Context, m memory.Message) error {
		if m.ID == event(2).ID {
			return nil
		}
		if calls.Add(1) == 2 {
			panic("my " + secret)
		}
		return errors.New("my " + secret)
	})
	enqueue(t, q, event(1))
	eventually(t, "the message to be put aside", func() bool {
		return calls.Load() == 3 && lane(t, q) == queue.Counts{Lane: memory.LaneEvent}
	})
	info, err := w.inspector(t).GetTaskInfo(w.lane(), event(1).ID)
	if err != nil || info.Retried != 2 {
		t.Fatalf("%+v, %v", info, err)
	}
	if info.LastErr == "" || strings.Contains(info.LastErr, secret) {
		t.Errorf("Redis was told %q", info.LastErr)
	}
	if log.count(secret, event(1).ID) != 3 || log.count("panicked") != 1 {
		t.Errorf("the log does not tell of three failures, one a panic:\n%s", &log)
	}
	enqueue(t, q, event(2))
	drained(t, q)
}

// While the database is away, every message fails, several times. The log has one line.
func TestHandlersThatCannotWorkAreOneLine(t *testing.T) {
	var log logbook
	o := quick(testenv.StartRedis(t).URL)
	o.Logger = log.logger()
	q := opened(t, o)
	var calls atomic.Int64
	consume(t, q, 4, func(context.Context, memory.Message) error {
		if calls.Add(1) <= 40 {
			return &memory.Error{Code: memory.CodeUnavailable, Message: "the database cannot be reached"}
		}
		return nil
	})
	enqueue(t, q, events(10)...)
	drained(t, q)
	if n := log.count("level=WARN"); n != 1 || log.count("queue handlers cannot work", "the database cannot be reached") != 1 {
		t.Errorf("%d warnings, want one:\n%s", n, &log)
	}
}

// A message is not worn out by consumers that stop while they work on it: a rolling
// restart of many workers is no failure of its handler.
func TestGivingUpIsNoFailure(t *testing.T) {
	o := quick(testenv.StartRedis(t).URL)
	o.MaxRetry = 1
	enqueue(t, opened(t, o), event(1))
	for range 4 {
		q, started := opened(t, o), make(chan struct{}, 1)
		consume(t, q, 1, func(ctx context.Context, _ memory.Message) error {
			started <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		})
		await(t, started, "the message")
		if err := q.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}
