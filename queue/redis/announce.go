package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/hibiken/asynq"
	"golang.org/x/sync/errgroup"

	"claude-mem/memory"
)

const (
	// copies is how many tasks one message may be at the same time: one that waits,
	// and others that are being handled, by workers which may be dead or hang.
	copies = 4
	// maxBatch is how many messages are announced in one round trip, under one
	// time-out. Redis does nothing else for about a millisecond meanwhile.
	maxBatch = 256
	// senders is how many messages of a batch that Redis knew before are on their way
	// at once.
	senders = 8
	// maxTries is how often a message is placed anew when others place the same.
	maxTries = 5
	// handlerTimeout is what asynq allows a handler. It insists on a limit and drops
	// a handler that reaches it; ours have their own, in generation.
	handlerTimeout = 365 * 24 * time.Hour
)

// announcement is a message on its way into a queue.
type announcement struct {
	queue   asynqQueue
	id      string
	payload []byte
}

// taskID is the id of the n-th copy of a message.
func taskID(id string, n int) string {
	if n == 0 {
		return id
	}
	return id + "~" + strconv.Itoa(n)
}

// Enqueue implements queue.Queue. Messages are checked before the first is sent;
// after an error, some may have been. Without Redis it fails with
// [memory.ErrUnavailable] within [Options.Timeout].
//
// A message that was received but not acknowledged does not stand in the way: its
// worker may be dead. A message may thus be worked on and announced at once, and
// it is the job row's lease that keeps a second worker from working on it too.
func (q *Queue) Enqueue(ctx context.Context, msgs ...memory.Message) error {
	lanes := make(map[asynqQueue][]announcement)
	for _, m := range msgs {
		payload, err := encode(m)
		if err != nil {
			return fmt.Errorf("redis: enqueue message %q: %w", m.ID, err)
		}
		name, err := q.lane(m.Kind.Lane())
		if err != nil {
			return err
		}
		lanes[name] = append(lanes[name], announcement{name, m.ID, payload})
	}
	for _, todo := range lanes {
		for batch := range slices.Chunk(todo, maxBatch) {
			if err := q.announce(ctx, batch); err != nil {
				return failure(ctx, "enqueue", err)
			}
		}
	}
	return nil
}

// failure is the error for an operation under the caller's context. asynq hands on
// what Redis and the network say as text only, so whatever it is, that it was not
// done is what counts: the caller gave up, or may try again later.
func failure(ctx context.Context, op string, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("redis: %s: %w", op, ctx.Err())
	}
	return away(op, err)
}

// announce places a batch of messages of one lane. Those that Redis does not know,
// nearly always all, are placed in one round trip; the others one by one.
func (q *Queue) announce(ctx context.Context, batch []announcement) error {
	ctx, cancel := context.WithTimeout(ctx, q.o.Timeout)
	defer cancel()
	known, err := q.placeNew(ctx, batch)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(senders)
	for _, k := range known {
		g.Go(func() error { return q.place(ctx, k.announcement, k.states) })
	}
	return g.Wait()
}

// place sends a message that Redis knew before as one of its copies, by asynq's own
// means.
func (q *Queue) place(ctx context.Context, a announcement, states []string) error {
	for range maxTries {
		n := choose(states)
		if n < 0 {
			return nil
		}
		id := taskID(a.id, n)
		if states[n] != "" {
			// If it went, or was received meanwhile, sending will show.
			_ = q.tasks.DeleteTask(string(a.queue), id)
		}
		_, err := q.send.EnqueueContext(ctx, asynq.NewTask(taskType, a.payload),
			asynq.Queue(string(a.queue)), asynq.TaskID(id), asynq.MaxRetry(q.o.MaxRetry), asynq.Timeout(handlerTimeout))
		if !errors.Is(err, asynq.ErrTaskIDConflict) {
			return err
		}
		if states, err = q.states(ctx, a); err != nil { // somebody was faster
			return err
		}
	}
	return fmt.Errorf("the copies of message %q keep changing", a.id)
}

// choose picks the copy to send, given the states of all, "" for none. It returns
// -1 if that is not needed: one waits, or as many as may be are being handled, in
// which case those of dead workers come back by themselves.
func choose(states []string) int {
	if slices.Contains(states, statePending) {
		return -1
	}
	return slices.IndexFunc(states, func(s string) bool { return s != stateActive })
}

// states looks up the state of every copy of a message.
func (q *Queue) states(ctx context.Context, a announcement) ([]string, error) {
	states, err := stateScript().Run(ctx, q.client, a.copies([]string{allQueues}), string(a.queue)).StringSlice()
	if err == nil && len(states) != copies {
		err = fmt.Errorf("%d states of %d copies", len(states), copies)
	}
	return states, err
}

// copies appends the keys of the message's copies.
func (a announcement) copies(keys []string) []string {
	first := a.queue.task(a.id)
	for n := range copies {
		keys = append(keys, taskID(first, n)) // the key ends with the id
	}
	return keys
}
