// Package redis is the team engine of [queue.Queue]: a Redis (6.2 or later) or
// Valkey server that every process of a deployment reaches, spoken to through
// hibiken/asynq.
//
// A lane is an asynq queue named "<prefix>:<lane>", so deployments with different
// prefixes share a server without seeing each other; asynq's few global keys
// (asynq:queues, asynq:servers, asynq:workers) only list what there is and decide
// nothing. A message is a task whose payload is the message's ids as JSON.
//
// What generation needs and asynq does otherwise:
//
//   - A task id is refused as long as a task has it, in whatever state. Here a
//     message has a few task ids ([Queue.Enqueue] picks one), and a copy that
//     failed, was archived or completed makes way: only one that waits turns
//     another away.
//   - A task of a dead worker comes back after one to two minutes, and only while
//     some worker starts or ticks by. Each consumer looks after its lane instead:
//     a lease that has not moved for [Options.Visibility] is dead. It is judged by
//     the observer's own clock, so clocks may differ between machines.
//   - A handler is dropped, still running, when its context or lease ends. Here
//     nobody forgets a running handler: it counts against the workers until it
//     returns, and its context lives until [Queue.Close].
//   - A worker that cannot reach Redis tries again without a pause. Here a failed
//     command of a consumer waits a moment, and an outage is logged once.
//
// Due times, attempts and back-off live on the job row. A handler that returns an
// error has failed to record even that; its message comes again after a short
// wait, and after [Options.MaxRetry] times only when it is announced anew.
//
// Losing the whole Redis loses nothing but time: see the fault tests. A server
// that may evict keys does not lose messages either, but they come late, so Open
// warns about one.
package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	goredis "github.com/redis/go-redis/v9"

	"claude-mem/internal/outage"
	"claude-mem/memory"
	"claude-mem/queue"
)

// Engine is the name of this engine in the configuration.
const Engine = "redis"

// minVisibility is two heartbeats of asynq, which come every 5 s and cannot be
// made to come more often, and a little. Below that the living look dead.
const minVisibility = 12 * time.Second

// Options say where Redis is and tune the engine; the zero value of a field other
// than URL means its default.
type Options struct {
	// URL is redis://[user:password@]host[:port][/db], rediss:// for TLS, or
	// unix://path. It is a secret and appears in no error and no log.
	URL string
	// Prefix sets deployments on one Redis apart: 1 to 64 letters, digits and
	// ".", "_", "-", ":". Default "claude-mem".
	Prefix string
	// Timeout bounds everything that is not a consumer's: an Enqueue of up to 256
	// messages, a Remove, a look at the counts. Default 2 s.
	Timeout time.Duration
	// Visibility is how long a consumer may give no sign of life before its
	// messages are given to others. Default 20 s, at least 12 s.
	Visibility time.Duration
	// Poll is how often an idle lane is looked at, on average. Default 200 ms.
	Poll time.Duration
	// Backoff is the wait after a first failed delivery; it doubles with each, up
	// to 30 s. Redis keeps it in whole seconds. Default 1 s.
	Backoff time.Duration
	// MaxRetry is how often a message that fails is delivered again before it is
	// put aside. It is a fuse only, since the job row counts attempts. Default 25.
	MaxRetry int
	// Logger gets what goes wrong in the background, of this package and of both
	// libraries. Default slog.Default().
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Prefix == "" {
		o.Prefix = "claude-mem"
	}
	if o.Timeout <= 0 {
		o.Timeout = 2 * time.Second
	}
	if o.Visibility <= 0 {
		o.Visibility = 20 * time.Second
	}
	o.Visibility = max(o.Visibility, minVisibility)
	if o.Poll <= 0 {
		o.Poll = 200 * time.Millisecond
	}
	if o.Backoff <= 0 {
		o.Backoff = time.Second
	}
	if o.MaxRetry <= 0 {
		o.MaxRetry = 25
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}

// Queue is the engine. It is made by [Open].
type Queue struct {
	o        Options
	where    queue.Server
	contact  *contact
	handlers outage.Watch     // of what handlers need
	conn     *goredis.Options // what consumers make clients of their own from

	client *goredis.Client // for all but consumers; it fails fast
	send   *asynq.Client
	tasks  *asynq.Inspector

	closing context.Context // done when Close is called
	close   context.CancelFunc
	mu      sync.Mutex // orders joining consumers against Close
	wg      sync.WaitGroup
}

var _ queue.Queue = (*Queue)(nil)

// Open connects to Redis and checks that it will do. It fails with
// [memory.ErrUnavailable] if Redis does not answer within [Options.Timeout], and
// plainly if the options or the server can never work. It starts nothing: the
// work is done in the goroutines that call Consume.
//
// The log of the Redis client is one for the whole process; Open turns it to
// [Options.Logger].
func Open(ctx context.Context, o Options) (*Queue, error) {
	o = o.withDefaults()
	if err := checkPrefix(o.Prefix); err != nil {
		return nil, err
	}
	conn, err := parseURL(o.URL)
	if err != nil {
		return nil, err
	}
	goredis.SetLogger(clientLog{o.Logger})
	q := &Queue{o: o, conn: conn, contact: newContact(o.Logger)}
	q.handlers.Lines = outage.Lines{
		Log: o.Logger, Level: slog.LevelWarn, Away: "queue handlers cannot work; their messages come again", Back: "queue handlers work again",
	}
	q.client = goredis.NewClient(fastOptions(conn, o.Timeout))
	q.client.AddHook(observer{contact: q.contact})
	q.where = address(conn)
	q.where.Prefix = o.Prefix
	if q.where.Mode, err = q.probe(ctx); err != nil {
		q.client.Close()
		return nil, err
	}
	q.send = asynq.NewClientFromRedisClient(q.client)
	q.tasks = asynq.NewInspectorFromRedisClient(q.client)
	q.closing, q.close = context.WithCancel(context.Background())
	return q, nil
}

// lane returns the asynq queue of a lane.
func (q *Queue) lane(name memory.Lane) (asynqQueue, error) {
	for _, l := range memory.Lanes() {
		if l == name {
			return asynqQueue(q.o.Prefix + ":" + string(name)), nil
		}
	}
	return "", fmt.Errorf("redis: no such lane %q", name)
}

var errClosed = errors.New("redis: queue is closed")

// join counts a consumer in, unless the queue is closed.
func (q *Queue) join() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closing.Err() != nil {
		return errClosed
	}
	q.wg.Add(1)
	return nil
}

// Close is the hard stop: it ends the context of every handler that runs, returns
// when all consumers have, and disconnects. A message whose handler then fails is
// receivable again within seconds.
func (q *Queue) Close() error {
	q.mu.Lock()
	q.close()
	q.mu.Unlock()
	q.wg.Wait()
	if err := q.client.Close(); err != nil && !errors.Is(err, goredis.ErrClosed) {
		return fmt.Errorf("redis: close: %w", err)
	}
	return nil
}

// Info implements queue.Queue.
func (q *Queue) Info(ctx context.Context) queue.Info {
	ctx, cancel := context.WithTimeout(ctx, q.o.Timeout)
	defer cancel()
	where := q.where
	info := queue.Info{Engine: Engine, Server: &where}
	if err := q.client.Ping(ctx).Err(); err != nil {
		info.Err = away("ping", err)
	}
	return info
}
