package httpapi

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"

	"claude-mem/memory"
)

const (
	// What bodies in progress may take together: as they came, a request needs a few
	// times that until it is answered.
	smallRoom = 32 << 20
	largeRoom = 64 << 20
	// roomWait is how long a body waits for others to be done with.
	roomWait = 10 * time.Second
	// retryRoom is after which time a client that found no room should come again.
	retryRoom = time.Second
)

// room bounds the memory that bodies take, however many come at once. Small ones
// have a part of their own, so that no batch keeps a hook waiting.
type room struct {
	small, large *semaphore.Weighted
}

func newRoom() *room {
	return &room{small: semaphore.NewWeighted(smallRoom), large: semaphore.NewWeighted(largeRoom)}
}

// take waits until there is room for n bytes, at most largeRoom, and returns the
// function that gives it back.
func (r *room) take(ctx context.Context, n int64) (free func(), err error) {
	part := r.large
	if n <= smallBody {
		part = r.small
	}
	free = func() { part.Release(n) }
	if part.TryAcquire(n) { // nearly always, and a limit of time costs more
		return free, nil
	}
	waiting, cancel := context.WithTimeout(ctx, roomWait)
	defer cancel()
	if err := part.Acquire(waiting, n); err != nil {
		e := memory.Errorf(memory.CodeUnavailable, "too many large requests at once; try again")
		e.RetryAfter = retryRoom
		return nil, e
	}
	return free, nil
}
