package generation

import (
	"context"
	"fmt"
	"slices"

	"claude-mem/memory"
	"claude-mem/storage"
)

// What one summary is made of at most. Of a longer session the head and the tail
// are kept, half of each: what was asked first, and how it ended.
const (
	maxEvents     = 5000
	maxEventBytes = 4 << 20 // of payloads
	eventPage     = 200
)

// half is the room for one end of a session.
type half struct{ events, bytes int }

func newHalf() half { return half{maxEvents / 2, maxEventBytes / 2} }

// take reports whether e still fits, and makes room for it.
func (h *half) take(e memory.Event) bool {
	if h.events < 1 || h.bytes < len(e.Payload) {
		return false
	}
	h.events--
	h.bytes -= len(e.Payload)
	return true
}

// sessionEvents loads the events of the job's session in order, and tells how
// many in the middle were left out.
func (a *attempt) sessionEvents(ctx context.Context) (events []memory.Event, omitted int, err error) {
	n, err := a.Store.CountSessionEvents(ctx, a.job.Scope(), a.job.SourceID)
	if err != nil {
		return nil, 0, fmt.Errorf("count events: %w", err)
	}
	total := int(n)
	head, err := a.head(ctx, total)
	if err != nil || len(head) == total {
		return head, 0, err
	}
	tail, err := a.tail(ctx, len(head), total)
	if err != nil {
		return nil, 0, err
	}
	return append(head, tail...), total - len(head) - len(tail), nil
}

// head loads events from the first on while they fit.
func (a *attempt) head(ctx context.Context, total int) (head []memory.Event, err error) {
	room := newHalf()
	for len(head) < total {
		page, err := a.page(ctx, len(head), min(len(head)+eventPage, total))
		if err != nil || len(page) == 0 {
			return head, err
		}
		for _, e := range page {
			if !room.take(e) {
				return head, nil
			}
			head = append(head, e)
		}
	}
	return head, nil
}

// tail loads events from the last backwards while they fit, none before from.
func (a *attempt) tail(ctx context.Context, from, total int) (tail []memory.Event, err error) {
	room := newHalf()
	for end := total; end > from; end -= eventPage {
		page, err := a.page(ctx, max(end-eventPage, from), end)
		if err != nil {
			return nil, err
		}
		for _, e := range slices.Backward(page) {
			if !room.take(e) {
				slices.Reverse(tail)
				return tail, nil
			}
			tail = append(tail, e)
		}
	}
	slices.Reverse(tail)
	return tail, nil
}

// page loads the events from, inclusive, to, exclusive.
func (a *attempt) page(ctx context.Context, from, to int) ([]memory.Event, error) {
	events, err := a.Store.SessionEvents(ctx, a.job.Scope(), a.job.SourceID, storage.Page{Limit: to - from, Offset: from})
	if err != nil {
		return nil, fmt.Errorf("load events: %w", err)
	}
	return events, nil
}
