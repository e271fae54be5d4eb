package goqite

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	core "maragu.dev/goqite"

	"claude-mem/memory"
	"claude-mem/queue"
)

// turnTimeout bounds one transaction of a consumer.
const turnTimeout = 30 * time.Second

// lastTurns is how often a stopping consumer tries to settle what its handlers
// finished. If it cannot, the messages come again after the visibility time-out.
const lastTurns = 3

// consumer is one call of Consume. All its state belongs to the one goroutine of
// that call; handlers only report on done.
type consumer struct {
	q       *Queue
	lane    *lane
	workers int
	h       queue.Handler

	running  map[core.ID]*delivery
	finished []outcome // not settled yet
	done     chan outcome
	ctx      context.Context // done: receive no more
	handlers context.Context // done: handlers shall give up
}

// Consume implements queue.Queue. When ctx is done it stops gracefully: handlers
// run on with a live context, and their messages stay theirs. [Queue.Close] is
// the hard stop. A handler that panics has failed.
func (q *Queue) Consume(ctx context.Context, name memory.Lane, workers int, h queue.Handler) error {
	l, err := q.lane(name)
	if err != nil {
		return err
	}
	if err := q.join(); err != nil {
		return err
	}
	defer q.wg.Done()
	workers = max(workers, 1)
	c := &consumer{
		q: q, lane: l, workers: workers, h: h,
		running: make(map[core.ID]*delivery), done: make(chan outcome, workers),
	}
	var stopHandlers, stop context.CancelFunc
	c.handlers, stopHandlers = context.WithCancel(context.WithoutCancel(ctx))
	defer stopHandlers()
	c.ctx, stop = context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(q.closing, func() { stop(); stopHandlers() })()

	c.receiveAll()
	c.drain()
	return nil
}

// stopping reports whether the consumer was asked to stop.
func (c *consumer) stopping() bool { return c.ctx.Err() != nil }

// receiveAll keeps the workers busy until the consumer is asked to stop.
func (c *consumer) receiveAll() {
	tick := time.NewTicker(c.interval())
	defer tick.Stop()
	for !c.stopping() {
		if err := c.turn(c.workers - len(c.running)); err != nil {
			c.q.o.Logger.Error("queue turn failed", "error", err)
			// Nothing but time helps a database that refuses.
			select {
			case <-tick.C:
			case <-c.ctx.Done():
			}
			continue
		}
		wake := c.lane.wake
		if len(c.running) == c.workers {
			wake = nil // left for a consumer that has somebody free
		}
		select {
		case o := <-c.done:
			c.collect(o)
		case <-wake:
		case <-tick.C:
		case <-c.ctx.Done():
		}
	}
}

// drain waits for the handlers that run and settles their messages.
func (c *consumer) drain() {
	tick := time.NewTicker(c.interval())
	defer tick.Stop()
	for len(c.running) > 0 {
		select {
		case o := <-c.done:
			c.collect(o)
		case <-tick.C: // time to extend
		}
		if err := c.turn(0); err != nil {
			c.q.o.Logger.Error("queue turn failed while stopping", "error", err)
		}
	}
	for try := 0; len(c.finished) > 0 && try < lastTurns; try++ {
		if err := c.turn(0); err != nil {
			c.q.o.Logger.Error("queue messages not settled", "messages", len(c.finished), "error", err)
			<-tick.C
		}
	}
}

// interval is how often the consumer looks up without being woken: for messages
// that fell due, and three times in the life of one that wants extending.
func (c *consumer) interval() time.Duration { return min(c.q.o.Poll, c.q.o.Visibility/3) }

// collect takes in a finished handler and all others that finished by now, so
// that they share a transaction.
func (c *consumer) collect(o outcome) {
	for {
		delete(c.running, o.row)
		c.finished = append(c.finished, o)
		select {
		case o = <-c.done:
		default:
			return
		}
	}
}

// turn settles, extends and receives up to want messages, and starts their
// handlers. After an error everything is as before.
func (c *consumer) turn(want int) error {
	t := turn{settle: c.finished, want: want}
	for _, d := range c.running {
		if time.Until(d.hidden) < c.q.o.Visibility*2/3 {
			t.extend = append(t.extend, d)
		}
	}
	if t.empty() {
		return nil
	}
	if want > 0 {
		select {
		case <-c.lane.wake: // about to look anyhow
		default:
		}
	}
	// Not under c.ctx: a commit that is cut short would leave messages received by nobody.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), turnTimeout)
	defer cancel()
	if err := t.run(ctx, c); err != nil {
		return fmt.Errorf("goqite: %w", err)
	}
	c.finished = nil
	for _, d := range t.got {
		c.running[d.row] = d
		go c.handle(d)
	}
	if want > 0 && len(t.got) == want {
		c.lane.poke() // there may be more, for another consumer of the lane
	}
	return nil
}

// handle runs the handler for a delivery.
func (c *consumer) handle(d *delivery) {
	o := outcome{delivery: d}
	defer func() {
		if p := recover(); p != nil {
			c.q.o.Logger.Error("queue handler panicked", "id", d.msg.ID, "panic", p, "stack", string(debug.Stack()))
			o.err = fmt.Errorf("handler panicked: %v", p)
		}
		c.done <- o
	}()
	if o.err = c.h(c.handlers, d.msg); o.err != nil {
		c.q.o.Logger.Warn("queue handler failed", "id", d.msg.ID, "delivery", d.received, "error", o.err)
	}
}
