package httpapi

import (
	"context"
	"errors"
	"sync"
	"time"

	"claude-mem/memory"
	"claude-mem/storage"
)

// recheckEvery is how often a waiter looks into storage in case the job was
// finished by a worker in another process, which tells no Hub of ours.
const recheckEvery = time.Second

// Hub wakes those who wait for a job to end, and tells streams what happens. The zero
// value is ready to use.
type Hub struct {
	mu      sync.Mutex
	waiters map[string][]chan struct{} // by job id
	streams map[*stream]struct{}
	closed  bool
}

// Close sends everybody away who waits, or will want to: the daemon stops.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for jobID := range h.waiters {
		h.release(jobID)
	}
	for s := range h.streams {
		h.drop(s)
	}
}

// release wakes the job's waiters. The caller holds the lock.
func (h *Hub) release(jobID string) {
	for _, ch := range h.waiters[jobID] {
		close(ch)
	}
	delete(h.waiters, jobID)
}

func (h *Hub) isClosed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closed
}

// subscribe returns a channel that is closed when the job is published, and the
// function that gives it up.
func (h *Hub) subscribe(jobID string) (<-chan struct{}, func()) {
	ch := make(chan struct{})
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(ch)
		return ch, func() {}
	}
	if h.waiters == nil {
		h.waiters = make(map[string][]chan struct{})
	}
	h.waiters[jobID] = append(h.waiters[jobID], ch)
	return ch, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		others := h.waiters[jobID]
		for i, other := range others {
			if other == ch {
				others = append(others[:i:i], others[i+1:]...)
				break
			}
		}
		if len(others) == 0 {
			delete(h.waiters, jobID)
		} else {
			h.waiters[jobID] = others
		}
	}
}

// await returns the job once it is terminal, or as it is when ctx reaches its
// deadline or the Hub is closed. A caller who went away is an error.
func (h *Hub) await(ctx context.Context, jobs storage.JobReader, j memory.Job) (memory.Job, error) {
	for {
		ch, cancel := h.subscribe(j.ID) // before looking, so that nothing falls in between
		now, err := jobs.Job(ctx, j.Scope(), j.ID)
		if err == nil && !now.Status.Terminal() {
			h.pause(ctx, ch)
		}
		cancel()
		switch {
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			if err == nil {
				j = now
			}
			return j, nil
		case err != nil || now.Status.Terminal() || h.isClosed():
			return now, err
		case ctx.Err() != nil:
			return now, ctx.Err()
		}
	}
}

// pause waits for the channel, the next look, or the end of ctx.
func (h *Hub) pause(ctx context.Context, ch <-chan struct{}) {
	t := time.NewTimer(recheckEvery)
	defer t.Stop()
	select {
	case <-ch:
	case <-t.C:
	case <-ctx.Done():
	}
}
