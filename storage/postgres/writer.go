package postgres

import (
	"context"
	"sync"
	"sync/atomic"

	"claude-mem/memory"
)

const (
	// maxGroup is how many drafts share one commit at most.
	maxGroup = 128
	// maxGroupBytes is from where on no more drafts join a group.
	maxGroupBytes = 2 << 20
	// maxWaiting is how many drafts wait before callers are held back.
	maxWaiting = 256
	// groupsAtOnce is how many groups are under way: while one waits for the disk,
	// another is made ready. More would only be smaller.
	groupsAtOnce = 2
)

// errClosed is what a transaction gets that came too late.
var errClosed = &memory.Error{Code: memory.CodeUnavailable, Message: "the database is closed"}

// writer stores drafts, as many as wait in one go.
type writer struct {
	s        *Store
	queue    chan *op
	stopping chan struct{} // closed: take no more
	stopped  chan struct{} // closed: all is answered
	once     sync.Once
}

// op is a draft and whoever waits for it.
type op struct {
	draft
	held atomic.Bool // by the writer, to store it, or by the caller, to give it up
	done chan error  // buffered: the writer never waits for a caller
}

// claim reports whether the caller of claim is the first, and so decides what
// becomes of the op.
func (o *op) claim() bool { return o.held.CompareAndSwap(false, true) }

func startWriter(s *Store) *writer {
	w := &writer{
		s: s, queue: make(chan *op, maxWaiting), stopping: make(chan struct{}), stopped: make(chan struct{}),
	}
	var running sync.WaitGroup
	for range groupsAtOnce {
		running.Go(func() { w.loop(&running) })
	}
	go func() {
		running.Wait()
		close(w.stopped)
	}()
	return w
}

// stop stores what waits and ends the goroutines.
func (w *writer) stop() {
	w.once.Do(func() { close(w.stopping) })
	<-w.stopped
}

// usable reports why no transaction can begin, if none can.
func (w *writer) usable(ctx context.Context) error {
	select {
	case <-w.stopping:
		return errClosed
	default:
		return ctx.Err()
	}
}

// do stores a draft and returns when it is committed or undone. A caller can give up
// as long as it waits; once its group is under way, groupFor bounds what it takes.
func (w *writer) do(ctx context.Context, d draft) error {
	o := &op{draft: d, done: make(chan error, 1)}
	select {
	case w.queue <- o:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stopping:
		return errClosed
	}
	select {
	case err := <-o.done:
		return err
	case <-ctx.Done():
		if o.claim() {
			return ctx.Err()
		}
	case <-w.stopped:
		// It was queued after the writer had looked for the last time.
		if o.claim() {
			return errClosed
		}
	}
	return <-o.done
}

// loop stores one group after the other.
func (w *writer) loop(running *sync.WaitGroup) {
	for {
		select {
		case o := <-w.queue:
			w.store(w.gather(o), running)
		case <-w.stopping:
			for {
				select {
				case o := <-w.queue:
					w.store(w.gather(o), running)
				default:
					return
				}
			}
		}
	}
}

// gather takes what waits besides first, up to a group, leaving out what was given
// up.
func (w *writer) gather(first *op) []*op {
	var ops []*op
	bytes := 0
	for o := first; ; {
		if o.claim() {
			ops = append(ops, o)
			bytes += o.bytes()
		}
		if len(ops) == maxGroup || bytes >= maxGroupBytes {
			return ops
		}
		select {
		case o = <-w.queue:
		default:
			return ops
		}
	}
}
