package goqite_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"claude-mem/memory"
	"claude-mem/queue"
	"claude-mem/queue/goqite"
)

const patience = 20 * time.Second

func message(n int) memory.Message {
	j := memory.Job{
		ID: fmt.Sprint("job-", n), TeamID: "team", ProjectID: "project",
		Kind: memory.KindEvent, SourceType: memory.KindEvent.SourceType(), SourceID: fmt.Sprint("event-", n),
	}
	j.QueueID = memory.QueueID(j)
	return j.Message()
}

func exec(t testing.TB, db testDB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func scan[T any](t testing.TB, db testDB, query string, args ...any) (v T) {
	t.Helper()
	if err := db.QueryRow(query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// consume runs a consumer of the event lane until the test ends or the returned
// function is called, which waits for it to return.
func consume(t testing.TB, q *goqite.Queue, workers int, h queue.Handler) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- q.Consume(ctx, memory.LaneEvent, workers, h) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Consume: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}

func silent() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// A store gives every operation of a group commit a savepoint of its own. A
// duplicate in one must leave the transaction fit for the others, and a rollback
// of one must take its messages with it.
func TestSendTxInsideSavepoints(t *testing.T) {
	ctx := context.Background()
	db := openDB(t)
	q := openQueue(t, db, quick())
	if err := q.Enqueue(ctx, message(1)); err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	step := func(end string, msgs ...memory.Message) {
		t.Helper()
		for _, do := range []func() error{
			func() error { _, err := tx.Exec("savepoint op"); return err },
			func() error { return q.SendTx(ctx, tx, msgs) },
			func() error { _, err := tx.Exec(end); return err },
		} {
			if err := do(); err != nil {
				t.Fatal(err)
			}
		}
	}
	step("release op", message(1), message(2), message(1), message(2))
	step("rollback to op; release op", message(3))
	step("release op", message(4))
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if n := scan[int](t, db, `select count(*) from goqite`); n != 3 {
		t.Errorf("%d rows for the messages 1, 2 and 4", n)
	}
	if n := scan[int](t, db, `select count(*) from goqite where json_extract(cast(body as text), '$.id') = ?`, message(3).ID); n != 0 {
		t.Error("a message of a rolled back savepoint stayed")
	}
}

// A job that is retried by an operator while its last message is still being
// acknowledged must be announced all the same.
func TestEnqueueWhileActiveDeliversAgain(t *testing.T) {
	q := openQueue(t, openDB(t), quick())
	var calls atomic.Int64
	consume(t, q, 1, func(ctx context.Context, m memory.Message) error {
		if calls.Add(1) == 1 {
			return q.Enqueue(ctx, m)
		}
		return nil
	})
	if err := q.Enqueue(context.Background(), message(1)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a second delivery", func() bool { return calls.Load() == 2 })
}

func TestMovesOutWhatCannotBeDelivered(t *testing.T) {
	exhausted, err := json.Marshal(message(7))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		body     string
		received int
	}{
		"not JSON":             {body: "\x00\xffgarbage"},
		"JSON of another type": {body: `[1, 2]`},
		"empty":                {body: ""},
		"delivered too often":  {body: string(exhausted), received: 25},
	} {
		t.Run(name, func(t *testing.T) {
			db := openDB(t)
			o := quick()
			o.Logger = silent()
			q := openQueue(t, db, o)
			exec(t, db, `insert into goqite (queue, body, received) values ('event', ?, ?)`, []byte(c.body), c.received)
			got := make(chan memory.Message, 2)
			consume(t, q, 2, func(_ context.Context, m memory.Message) error {
				got <- m
				return nil
			})
			if err := q.Enqueue(context.Background(), message(1)); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the lane to be empty", func() bool { return scan[int](t, db, `select count(*) from goqite`) == 0 })
			if len(got) != 1 || (<-got).ID != message(1).ID {
				t.Error("something else than the one good message was delivered")
			}
			var reason, body string
			if err := db.QueryRow(`select reason, cast(body as text) from goqite_dead`).Scan(&reason, &body); err != nil {
				t.Fatal(err)
			}
			if reason == "" || body != c.body {
				t.Errorf("kept %q because of %q", body, reason)
			}
		})
	}
}

func TestKeepsABoundedNumberOfTheDead(t *testing.T) {
	db := openDB(t)
	o := quick()
	o.Logger = silent()
	q := openQueue(t, db, o)
	exec(t, db, `
		with recursive n(i) as (select 1 union all select i + 1 from n where i < 1100)
		insert into goqite (queue, body) select 'event', cast('poison' || i as blob) from n`)
	consume(t, q, 1, func(context.Context, memory.Message) error { return nil })
	eventually(t, "the lane to be empty", func() bool { return scan[int](t, db, `select count(*) from goqite`) == 0 })
	if n := scan[int](t, db, `select count(*) from goqite_dead`); n != 1000 {
		t.Errorf("%d dead messages are kept", n)
	}
}

// A consumer that was away for longer than its message was hidden must not
// acknowledge the delivery that another got meanwhile.
func TestLateAckLeavesTheNextDeliveryAlone(t *testing.T) {
	db := openDB(t)
	o := quick()
	o.Visibility, o.Poll = time.Hour, time.Hour // nothing happens by itself
	q := openQueue(t, db, o)
	gate, started := make(chan struct{}), make(chan struct{})
	stop := consume(t, q, 1, func(context.Context, memory.Message) error {
		close(started)
		<-gate
		return nil
	})
	if err := q.Enqueue(context.Background(), message(1)); err != nil {
		t.Fatal(err)
	}
	<-started
	exec(t, db, `update goqite set received = received + 1`) // as another's Receive would
	close(gate)
	stop() // settles what the handler finished
	if n := scan[int](t, db, `select count(*) from goqite where received = 2`); n != 1 {
		t.Error("the delivery of another was deleted")
	}
}

// undoingDB does what it is told and, while it is told to, takes it back.
type undoingDB struct {
	goqite.DB
	undoes atomic.Bool
}

var errUndone = errors.New("the commit failed")

func (db *undoingDB) WriteSQL(ctx context.Context, fn func(*sql.Tx) error) error {
	return db.DB.WriteSQL(ctx, func(tx *sql.Tx) error {
		if err := fn(tx); err != nil || !db.undoes.Load() {
			return err
		}
		return errUndone
	})
}

// An extension that did not commit is none: the consumer must try again before the
// message shows up for others.
func TestUndoneExtensionIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &undoingDB{DB: openDB(t)}
		q := openQueue(t, db, goqite.Options{Visibility: time.Minute, Poll: time.Second, Logger: silent()})
		var calls atomic.Int64
		stop := consume(t, q, 2, func(context.Context, memory.Message) error {
			calls.Add(1)
			time.Sleep(5 * time.Minute)
			return nil
		})
		if err := q.Enqueue(context.Background(), message(1)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		db.undoes.Store(true) // from before the first extension is due until short of the last moment
		time.Sleep(45 * time.Second)
		db.undoes.Store(false)
		time.Sleep(3 * time.Minute)
		if n := calls.Load(); n != 1 {
			t.Errorf("the message was delivered %d times while its handler ran", n)
		}
		stop()
	})
}

// The core's Receive walks the lane in order of priority, so a message that waits
// for its next delivery must lie behind those that are due.
func TestFailedMessagesGoBehind(t *testing.T) {
	db := openDB(t)
	o := quick()
	o.Backoff, o.Logger = time.Hour, silent()
	q := openQueue(t, db, o)
	consume(t, q, 4, func(context.Context, memory.Message) error { return errors.New("no") })
	for i := range 10 {
		if err := q.Enqueue(context.Background(), message(i)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all to fail", func() bool { return scan[int](t, db, `select count(*) from goqite where priority < 0`) == 10 })
	if n := scan[int](t, db, `select count(*) from goqite where timeout > ?`, time.Now().Add(20*time.Second).UTC().Format(time.RFC3339)); n != 10 {
		t.Errorf("%d of 10 messages wait as long as the bound on backoff says", n)
	}
}

// spyDB counts write transactions.
type spyDB struct {
	goqite.DB
	writes atomic.Int64
}

func (db *spyDB) WriteSQL(ctx context.Context, fn func(*sql.Tx) error) error {
	db.writes.Add(1)
	return db.DB.WriteSQL(ctx, fn)
}

// An idle lane may be looked at, but the file must not change by it.
func TestIdleConsumerWritesNothing(t *testing.T) {
	db := openDB(t)
	spy := &spyDB{DB: db}
	o := quick()
	o.Poll = time.Millisecond
	q := openQueue(t, spy, o)
	before := scan[int](t, db, `select total_changes()`)
	frames := walFrames(t, db)
	consume(t, q, 4, func(context.Context, memory.Message) error { return nil })
	start := spy.writes.Load()
	eventually(t, "twenty polls", func() bool { return spy.writes.Load() >= start+20 })
	if n := scan[int](t, db, `select total_changes()`); n != before {
		t.Errorf("%d rows changed while idle", n-before)
	}
	if n := walFrames(t, db); n != frames {
		t.Errorf("the log grew from %d to %d frames while idle", frames, n)
	}
}

// walFrames is how many frames the write-ahead log holds.
func walFrames(t testing.TB, db testDB) (frames int) {
	t.Helper()
	var busy, moved int
	if err := db.QueryRow(`pragma wal_checkpoint(passive)`).Scan(&busy, &frames, &moved); err != nil {
		t.Fatal(err)
	}
	return frames
}

// The store calls Committed after every commit, also those that sent nothing.
func TestCommittedWithoutMessagesWakesNobody(t *testing.T) {
	db := openDB(t)
	spy := &spyDB{DB: db}
	o := quick()
	o.Poll, o.Visibility = time.Hour, time.Hour
	q := openQueue(t, spy, o)
	consume(t, q, 1, func(context.Context, memory.Message) error { return nil })
	empty := func() bool { return scan[int](t, db, `select count(*) from goqite`) == 0 }
	send := func(n int) {
		t.Helper()
		if err := q.Enqueue(context.Background(), message(n)); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the acknowledgement", empty)
	}
	send(0)
	before := spy.writes.Load()
	const rounds = 50
	for i := range rounds {
		for range 20 {
			q.Committed()
			empty() // gives a consumer that was woken the time to look
		}
		send(1 + i)
	}
	// To enqueue, to receive and to acknowledge.
	if n := spy.writes.Load() - before; n > 3*rounds {
		t.Errorf("%d write transactions for %d messages", n, rounds)
	}
}

func TestNewFailsOnABrokenDatabase(t *testing.T) {
	db := &mortalDB{DB: openDB(t)}
	db.dead.Store(true)
	if _, err := goqite.New(context.Background(), db, goqite.Options{}); !errors.Is(err, errDead) {
		t.Errorf("New: %v, want the database's error", err)
	}
}

func TestReceiveIsIndexed(t *testing.T) {
	db := openDB(t)
	openQueue(t, db, quick())
	rows, err := db.Query(`explain query plan
		select id from goqite where queue = 'event' and '2026' >= timeout and received < 9
		order by priority desc, created limit 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(plan, "; "); got != "SEARCH goqite USING INDEX goqite_queue_priority_created_idx (queue=?)" {
		t.Errorf("plan of Receive: %s", got)
	}
}
