package redis_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	goredis "github.com/redis/go-redis/v9"

	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/queue"
	"claude-mem/queue/redis"
)

// A job that is owed can be announced again at once, whatever became of the
// message that announced it before. None of these waits for a time-out: all that
// would bring the old message back take longer than the test's patience.
func TestAnnouncesAgain(t *testing.T) {
	server := testenv.StartRedis(t)
	for name, before := range map[string]func(*testing.T, world){
		"nothing":                    func(*testing.T, world) {},
		"handled":                    handled,
		"removed":                    removed,
		"worked on by a dead worker": deadWorker,
		"worked on twice in vain":    func(t *testing.T, w world) { deadWorker(t, w); deadWorker(t, w) },
		"pausing after a failure":    failed,
		"archived":                   archived,
		"scheduled by somebody":      scheduled,
		"kept after completion":      kept,
		"put aside as unreadable":    unreadable,
		"lost in a flush":            flushed,
	} {
		t.Run(name, func(t *testing.T) {
			o := quick(server.URL)
			o.Visibility, o.Backoff = time.Hour, time.Hour
			w := world{b: newBackend(t, server), o: o}
			w.b.o = o
			before(t, w)

			q := opened(t, o)
			enqueue(t, q, event(1))
			got := make(chan memory.Message, 10)
			consume(t, q, 2, func(_ context.Context, m memory.Message) error {
				got <- m
				return nil
			})
			if m := await(t, got, "the message that was announced again"); m != event(1) {
				t.Errorf("got %+v", m)
			}
			eventually(t, "nothing to wait", func() bool { return lane(t, q).Waiting == 0 })
		})
	}
}

// world is what a test's messages live in.
type world struct {
	b *backend
	o redis.Options
}

func (w world) lane() string { return w.o.Prefix + ":event" }

func (w world) inspector(t *testing.T) *asynq.Inspector {
	c := w.client(t)
	return asynq.NewInspectorFromRedisClient(c)
}

func (w world) client(t *testing.T) *goredis.Client {
	c := goredis.NewClient(&goredis.Options{Addr: address(t, w.b.server.URL)})
	t.Cleanup(func() { c.Close() })
	return c
}

// plant enqueues event 1 past the engine.
func (w world) plant(t *testing.T, payload []byte, o ...asynq.Option) {
	t.Helper()
	c := asynq.NewClientFromRedisClient(w.client(t))
	o = append(o, asynq.Queue(w.lane()), asynq.TaskID(event(1).ID))
	if _, err := c.Enqueue(asynq.NewTask("anything", payload), o...); err != nil {
		t.Fatal(err)
	}
}

func handled(t *testing.T, w world) {
	q := opened(t, w.o)
	enqueue(t, q, event(1))
	stop := consume(t, q, 1, func(context.Context, memory.Message) error { return nil })
	drained(t, q)
	stop()
}

func removed(t *testing.T, w world) {
	q := opened(t, w.o)
	enqueue(t, q, event(1))
	if err := q.Remove(context.Background(), memory.LaneEvent, event(1).ID); err != nil {
		t.Fatal(err)
	}
	drained(t, q)
}

func deadWorker(t *testing.T, w world) {
	q := w.b.Open(t).(*redis.Queue)
	t.Cleanup(func() { q.Close() })
	started, _ := holding(t, q, 1)
	enqueue(t, q, event(1))
	await(t, started, "the handler")
	w.b.Kill(q)
}

func failed(t *testing.T, w world) {
	q := opened(t, w.o)
	enqueue(t, q, event(1))
	stop := consume(t, q, 1, func(context.Context, memory.Message) error { return errors.New("not now") })
	eventually(t, "the message to pause", func() bool {
		return w.state(t) == asynq.TaskStateRetry
	})
	stop()
}

// state returns the state of the first copy of event 1.
func (w world) state(t *testing.T) asynq.TaskState {
	info, err := w.inspector(t).GetTaskInfo(w.lane(), event(1).ID)
	if err != nil {
		return 0
	}
	return info.State
}

func archived(t *testing.T, w world) {
	q := opened(t, w.o)
	body, err := json.Marshal(event(1))
	if err != nil {
		t.Fatal(err)
	}
	w.plant(t, body, asynq.MaxRetry(0))
	stop := consume(t, q, 1, func(context.Context, memory.Message) error { return errors.New("never") })
	eventually(t, "the message to be archived", func() bool { return w.state(t) == asynq.TaskStateArchived })
	stop()
}

func scheduled(t *testing.T, w world) { w.plant(t, nil, asynq.ProcessIn(time.Hour)) }

func kept(t *testing.T, w world) {
	q := opened(t, w.o)
	body, err := json.Marshal(event(1))
	if err != nil {
		t.Fatal(err)
	}
	w.plant(t, body, asynq.Retention(time.Hour))
	stop := consume(t, q, 1, func(context.Context, memory.Message) error { return nil })
	eventually(t, "the message to be completed", func() bool { return w.state(t) == asynq.TaskStateCompleted })
	stop()
}

func unreadable(t *testing.T, w world) {
	q := opened(t, w.o)
	w.plant(t, []byte(`{"id":`))
	stop := consume(t, q, 1, func(context.Context, memory.Message) error {
		t.Error("a payload that is no message was handled")
		return nil
	})
	eventually(t, "the payload to be put aside", func() bool { return w.state(t) == asynq.TaskStateArchived })
	stop()
}

func flushed(t *testing.T, w world) {
	q := opened(t, w.o)
	enqueue(t, q, event(1))
	w.b.server.Flush(t)
}

// While one worker has the message, one more waits and no third, so that whatever
// repeats itself fills no queue; and the waiting one can be removed.
func TestOneWaitsBesideThoseHandled(t *testing.T) {
	q := opened(t, quick(testenv.StartRedis(t).URL))
	started, release := holding(t, q, 1)
	enqueue(t, q, event(1))
	await(t, started, "the handler")
	for range 3 {
		enqueue(t, q, event(1))
	}
	want := queue.Counts{Lane: memory.LaneEvent, Waiting: 1, Active: 1}
	if c := lane(t, q); c != want {
		t.Errorf("counts %+v, want %+v", c, want)
	}
	if err := q.Remove(context.Background(), memory.LaneEvent, event(1).ID); err != nil {
		t.Fatal(err)
	}
	if c := lane(t, q); c.Waiting != 0 || c.Active != 1 {
		t.Errorf("after removal %+v", c)
	}
	release()
	drained(t, q)
}

// Copies of a message are bounded even if every worker that gets one hangs.
func TestCopiesAreBounded(t *testing.T) {
	q := opened(t, quick(testenv.StartRedis(t).URL))
	started, release := holding(t, q, 8)
	for range 4 {
		enqueue(t, q, event(1))
		await(t, started, "the handler of one more copy")
	}
	enqueue(t, q, event(1))
	if c, want := lane(t, q), (queue.Counts{Lane: memory.LaneEvent, Active: 4}); c != want {
		t.Errorf("counts %+v, want %+v", c, want)
	}
	release()
	drained(t, q)
}
