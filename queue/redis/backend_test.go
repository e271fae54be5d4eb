package redis_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/queue"
	"claude-mem/queue/redis"
)

// backend is a deployment of its own on a server that tests share. Its clients
// reach the server through proxies, each of which can be cut.
type backend struct {
	server *testenv.Redis
	o      redis.Options
	mu     sync.Mutex
	ways   map[queue.Queue]*proxy
}

var deployments atomic.Int64

// quick are options under which the suite's time-outs pass as soon as asynq's
// heartbeats allow, for a deployment that nobody else has.
func quick(url string) redis.Options {
	return redis.Options{
		URL: url, Prefix: fmt.Sprintf("test-%d", deployments.Add(1)), Timeout: 10 * time.Second,
		Visibility: time.Nanosecond, Poll: 20 * time.Millisecond, Backoff: 20 * time.Millisecond,
		Logger: slog.New(slog.DiscardHandler),
	}
}

func newBackend(_ testing.TB, server *testenv.Redis) *backend {
	return &backend{server: server, o: quick(server.URL), ways: make(map[queue.Queue]*proxy)}
}

func (b *backend) Open(t testing.TB) queue.Queue {
	p := newProxy(t, address(t, b.server.URL))
	o := b.o
	o.URL = "redis://" + p.addr()
	q := open(t, o)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ways[q] = p
	return q
}

func (b *backend) Kill(q queue.Queue) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ways[q].cut()
}

// open opens a queue that the caller closes.
func open(t testing.TB, o redis.Options) *redis.Queue {
	t.Helper()
	q, err := redis.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// opened opens a queue that is closed with the test.
func opened(t testing.TB, o redis.Options) *redis.Queue {
	t.Helper()
	q := open(t, o)
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return q
}

// address returns the host and port of a URL.
func address(t testing.TB, url string) string {
	t.Helper()
	o, err := goredis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	return o.Addr
}

// event makes a valid message; the same n gives the same one.
func event(n int) memory.Message {
	j := memory.Job{
		ID: fmt.Sprintf("job-%d", n), TeamID: "team", ProjectID: "project", Kind: memory.KindEvent,
		SourceType: memory.KindEvent.SourceType(), SourceID: fmt.Sprintf("source-%d", n),
	}
	j.QueueID = memory.QueueID(j)
	return j.Message()
}

func events(n int) []memory.Message {
	msgs := make([]memory.Message, n)
	for i := range msgs {
		msgs[i] = event(i)
	}
	return msgs
}
