// Package grouped does in groups what many ask for one by one: those who come while a
// group is under way wait for the next, and share what it costs. So a commit that
// takes a disk's time is paid once for as many as came meanwhile, and nobody waits for
// a group to fill.
package grouped

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Options say what is done and how much at once.
type Options[T any] struct {
	// Run does a group and answers each of its items once. It may leave the answers to
	// others and return before they come.
	Run func(group []*Item[T])
	// Most is how many items a group has at most.
	Most int
	// Weight, if set, is what an item weighs. A group that weighs MaxWeight takes no more.
	Weight    func(v *T) int
	MaxWeight int
	// Waiting is how many items wait before those who bring more are held back.
	Waiting int
	// AtOnce is how many groups are under way at the same time; 0 means one.
	AtOnce int
	// WhenIdle, if set, is called when there was nothing to do for Idle, once each time.
	// No group is under way then if AtOnce is one.
	WhenIdle func()
	Idle     time.Duration
	// Closed is what those get who come after Stop.
	Closed error
}

// Queue is where items wait for their group. It is made by [Start].
type Queue[T any] struct {
	o        Options[T]
	items    chan *Item[T]
	stopping chan struct{} // closed: take no more
	stopped  chan struct{} // closed: every group was run
	once     sync.Once
}

// Item is what one caller asks for.
type Item[T any] struct {
	Value T
	held  atomic.Bool // by the queue, to run it, or by the caller, to give it up
	done  chan error  // buffered: who answers never waits for a caller
}

// claim reports whether the caller of claim is the first, and so decides what becomes
// of the item.
func (i *Item[T]) claim() bool { return i.held.CompareAndSwap(false, true) }

// Answer tells the items' callers how it ended.
func Answer[T any](err error, items ...*Item[T]) {
	for _, i := range items {
		i.done <- err
	}
}

// Start starts the goroutines that run groups; Stop ends them.
func Start[T any](o Options[T]) *Queue[T] {
	q := &Queue[T]{
		o: o, items: make(chan *Item[T], o.Waiting), stopping: make(chan struct{}), stopped: make(chan struct{}),
	}
	var running sync.WaitGroup
	for range max(o.AtOnce, 1) {
		running.Go(q.loop)
	}
	go func() {
		running.Wait()
		close(q.stopped)
	}()
	return q
}

// Stop runs what waits, refuses what comes, and returns when all groups have been run.
// It reports whether it was the first call.
func (q *Queue[T]) Stop() (first bool) {
	q.once.Do(func() {
		first = true
		close(q.stopping)
	})
	<-q.stopped
	return first
}

// Usable reports why nothing can be asked for, if so: the context's error or
// Options.Closed.
func (q *Queue[T]) Usable(ctx context.Context) error {
	select {
	case <-q.stopping:
		return q.o.Closed
	default:
		return ctx.Err()
	}
}

// Waiting is how many items wait for a group.
func (q *Queue[T]) Waiting() int { return len(q.items) }

// Do has v done in a group and returns its answer. A context that ends while v waits
// means that it is never run; from then on its answer counts.
func (q *Queue[T]) Do(ctx context.Context, v T) error {
	if err := q.Usable(ctx); err != nil { // even if there is room
		return err
	}
	i := &Item[T]{Value: v, done: make(chan error, 1)}
	select {
	case q.items <- i:
	case <-ctx.Done():
		return ctx.Err()
	case <-q.stopping:
		return q.o.Closed
	}
	select {
	case err := <-i.done:
		return err
	case <-ctx.Done():
		if i.claim() {
			return ctx.Err()
		}
	case <-q.stopped:
		// It was queued after the last look at the queue.
		if i.claim() {
			return q.o.Closed
		}
	}
	return <-i.done
}

// loop runs one group after the other.
func (q *Queue[T]) loop() {
	var idle <-chan time.Time
	rest := func() {}
	if q.o.WhenIdle != nil {
		timer := time.NewTimer(q.o.Idle)
		defer timer.Stop()
		idle, rest = timer.C, func() { timer.Reset(q.o.Idle) }
	}
	for {
		select {
		case i := <-q.items:
			q.run(i)
			rest()
		case <-idle:
			q.o.WhenIdle()
		case <-q.stopping:
			for {
				select {
				case i := <-q.items:
					q.run(i)
				default:
					return
				}
			}
		}
	}
}

// run runs the group that begins with an item, if anything of it is still wanted.
func (q *Queue[T]) run(first *Item[T]) {
	if group := q.gather(first); len(group) > 0 {
		q.o.Run(group)
	}
}

// gather takes what waits besides first, up to a group, leaving out what was given up.
func (q *Queue[T]) gather(first *Item[T]) []*Item[T] {
	group := make([]*Item[T], 0, min(len(q.items)+1, q.o.Most))
	weight := 0
	for i := first; ; {
		if i.claim() {
			group = append(group, i)
			if q.o.Weight != nil {
				weight += q.o.Weight(&i.Value)
			}
		}
		if len(group) == q.o.Most || q.o.Weight != nil && weight >= q.o.MaxWeight {
			return group
		}
		select {
		case i = <-q.items:
		default:
			return group
		}
	}
}
