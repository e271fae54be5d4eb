package goqite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/queue"
)

// Enqueue implements queue.Queue, in a transaction of its own: all or none.
func (q *Queue) Enqueue(ctx context.Context, msgs ...memory.Message) error {
	err := q.write(ctx, func(ctx context.Context, tx *sql.Tx) error { return q.SendTx(ctx, tx, msgs) })
	if err != nil {
		return err
	}
	q.Committed()
	return nil
}

// maxRows is how many messages one statement sends at most.
const maxRows = 64

// SendTx sends messages in a transaction of the store's. After the commit the
// store calls [Queue.Committed]. ctx must not be done before SendTx returns.
//
// It writes the rows itself, many with one statement: the core sends one at a time
// and has the statement compiled each time, which cost a third of an ingest.
func (q *Queue) SendTx(ctx context.Context, tx *sql.Tx, msgs []memory.Message) error {
	for batch := range slices.Chunk(msgs, maxRows) {
		if err := q.sendRows(ctx, tx, batch); err != nil {
			return fmt.Errorf("goqite: send %d messages: %w", len(batch), err)
		}
	}
	for _, m := range msgs {
		q.lanes[m.Kind.Lane()].sent.Add(1)
	}
	return nil
}

func (q *Queue) sendRows(ctx context.Context, tx *sql.Tx, msgs []memory.Message) error {
	now := time.Now().UTC().Format(timeLayout)
	text := "insert into goqite (id, created, updated, timeout, queue, body) values "
	args := make([]any, 0, 6*len(msgs))
	for i, m := range msgs {
		if err := m.Validate(); err != nil {
			return fmt.Errorf("message %q: %w", m.ID, err)
		}
		body, err := json.Marshal(m)
		if err != nil {
			return fmt.Errorf("message %q: %w", m.ID, err)
		}
		if i > 0 {
			text += ","
		}
		text += "(?, ?, ?, ?, ?, ?)"
		// An id that grows keeps the rows that are sent together on one page.
		args = append(args, "m_"+id.New(), now, now, now, string(m.Kind.Lane()), body)
	}
	// The only conflict there can be is a message of that id that waits already.
	_, err := tx.ExecContext(ctx, text+" on conflict do nothing", args...)
	return err
}

// Committed wakes the consumers of every lane that was sent to since they last
// looked. It may be called at any time, from any goroutine.
func (q *Queue) Committed() {
	for _, l := range q.lanes {
		if l.sent.Load() != l.seen.Load() {
			l.poke()
		}
	}
}

// Remove implements queue.Queue. A message that was received before, and waits to
// be delivered again, stays: its handler finds the job done with.
func (q *Queue) Remove(ctx context.Context, name memory.Lane, id string) error {
	if _, err := q.lane(name); err != nil {
		return err
	}
	err := q.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			delete from goqite
			where queue = ? and received = 0
			  and (case when json_valid(cast(body as text)) then json_extract(cast(body as text), '$.id') end) = ?`,
			string(name), id)
		return err
	})
	if err != nil {
		return fmt.Errorf("goqite: remove message %q: %w", id, err)
	}
	return nil
}

// Counts implements queue.Queue.
func (q *Queue) Counts(ctx context.Context) ([]queue.Counts, error) {
	var counts []queue.Counts
	err := q.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		counts = counts[:0]
		now := time.Now().UTC().Format(timeLayout)
		for _, name := range memory.Lanes() {
			c := queue.Counts{Lane: name}
			err := tx.QueryRowContext(ctx, `
				select count(*) filter (where received = 0), count(*) filter (where received > 0),
				       count(*) filter (where received > 0 and timeout < ?)
				from goqite where queue = ?`, now, string(name)).Scan(&c.Waiting, &c.Active, &c.Stalled)
			if err != nil {
				return err
			}
			counts = append(counts, c)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("goqite: count messages: %w", err)
	}
	return counts, nil
}
