package goqite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	core "maragu.dev/goqite"

	"claude-mem/memory"
)

// timeLayout is how goqite writes times; texts of this form order like the times.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// maxBackoff bounds the wait between two deliveries of a message that fails.
const maxBackoff = 30 * time.Second

// maxDead is how many dead messages are kept.
const maxDead = 1000

// delivery is one reception of a message. The count of receptions is its fence:
// once the row has another, the message is somebody else's.
type delivery struct {
	row      core.ID
	received int
	body     []byte
	msg      memory.Message
	hidden   time.Time // until when the row is hidden from others
}

// outcome is how the handler of a delivery ended.
type outcome struct {
	*delivery
	err error
}

// turn is what one transaction of a consumer does.
type turn struct {
	settle []outcome
	extend []*delivery
	want   int // messages to receive

	got []*delivery
}

// empty reports whether there is nothing to do.
func (t *turn) empty() bool { return len(t.settle) == 0 && len(t.extend) == 0 && t.want == 0 }

// run does the turn in one transaction: nothing of it happened if it fails.
func (t *turn) run(ctx context.Context, c *consumer) error {
	var extended time.Time
	err := c.q.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		t.got = t.got[:0]
		extended = time.Now().Add(c.q.o.Visibility)
		for _, o := range t.settle {
			if err := c.settle(ctx, tx, o); err != nil {
				return fmt.Errorf("settle message %q: %w", o.msg.ID, err)
			}
		}
		for _, d := range t.extend {
			if err := c.hide(ctx, tx, d, extended, 0); err != nil {
				return fmt.Errorf("extend message %q: %w", d.msg.ID, err)
			}
		}
		if t.want == 0 {
			return nil
		}
		c.lane.seen.Store(c.lane.sent.Load())
		for len(t.got) < t.want {
			d, err := c.receive(ctx, tx)
			if err != nil {
				return fmt.Errorf("receive: %w", err)
			}
			if d == nil {
				return nil
			}
			t.got = append(t.got, d)
		}
		return nil
	})
	if err != nil {
		return err
	}
	// Only now is it so: what was rolled back has to be extended again in time.
	for _, d := range t.extend {
		d.hidden = extended
	}
	return nil
}

// receive takes the next message that makes sense, moving out those that do not.
// It returns nil when the lane is empty.
func (c *consumer) receive(ctx context.Context, tx *sql.Tx) (*delivery, error) {
	for {
		m, err := c.lane.core.ReceiveTx(ctx, tx)
		if m == nil || err != nil {
			return nil, err
		}
		d := &delivery{row: m.ID, body: m.Body, hidden: time.Now().Add(c.q.o.Visibility)}
		err = tx.QueryRowContext(ctx, `select received from goqite where id = ?`, d.row).Scan(&d.received)
		if err != nil {
			return nil, err
		}
		reason := ""
		if err := json.Unmarshal(d.body, &d.msg); err != nil {
			reason = "not a message: " + err.Error()
		} else if d.received > c.q.o.MaxReceive {
			reason = "delivered too often"
		}
		if reason == "" {
			return d, nil
		}
		if err := c.bury(ctx, tx, d, reason); err != nil {
			return nil, fmt.Errorf("bury row %s: %w", d.row, err)
		}
	}
}

// settle acknowledges a message or has it delivered again.
func (c *consumer) settle(ctx context.Context, tx *sql.Tx, o outcome) error {
	if o.err == nil {
		_, err := tx.ExecContext(ctx, `delete from goqite where id = ? and received = ?`, o.row, o.received)
		return err
	}
	wait := maxBackoff
	if shift := o.received - 1; shift < 10 {
		wait = min(c.q.o.Backoff<<shift, maxBackoff)
	}
	if c.stopping() {
		wait = 0 // it did not fail by itself; whoever comes next may try at once
	}
	return c.hide(ctx, tx, o.delivery, time.Now().Add(wait), 1)
}

// hide sets when the row may be received again and lowers its priority, so that a
// delayed row lies behind those that Receive looks for.
func (c *consumer) hide(ctx context.Context, tx *sql.Tx, d *delivery, until time.Time, lower int) error {
	_, err := tx.ExecContext(ctx, `update goqite set timeout = ?, priority = priority - ? where id = ? and received = ?`,
		until.UTC().Format(timeLayout), lower, d.row, d.received)
	return err
}

// bury moves a row to goqite_dead. The job it may have announced is not lost: the
// reconciler announces it anew.
func (c *consumer) bury(ctx context.Context, tx *sql.Tx, d *delivery, reason string) error {
	c.q.o.Logger.ErrorContext(ctx, "queue message given up", "row", d.row, "id", d.msg.ID, "deliveries", d.received, "reason", reason)
	_, err := tx.ExecContext(ctx, `
		insert into goqite_dead (queue, body, received, reason, created)
		select queue, body, received, ?, created from goqite where id = ?`, reason, d.row)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `delete from goqite where id = ?`, d.row); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `delete from goqite_dead where seq <= (select max(seq) from goqite_dead) - ?`, maxDead)
	return err
}
