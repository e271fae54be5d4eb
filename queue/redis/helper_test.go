package redis_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"claude-mem/memory"
	"claude-mem/queue"
	"claude-mem/queue/redis"
)

// patience is how long a test waits for what must happen. It is shorter than the
// minute that asynq needs to give a dead worker's task to another.
const patience = 25 * time.Second

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", patience, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// await receives one value.
func await[T any](t testing.TB, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("waited %v for %s", patience, what)
	}
	return v
}

// consume consumes the event lane until the test ends or stop is called.
func consume(t testing.TB, q *redis.Queue, workers int, h queue.Handler) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- q.Consume(ctx, memory.LaneEvent, workers, h) }()
	stop = sync.OnceFunc(func() {
		t.Helper()
		cancel()
		if err := await(t, ended, "Consume to return"); err != nil {
			t.Errorf("Consume: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// holding consumes with handlers that report on started and stay until the test
// ends, or until released.
func holding(t testing.TB, q *redis.Queue, workers int) (started chan string, release func()) {
	t.Helper()
	gate := make(chan struct{})
	release = sync.OnceFunc(func() { close(gate) })
	started = make(chan string, 100)
	consume(t, q, workers, func(ctx context.Context, m memory.Message) error {
		started <- m.ID
		select {
		case <-gate:
		case <-ctx.Done():
		}
		return nil
	})
	t.Cleanup(release) // runs first: the handlers must go before Consume can
	return started, release
}

func enqueue(t testing.TB, q *redis.Queue, msgs ...memory.Message) {
	t.Helper()
	if err := q.Enqueue(context.Background(), msgs...); err != nil {
		t.Fatalf("enqueue: %v", err)
	}
}

// lane returns how the event lane stands.
func lane(t testing.TB, q *redis.Queue) queue.Counts {
	t.Helper()
	all, err := q.Counts(context.Background())
	if err != nil {
		t.Fatalf("counts: %v", err)
	}
	return all[0]
}

func drained(t testing.TB, q *redis.Queue) {
	t.Helper()
	eventually(t, "the lane to be empty", func() bool { return lane(t, q) == queue.Counts{Lane: memory.LaneEvent} })
}

// logbook is a log that can be read while it is written.
type logbook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// count tells how many lines hold all the words.
func (l *logbook) count(words ...string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
next:
	for line := range strings.Lines(l.buf.String()) {
		for _, w := range words {
			if !strings.Contains(line, w) {
				continue next
			}
		}
		n++
	}
	return n
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *logbook) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
