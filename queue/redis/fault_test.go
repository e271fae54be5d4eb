package redis_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/queue"
	"claude-mem/queue/redis"
)

// books is what storage is in the real house: it knows which jobs are owed, and
// only whoever has a job's lease does it. Announcing what is owed, again and
// again, is what the reconciler does.
type books struct {
	mu     sync.Mutex
	owed   map[string]memory.Message
	leased map[string]bool
	done   map[string]int
}

func newBooks(msgs []memory.Message) *books {
	b := &books{owed: map[string]memory.Message{}, leased: map[string]bool{}, done: map[string]int{}}
	for _, m := range msgs {
		b.owed[m.ID] = m
	}
	return b
}

// lease reports whether the job is the caller's to do.
func (b *books) lease(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.owed[id]; !ok || b.leased[id] {
		return false
	}
	b.leased[id] = true
	return true
}

func (b *books) finish(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done[id]++
	delete(b.owed, id)
	delete(b.leased, id)
}

// open lists what nobody works on.
func (b *books) open() (msgs []memory.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, m := range b.owed {
		if !b.leased[id] {
			msgs = append(msgs, m)
		}
	}
	return msgs
}

func (b *books) finished() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.done)
}

// handle does a job, which takes a moment.
func (b *books) handle(_ context.Context, m memory.Message) error {
	if b.lease(m.ID) {
		time.Sleep(time.Duration(rand.IntN(4)) * time.Millisecond)
		b.finish(m.ID)
	}
	return nil
}

// reconcile announces what is owed until the test ends. That Redis is away is to
// be expected; any other error is not.
func (b *books) reconcile(t *testing.T, q *redis.Queue) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			if err := q.Enqueue(ctx, b.open()...); err != nil && ctx.Err() == nil && !errors.Is(err, memory.ErrUnavailable) {
				t.Errorf("announce: %v", err)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		await(t, ended, "the reconciler to end")
	})
}

// Whatever happens to Redis while messages wait and are handled, every job is done,
// once, and in the end no message is left.
func TestNothingIsLostWithRedis(t *testing.T) {
	const jobs = 1500
	for name, strike := range map[string]func(*testing.T, *testenv.Redis){
		"flushed":  func(t *testing.T, r *testenv.Redis) { r.Flush(t) },
		"restarts": func(t *testing.T, r *testenv.Redis) { r.Restart(t) },
	} {
		t.Run(name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, before) })
			server := testenv.StartRedis(t)
			o := quick(server.URL)
			o.Timeout = time.Second
			a, b := opened(t, o), opened(t, o)
			books := newBooks(events(jobs))
			enqueue(t, a, events(jobs)...)
			for _, q := range []*redis.Queue{a, b} {
				consume(t, q, 2, books.handle)
			}
			books.reconcile(t, a)
			for i := 1; i <= 4; i++ {
				eventually(t, "the work to go on", func() bool { return books.finished() >= i*jobs/5 })
				strike(t, server)
			}
			eventually(t, "all jobs to be done", func() bool { return books.finished() == jobs })
			for id, n := range books.done {
				if n != 1 {
					t.Errorf("job %s was done %d times", id, n)
				}
			}
			drained(t, a)
		})
	}
}

// While Redis is away everything says so soon, and consumers that run, or start,
// come back by themselves.
func TestRedisIsAway(t *testing.T) {
	server := testenv.StartRedis(t)
	o := quick(server.URL)
	o.Timeout = time.Second
	var log, otherLog logbook
	o.Logger = otherLog.logger()
	other := opened(t, o)
	o.Logger = log.logger()
	q := opened(t, o)
	got := make(chan string, 10)
	h := func(_ context.Context, m memory.Message) error {
		got <- m.ID
		return nil
	}
	stopFirst := consume(t, q, 1, h)
	enqueue(t, q, event(1))
	await(t, got, "a message before the outage")
	drained(t, q)

	server.Kill(t)
	ctx := context.Background()
	_, countErr := q.Counts(ctx)
	for what, err := range map[string]error{
		"enqueue": q.Enqueue(ctx, event(2)),
		"remove":  q.Remove(ctx, memory.LaneEvent, event(2).ID),
		"count":   countErr,
		"info":    q.Info(ctx).Err,
	} {
		if !errors.Is(err, memory.ErrUnavailable) {
			t.Errorf("%s without Redis: %v, want unavailable", what, err)
		}
	}
	consume(t, other, 1, h) // starts into the outage
	for _, l := range []*logbook{&log, &otherLog} {
		eventually(t, "the outage to be felt", func() bool { return l.count("level=DEBUG", "asynq: ") > 3 })
	}

	server.Start(t)
	eventually(t, "Redis to take messages", func() bool { return q.Enqueue(ctx, event(2)) == nil })
	await(t, got, "a message after the outage")
	stopFirst()
	enqueue(t, q, event(3))
	await(t, got, "a message for the consumer that started without Redis")
	for _, l := range []*logbook{&log, &otherLog} {
		eventually(t, "the end of the outage to be told", func() bool {
			return other.Info(ctx).Err == nil && q.Info(ctx).Err == nil && l.count("redis is back") > 0
		})
		if l.count("level=WARN") != 1 || l.count("redis is away") != 1 || l.count("level=ERROR") != 0 {
			t.Errorf("an outage is worth one warning:\n%s", l)
		}
	}
}

// A network that swallows everything is worse than one that is cut: whoever waits
// for an answer must not wait for ever, nor whoever stops.
func TestNetworkIsMute(t *testing.T) {
	t.Parallel()
	b := newBackend(t, testenv.StartRedis(t))
	b.o.Timeout = 500 * time.Millisecond
	q := b.Open(t).(*redis.Queue)
	stop := consume(t, q, 1, func(context.Context, memory.Message) error { return nil })
	enqueue(t, q, event(1))
	drained(t, q)

	b.ways[q].mute()
	if err := q.Enqueue(context.Background(), event(2)); !errors.Is(err, memory.ErrUnavailable) {
		t.Errorf("enqueue: %v, want unavailable", err)
	}
	stop()
	if err := q.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// The same for a consumer at the moment in which asynq waits without limit: when
// it has asked for a subscription.
func TestConsumerStartsIntoSilence(t *testing.T) {
	t.Parallel()
	b := newBackend(t, testenv.StartRedis(t))
	q := b.Open(t).(*redis.Queue)
	b.ways[q].muteAt("subscribe")
	stop := consume(t, q, 1, func(context.Context, memory.Message) error { return nil })
	eventually(t, "silence", b.ways[q].muted)
	stop()
	if err := q.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// A process that has announced before a FLUSHALL can still do everything after it;
// asynq's memory of what it has told Redis is no longer true.
func TestRemovesAfterAFlush(t *testing.T) {
	server := testenv.StartRedis(t)
	q := opened(t, quick(server.URL))
	enqueue(t, q, event(1))
	server.Flush(t)
	enqueue(t, q, event(1))
	if err := q.Remove(context.Background(), memory.LaneEvent, event(1).ID); err != nil {
		t.Errorf("remove: %v", err)
	}
	if c := lane(t, q); c.Waiting != 0 {
		t.Errorf("after removal %+v", c)
	}
}

// A message that eviction left behind half, its id in the queue and its body gone,
// blocks neither the lane nor the id.
func TestHalfAMessage(t *testing.T) {
	t.Parallel()
	server := testenv.StartRedis(t)
	w := world{b: newBackend(t, server), o: quick(server.URL)}
	q := opened(t, w.o)
	enqueue(t, q, event(1), event(2))
	key := "asynq:{" + w.lane() + "}:t:" + event(1).ID
	if err := w.client(t).Del(context.Background(), key).Err(); err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 10)
	consume(t, q, 1, func(_ context.Context, m memory.Message) error {
		got <- m.ID
		return nil
	})
	if id := await(t, got, "the whole message"); id != event(2).ID {
		t.Errorf("got %s", id)
	}
	enqueue(t, q, event(1))
	if id := await(t, got, "the message when it is announced again"); id != event(1).ID {
		t.Errorf("got %s", id)
	}
	drained(t, q) // the sweep removes the half one
	if c := lane(t, q); c != (queue.Counts{Lane: memory.LaneEvent}) {
		t.Errorf("counts %+v", c)
	}
}
