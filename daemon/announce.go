package daemon

import (
	"context"
	"sync"
	"time"

	"claude-mem/memory"
	"claude-mem/queue"
)

const (
	// probeAfter is how long after a failure the next announcement is tried.
	probeAfter = time.Second
	// probeFor is how long the others rely on the one that tries.
	probeFor = 3 * time.Second
)

// errNotTried is why jobs are not announced while Redis is away.
var errNotTried = &memory.Error{Code: memory.CodeUnavailable, Message: "the queue's Redis was away a moment ago"}

// announcer is a transport that spares whoever announces the wait for a Redis that is
// away: one that does not even refuse would hold up every event for as long as it is
// given. Now and then one announcement goes out to see whether it is back; the
// reconciler makes good for the others.
type announcer struct {
	transport

	mu   sync.Mutex // guards what follows
	away bool
	next time.Time // when one may try, if it is away
}

// transport is what a queue outside the database can do.
type transport interface {
	queue.Queue
	queue.Forgetful
}

var _ transport = (*announcer)(nil)

// publish announces jobs of a transaction that committed.
func (a *announcer) publish(ctx context.Context, msgs []memory.Message) error {
	if !a.mayTry(time.Now()) {
		return errNotTried
	}
	err := a.Enqueue(ctx, msgs...)
	a.saw(err)
	return err
}

// RemembersSince implements queue.Forgetful. Who asks, wants to announce next.
func (a *announcer) RemembersSince(ctx context.Context) (memory.Epoch, error) {
	since, err := a.transport.RemembersSince(ctx)
	a.saw(err)
	return since, err
}

func (a *announcer) mayTry(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.away && now.Before(a.next) {
		return false
	}
	a.next = now.Add(probeFor)
	return true
}

// saw takes in how a try ended.
func (a *announcer) saw(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.away, a.next = err != nil, time.Now().Add(probeAfter)
}
