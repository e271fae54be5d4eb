package redis

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	goredis "github.com/redis/go-redis/v9"

	"claude-mem/memory"
	"claude-mem/queue"
)

const (
	// maxBackoff bounds the wait between two deliveries of a message that fails.
	maxBackoff = 30 * time.Second
	// forwardEvery is how many polls pass between two looks for failed messages
	// whose wait is over.
	forwardEvery = 5
	// sideConns is how many connections a consumer may use besides one for each
	// worker: asynq's own goroutines, and the sweep.
	sideConns = 8
	// lastWords is how long a consumer whose handlers are done may take to tell Redis
	// before it hangs up. What it could not tell is delivered again.
	lastWords = 5 * time.Second
	// asynqGrace is after what time a stopping asynq drops handlers that still run:
	// later than any does. A timer keeps the stopped server in memory for as long.
	asynqGrace = 24 * time.Hour
)

// errGivenUp is what asynq is told about a message whose handler was not run, or
// not to its end, because the consumer stops: it is receivable again at once.
var errGivenUp = errors.New("given up by a consumer that stops")

// consumer is one call of Consume. It has a Redis client, and with it an asynq
// server, of its own: hanging up is the one way to end an asynq server that waits
// for a Redis which neither answers nor goes away.
type consumer struct {
	q     *Queue
	lane  memory.Lane
	queue asynqQueue
	h     queue.Handler

	client   *goredis.Client
	ctx      context.Context // done: receive no more
	handlers context.Context // done: handlers shall give up

	free    chan struct{} // a token for each handler that runs
	mu      sync.Mutex    // orders starting handlers against stopping
	stopped bool
	running sync.WaitGroup
}

// Consume implements queue.Queue. It returns nil even if Redis was away all the
// time: it tries again until it is told to stop. Should Redis be away for asynq's
// lease time of 30 s, or be emptied, while a handler runs, the handler goes on,
// and its message may be delivered to another.
func (q *Queue) Consume(ctx context.Context, lane memory.Lane, workers int, h queue.Handler) error {
	name, err := q.lane(lane)
	if err != nil {
		return err
	}
	if err := q.join(); err != nil {
		return err
	}
	defer q.wg.Done()
	if ctx.Err() != nil {
		return nil
	}
	c := &consumer{q: q, lane: lane, queue: name, h: h, free: make(chan struct{}, max(workers, 1))}
	var stop, stopHandlers context.CancelFunc
	c.ctx, stop = context.WithCancel(ctx)
	defer stop()
	c.handlers, stopHandlers = context.WithCancel(context.WithoutCancel(ctx))
	defer stopHandlers()
	defer context.AfterFunc(q.closing, func() { stop(); stopHandlers() })()

	c.client = goredis.NewClient(patientOptions(q.conn, cap(c.free)+sideConns))
	defer c.client.Close()
	c.client.AddHook(observer{contact: q.contact, pause: c.ctx})
	srv := asynq.NewServerFromRedisClient(c.client, c.config())
	if err := srv.Start(c); err != nil {
		return fmt.Errorf("redis: consume lane %q: %w", lane, err)
	}
	c.sweepUntilStopped()
	c.stop(srv)
	return nil
}

// patientOptions are for clients that nobody waits for, with idle connections as
// given.
//
// Once a pool has failed to connect PoolSize times, it looks only once a second, in
// a goroutine that outlives Close, and fails everything meanwhile. One too large for
// that tries each time and so knows at once when Redis is back. It does not make
// more connections: those are as many as asynq's goroutines use at once.
func patientOptions(conn *goredis.Options, idle int) *goredis.Options {
	o := *conn
	o.PoolSize, o.MaxIdleConns = 4096, idle
	o.MaxRetries = -1 // asynq tries again itself
	return &o
}

// config adapts asynq to the contract; see the package comment.
func (c *consumer) config() asynq.Config {
	o := c.q.o
	return asynq.Config{
		Concurrency:              cap(c.free),
		Queues:                   map[string]int{string(c.queue): 1},
		TaskCheckInterval:        o.Poll,
		DelayedTaskCheckInterval: o.Poll * forwardEvery,
		RetryDelayFunc:           func(n int, err error, _ *asynq.Task) time.Duration { return backoff(o.Backoff, n, err) },
		IsFailure:                func(err error) bool { return !errors.Is(err, errGivenUp) },
		ShutdownTimeout:          asynqGrace,
		JanitorInterval:          time.Hour, // for completed tasks, which are not kept
		Logger:                   workerLog{o.Logger, c.q.contact},
		LogLevel:                 asynq.WarnLevel,
	}
}

// backoff is the wait before the next delivery, after n that failed before.
func backoff(first time.Duration, n int, err error) time.Duration {
	if errors.Is(err, errGivenUp) {
		return 0
	}
	if n >= 10 { // far beyond the bound, and safe to shift by below it
		return maxBackoff
	}
	return min(first<<n, maxBackoff)
}

// stop returns when every handler has, and Redis was told or cannot be.
func (c *consumer) stop(srv *asynq.Server) {
	c.mu.Lock()
	c.stopped = true
	c.mu.Unlock()
	told := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		c.running.Wait()
		select {
		case <-told:
		case <-time.After(lastWords):
			c.client.Close()
		}
	})
	srv.Stop() // receives no more; Shutdown alone would do other things first
	srv.Shutdown()
	close(told)
	wg.Wait()
}

// start counts a handler in, unless the consumer stops. asynq may believe that a
// handler is over which is not; the token keeps another from starting beside it.
func (c *consumer) start() bool {
	select {
	case c.free <- struct{}{}:
	case <-c.ctx.Done():
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped || c.ctx.Err() != nil {
		<-c.free
		return false
	}
	c.running.Add(1)
	return true
}

// ProcessTask implements asynq.Handler. Its context is asynq's and not handed on:
// it may end while the job row's lease, which is what counts, holds.
func (c *consumer) ProcessTask(_ context.Context, t *asynq.Task) error {
	m, err := decode(c.lane, t.Payload())
	if err != nil {
		c.q.o.Logger.Error("queue message put aside", "lane", c.lane, "bytes", len(t.Payload()), "error", err)
		return fmt.Errorf("%w: %w", err, asynq.SkipRetry)
	}
	if !c.start() {
		return errGivenUp
	}
	defer func() {
		<-c.free
		c.running.Done()
	}()
	err = c.handle(m)
	if err != nil && c.ctx.Err() != nil {
		return fmt.Errorf("%w: %w", errGivenUp, err)
	}
	return err
}

// handle runs the handler. The text of its error and of a panic stay out of Redis,
// where others may read.
func (c *consumer) handle(m memory.Message) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.q.o.Logger.Error("queue handler panicked", "id", m.ID, "panic", p, "stack", string(debug.Stack()))
			err = errHandler
		}
	}()
	err = c.h(c.handlers, m)
	switch {
	case err == nil:
		c.q.handlers.Worked()
		return nil
	case errors.Is(err, memory.ErrUnavailable): // it says so of every message
		c.q.handlers.Failed(err, "id", m.ID)
	default:
		c.q.o.Logger.Warn("queue handler failed", "id", m.ID, "error", err)
	}
	return errHandler
}

var errHandler = errors.New("the handler failed; its log says why")
