// Package goqite is the solo engine of [queue.Queue]: maragu.dev/goqite's table
// in the SQLite file that holds everything else, so that a message commits with
// the job it announces.
//
// Of the library the core is used, sending and receiving inside a transaction
// that is given. Around it stands what generation needs and the core lacks:
//
//   - One waiting message for an id. A unique index over the id in the body, for
//     rows not received yet, turns a second one away.
//   - Fencing. The core deletes and extends by row id alone, so that a consumer
//     that lost a message could delete it under the next one's hands. Here the
//     row's count of deliveries must be the one the consumer received.
//   - A clean table. The core's Receive walks over every row that is delayed or
//     was received too often. A message that failed goes behind all that did not,
//     and one that is past hope moves to the table goqite_dead.
//   - No polling in the way. [Queue.Committed] wakes the consumers of the lanes
//     that were sent to; the slow poll is for what falls due by itself.
//
// Everything goes through the store's one writer ([DB]): a consumer settles what
// its handlers finished, extends what they still work on and receives the next
// messages in one transaction a turn.
package goqite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	core "maragu.dev/goqite"

	"claude-mem/memory"
	"claude-mem/queue"
)

// Engine is the name of this engine in the configuration.
const Engine = "goqite"

// DB is the database that the messages live in.
type DB interface {
	// WriteSQL runs fn in a write transaction and commits it if fn returns nil. Write
	// transactions run one after the other, each seeing what came before. fn may be
	// run again, but never at the same time, and never after WriteSQL returned. What
	// fn does with tx must not be cancelled half-way: others share the transaction.
	WriteSQL(ctx context.Context, fn func(tx *sql.Tx) error) error
}

// Options tune the engine; the zero value of a field means its default.
type Options struct {
	// Visibility is how long a received message is hidden from others, unless its
	// consumer extends that: what a crash costs. Default 30 s.
	Visibility time.Duration
	// Poll is how often an idle lane is looked at. Default 2 s.
	Poll time.Duration
	// Backoff is the wait after a first failed delivery; it doubles with each, up
	// to 30 s. Default 1 s.
	Backoff time.Duration
	// MaxReceive is how often a message is delivered before it counts as dead. It
	// is a fuse against poison only, since the job row counts attempts. Default 25.
	MaxReceive int
	// Logger gets what goes wrong in the background. Default slog.Default().
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Visibility <= 0 {
		o.Visibility = 30 * time.Second
	}
	if o.Poll <= 0 {
		o.Poll = 2 * time.Second
	}
	if o.Backoff <= 0 {
		o.Backoff = time.Second
	}
	if o.MaxReceive <= 0 {
		o.MaxReceive = 25
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}

// Queue is the engine. It is also the store's outbox: see [Queue.SendTx] and
// [Queue.Committed].
type Queue struct {
	db    DB
	o     Options
	lanes map[memory.Lane]*lane

	closing context.Context // done when Close is called
	close   context.CancelFunc
	mu      sync.Mutex // orders joining consumers against Close
	wg      sync.WaitGroup
}

var _ queue.Queue = (*Queue)(nil)

// lane is one goqite queue and what its consumers wait on.
type lane struct {
	core *core.Queue
	wake chan struct{}
	// sent counts the messages sent in write transactions, committed or not; seen is
	// what sent was when a consumer last looked, set inside its transaction. As these
	// run one after the other, a lane with sent == seen has nothing new.
	sent, seen atomic.Uint64
}

// poke wakes one idle consumer of the lane.
func (l *lane) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// New makes sure of the schema and returns the engine. It starts nothing: the
// work is done in the goroutines that call Consume.
func New(ctx context.Context, db DB, o Options) (*Queue, error) {
	q := &Queue{db: db, o: o.withDefaults(), lanes: make(map[memory.Lane]*lane)}
	if err := q.write(ctx, createSchema); err != nil {
		return nil, fmt.Errorf("goqite: create schema: %w", err)
	}
	for _, name := range memory.Lanes() {
		q.lanes[name] = &lane{
			wake: make(chan struct{}, 1),
			core: core.New(core.NewOpts{
				DB:   new(sql.DB), // demanded, though methods on a transaction never touch it
				Name: string(name), Timeout: q.o.Visibility,
				MaxReceive: math.MaxInt32, // ours is checked after receiving, to move the dead away
			}),
		}
	}
	q.closing, q.close = context.WithCancel(context.Background())
	return q, nil
}

// write runs fn in a write transaction, with a context that is never done: ctx
// only limits the wait for the transaction.
func (q *Queue) write(ctx context.Context, fn func(ctx context.Context, tx *sql.Tx) error) error {
	whole := context.WithoutCancel(ctx)
	return q.db.WriteSQL(ctx, func(tx *sql.Tx) error { return fn(whole, tx) })
}

// lane finds a lane by name.
func (q *Queue) lane(name memory.Lane) (*lane, error) {
	l, ok := q.lanes[name]
	if !ok {
		return nil, fmt.Errorf("goqite: no such lane %q", name)
	}
	return l, nil
}

var errClosed = errors.New("goqite: queue is closed")

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

// Close is the hard stop: it ends the context of every handler that runs and
// returns when all consumers have. A message whose handler then fails is
// receivable again at once. The database stays open; it is the store's.
func (q *Queue) Close() error {
	q.mu.Lock()
	q.close()
	q.mu.Unlock()
	q.wg.Wait()
	return nil
}

// Info implements queue.Queue.
func (q *Queue) Info(ctx context.Context) queue.Info {
	_, err := q.Counts(ctx)
	return queue.Info{Engine: Engine, Err: err}
}
