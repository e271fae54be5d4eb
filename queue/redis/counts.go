package redis

import (
	"context"
	"fmt"

	"claude-mem/memory"
	"claude-mem/queue"
)

// Remove implements queue.Queue. A message that failed and waits to be delivered
// again is dropped as well.
func (q *Queue) Remove(ctx context.Context, name memory.Lane, id string) error {
	lane, err := q.lane(name)
	if err != nil {
		return err
	}
	soon, cancel := context.WithTimeout(ctx, q.o.Timeout)
	defer cancel()
	a := announcement{queue: lane, id: id}
	states, err := q.states(soon, a)
	if err != nil {
		return failure(ctx, "remove", err)
	}
	for n, state := range states {
		if state == "" || state == stateActive {
			continue
		}
		// A task that was received or went since it was looked up is none of ours any
		// more, and asynq's error for that cannot be told from others: look again.
		if err := q.tasks.DeleteTask(string(lane), taskID(id, n)); err != nil {
			now, lookErr := q.states(soon, a)
			if lookErr != nil || now[n] == state {
				return failure(ctx, "remove", err)
			}
		}
	}
	return nil
}

// Counts implements queue.Queue. A message that failed counts as active until its
// wait is over, then as waiting. The numbers of one lane are of one moment.
func (q *Queue) Counts(ctx context.Context) ([]queue.Counts, error) {
	soon, cancel := context.WithTimeout(ctx, q.o.Timeout)
	defer cancel()
	alive := int64((leaseTime - q.o.Visibility).Seconds())
	counts := make([]queue.Counts, 0, len(memory.Lanes()))
	for _, name := range memory.Lanes() {
		lane, err := q.lane(name)
		if err != nil {
			return nil, err
		}
		keys := lane.keys("pending", "scheduled", "retry", "active", "lease")
		n, err := countScript().Run(soon, q.client, keys, alive).Int64Slice()
		if err != nil {
			return nil, failure(ctx, "count", err)
		}
		if len(n) != len(keys)-2 {
			return nil, fmt.Errorf("redis: count: %d numbers", len(n))
		}
		counts = append(counts, queue.Counts{Lane: name, Waiting: n[0], Active: n[1], Stalled: n[2]})
	}
	return counts, nil
}
