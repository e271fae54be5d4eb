package postgres

import (
	"context"
	"sync"

	"claude-mem/internal/grouped"
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
	s         *Store
	queue     *grouped.Queue[draft]
	finishing sync.WaitGroup // groups that are stored and have to be told of
}

// op is a draft and whoever waits for it.
type op = grouped.Item[draft]

func startWriter(s *Store) *writer {
	w := &writer{s: s}
	w.queue = grouped.Start(grouped.Options[draft]{
		Run: w.store, Most: maxGroup, Weight: (*draft).bytes, MaxWeight: maxGroupBytes,
		Waiting: maxWaiting, AtOnce: groupsAtOnce, Closed: errClosed,
	})
	return w
}

// stop stores what waits and ends the goroutines.
func (w *writer) stop() {
	w.queue.Stop()
	w.finishing.Wait()
}

// do stores a draft and returns when it is committed or undone. A caller can give up
// as long as it waits; once its group is under way, groupFor bounds what it takes.
func (w *writer) do(ctx context.Context, d draft) error { return w.queue.Do(ctx, d) }
