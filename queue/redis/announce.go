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
	// maxBatch is how many messages are announced under one time-out.
	maxBatch = 256
	// senders is how many messages of a batch are on their way at once. Eight reach
	// 50,000/s on two cores where one reaches 13,000/s; more gain little.
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
	todo := make([]announcement, len(msgs))
	for i, m := range msgs {
		payload, err := encode(m)
		if err != nil {
			return fmt.Errorf("redis: enqueue message %q: %w", m.ID, err)
		}
		name, err := q.lane(m.Kind.Lane())
		if err != nil {
			return err
		}
		todo[i] = announcement{name, m.ID, payload}
	}
	for batch := range slices.Chunk(todo, maxBatch) {
		if err := q.announce(ctx, batch); err != nil {
			return failure(ctx, "enqueue", err)
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

// announce places a batch of messages.
func (q *Queue) announce(ctx context.Context, batch []announcement) error {
	ctx, cancel := context.WithTimeout(ctx, q.o.Timeout)
	defer cancel()
	states, err := q.states(ctx, batch...)
	if err != nil {
		return err
	}
	if len(batch) == 1 {
		return q.place(ctx, batch[0], states[0])
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(senders)
	for i, a := range batch {
		g.Go(func() error { return q.place(ctx, a, states[i]) })
	}
	return g.Wait()
}

// place sends a message as one of its copies.
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
		all, err := q.states(ctx, a) // somebody was faster
		if err != nil {
			return err
		}
		states = all[0]
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

// states looks up the state of every copy of the messages, in one round trip.
func (q *Queue) states(ctx context.Context, batch ...announcement) ([][]string, error) {
	keys := make([]string, 0, 1+len(batch)*copies)
	keys = append(keys, allQueues)
	var queues []any
	for i, a := range batch {
		if i == 0 || a.queue != batch[i-1].queue {
			queues = append(queues, string(a.queue))
		}
		for n := range copies {
			keys = append(keys, a.queue.task(taskID(a.id, n)))
		}
	}
	flat, err := stateScript().Run(ctx, q.client, keys, queues...).StringSlice()
	if err != nil {
		return nil, err
	}
	if len(flat) != len(batch)*copies {
		return nil, fmt.Errorf("%d states of %d messages", len(flat), len(batch))
	}
	return slices.Collect(slices.Chunk(flat, copies)), nil
}
