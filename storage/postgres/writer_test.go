package postgres

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// stall keeps every group from being stored until release is called, so that what
// is told in the meantime waits and makes one group.
func stall(t *testing.T, s *Store, scope memory.Scope) (release func()) {
	t.Helper()
	holder, err := pgx.ConnectConfig(t.Context(), s.pool.Config().ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holder.Exec(t.Context(), "BEGIN; LOCK TABLE agent_events IN EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	var busy []chan error
	for n := range groupsAtOnce {
		busy = append(busy, inBackground(func() error { return tellOne(t.Context(), s, event(scope)) }))
		await(t, func() bool { return blocked(t, s) == n+1 })
	}
	return sync.OnceFunc(func() {
		if err := holder.Close(context.Background()); err != nil {
			t.Error(err)
		}
		for _, b := range busy {
			if err := <-b; err != nil {
				t.Errorf("what held up the others: %v", err)
			}
		}
	})
}

// blocked counts the statements that wait for the lock of stall.
func blocked(t *testing.T, s *Store) int {
	t.Helper()
	n, err := one(t.Context(), s.q, "count", value[int64], sql(`SELECT COUNT(*) FROM pg_locks WHERE NOT granted
		AND relation = 'agent_events'::regclass AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`))
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

func await(t *testing.T, met func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !met(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come to pass")
		}
	}
}

func inBackground(fn func() error) chan error {
	done := make(chan error, 1)
	go func() { done <- fn() }()
	return done
}

// waits runs fn in the background and returns when its draft waits to be stored.
func waits(t *testing.T, s *Store, fn func() error) chan error {
	t.Helper()
	before := s.writer.queue.Waiting()
	done := inBackground(fn)
	await(t, func() bool { return s.writer.queue.Waiting() > before })
	return done
}

// tellOne stores events with their jobs, as capture does for a hook.
func tellOne(ctx context.Context, s *Store, events ...memory.Event) error {
	return s.InTx(ctx, func(tx storage.Tx) error {
		stored, err := storage.PutEvents(ctx, tx, events)
		if err != nil {
			return err
		}
		for _, e := range stored {
			if !e.Created {
				continue
			}
			j, _, err := tx.PutJob(ctx, job(e.Event))
			if err != nil {
				return err
			}
			if err := tx.Enqueue(ctx, j.Message()); err != nil {
				return err
			}
		}
		_, err = tx.Session(ctx, events[0].Scope(), "none")
		if !errors.Is(err, memory.ErrNotFound) {
			return err
		}
		return tx.PutAudit(ctx, memory.AuditEntry{
			ID: id.New(), TeamID: events[0].TeamID, Action: memory.AuditEventReceived, ResourceType: "agent_event",
			ResourceID: memory.Opt(events[0].ID), CreatedAt: 1,
		})
	})
}

// transactions counts in how many transactions the events were stored; those that
// are not there count as none.
func transactions(t *testing.T, s *Store, events ...memory.Event) (stored, commits int64) {
	t.Helper()
	ids := make([]string, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	for _, c := range []struct {
		n    *int64
		what string
	}{{&stored, "*"}, {&commits, "DISTINCT xmin::text"}} {
		n, err := one(t.Context(), s.q, "count", value[int64], sql(`SELECT COUNT(`+c.what+`) FROM agent_events WHERE id = ANY(?)`, ids))
		if err != nil {
			t.Fatal(err)
		}
		*c.n = n
	}
	return stored, commits
}

// closed checks that every event has its job and its audit row, and each job one
// message.
func closed(t *testing.T, s *Store, scope memory.Scope, sent []memory.Message) {
	t.Helper()
	b, err := s.Books(t.Context(), scope)
	if err != nil || !b.Closed() || b.Queued != b.EventsAsked || b.Queued != int64(len(sent)) {
		t.Errorf("%d messages, books %+v, %v", len(sent), b, err)
	}
	audited, err := one(t.Context(), s.q, "count", value[int64], sql(`SELECT COUNT(DISTINCT resource_id) FROM audit_log WHERE action = ?`,
		memory.AuditEventReceived))
	if err != nil || audited != b.EventsAsked {
		t.Errorf("%d events have an audit row of %d, %v", audited, b.EventsAsked, err)
	}
}

func TestWaitingTransactionsShareOneCommit(t *testing.T) {
	var o outbox
	s := open(t, Options{Publish: o.publish})
	scope := tenant(t, s)
	release := stall(t, s, scope)
	var events []memory.Event
	var done []chan error
	for range 16 {
		e := event(scope)
		events = append(events, e)
		done = append(done, waits(t, s, func() error { return tellOne(t.Context(), s, e) }))
	}
	release()
	for _, d := range done {
		if err := <-d; err != nil {
			t.Error(err)
		}
	}
	if stored, commits := transactions(t, s, events...); stored != 16 || commits != 1 {
		t.Errorf("%d events in %d transactions", stored, commits)
	}
	closed(t, s, scope, o.sent())
}

// Sixteen wait, and one of them cannot be stored, or not as it was guessed.
func TestOneOfAGroupHarmsNoneOfTheOthers(t *testing.T) {
	for name, c := range map[string]struct {
		bad    func(there memory.Event) []memory.Event
		err    error
		stored int64 // of its events
	}{
		"a session that does not exist": {func(there memory.Event) []memory.Event {
			e := event(there.Scope())
			e.SessionID = "none"
			return []memory.Event{e}
		}, memory.ErrNotFound, 0},
		"a NUL": {func(there memory.Event) []memory.Event {
			e := event(there.Scope())
			e.EventType = "a\x00b"
			return []memory.Event{event(there.Scope()), e}
		}, memory.ErrValidation, 0},
		"told before": {func(there memory.Event) []memory.Event {
			there.ID = id.New()
			return []memory.Event{there}
		}, nil, 0},
		"told before in part": {func(there memory.Event) []memory.Event {
			there.ID = id.New()
			return []memory.Event{event(there.Scope()), there, event(there.Scope())}
		}, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var o outbox
			s := open(t, Options{Publish: o.publish})
			scope := tenant(t, s)
			there := event(scope)
			if err := tellOne(t.Context(), s, there); err != nil {
				t.Fatal(err)
			}
			bad := c.bad(there)
			release := stall(t, s, scope)
			var good []memory.Event
			var done []chan error
			var spoiler chan error
			for n := range 16 {
				if n == 5 {
					spoiler = waits(t, s, func() error { return tellOne(t.Context(), s, bad...) })
					continue
				}
				e := event(scope)
				good = append(good, e)
				done = append(done, waits(t, s, func() error { return tellOne(t.Context(), s, e) }))
			}
			release()
			if err := <-spoiler; !errors.Is(err, c.err) {
				t.Errorf("it got %v", err)
			}
			for _, d := range done {
				if err := <-d; err != nil {
					t.Errorf("a neighbour got %v", err)
				}
			}
			if stored, _ := transactions(t, s, good...); stored != 15 {
				t.Errorf("%d of 15 neighbours are stored", stored)
			}
			if stored, _ := transactions(t, s, bad...); stored != c.stored {
				t.Errorf("%d of its own events are stored, want %d", stored, c.stored)
			}
			b, err := s.Books(t.Context(), scope)
			if err != nil || !b.Closed() || b.Queued != b.EventsAsked || b.Queued != int64(len(o.sent())) {
				t.Errorf("%d messages, books %+v, %v", len(o.sent()), b, err)
			}
		})
	}
}

// A transaction whose event was there all along knows, whatever it was told first.
func TestAGuessIsNeverTheAnswer(t *testing.T) {
	s := open(t, Options{})
	scope := tenant(t, s)
	there := event(scope)
	again := there
	again.ID = id.New()
	mine := errors.New("mine")
	for name, end := range map[string]error{"committed": nil, "given up": mine} {
		if err := tell(t, s, there); err != nil {
			t.Fatal(err)
		}
		var created bool
		var got memory.Event
		err := s.InTx(t.Context(), func(tx storage.Tx) (err error) {
			if got, created, err = tx.PutEvent(t.Context(), again); err != nil {
				return err
			}
			return end
		})
		if !errors.Is(err, end) || created || got.ID != there.ID {
			t.Errorf("%s: created %v, event %s, want %s; %v", name, created, got.ID, there.ID, err)
		}
	}
}

func TestGivenUpWhileWaitingIsNeverStored(t *testing.T) {
	s := open(t, Options{})
	scope := tenant(t, s)
	release := stall(t, s, scope)
	ctx, cancel := context.WithCancel(t.Context())
	gone, stays := event(scope), event(scope)
	givenUp := waits(t, s, func() error { return tellOne(ctx, s, gone) })
	other := waits(t, s, func() error { return tellOne(t.Context(), s, stays) })
	cancel()
	if err := <-givenUp; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	release()
	if err := <-other; err != nil {
		t.Errorf("its neighbour got %v", err)
	}
	if n, _ := transactions(t, s, gone); n != 0 {
		t.Error("it was stored after its caller was told that it was not")
	}
	if n, _ := transactions(t, s, stays); n != 1 {
		t.Error("its neighbour is not stored")
	}
}

// Callers may go when their group is under way: it is not theirs alone.
func TestGivenUpUnderWayIsDefinite(t *testing.T) {
	s := open(t, Options{})
	scope := tenant(t, s)
	release := stall(t, s, scope)
	ctx, cancel := context.WithCancel(t.Context())
	gone, stays := event(scope), event(scope)
	one := waits(t, s, func() error { return tellOne(ctx, s, gone) })
	other := waits(t, s, func() error { return tellOne(t.Context(), s, stays) })
	release()
	cancel() // at any moment of the group
	err := <-one
	n, _ := transactions(t, s, gone)
	if err == nil && n != 1 || err != nil && (n != 0 || !errors.Is(err, context.Canceled)) {
		t.Errorf("it got %v, and %d are stored", err, n)
	}
	if err := <-other; err != nil {
		t.Errorf("its neighbour got %v", err)
	}
}

func TestAGroupSurvivesItsConnection(t *testing.T) {
	s := open(t, Options{})
	scope := tenant(t, s)
	release := stall(t, s, scope)
	e := event(scope)
	done := waits(t, s, func() error { return tellOne(t.Context(), s, e) })
	// What is blocked are groups, in the middle of theirs.
	_, err := one(t.Context(), s.q, "count", value[int64], sql(`SELECT COUNT(pg_terminate_backend(pid)) FROM pg_locks
		WHERE NOT granted AND relation = 'agent_events'::regclass`))
	if err != nil {
		t.Fatal(err)
	}
	release()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n, _ := transactions(t, s, e); n != 1 {
		t.Errorf("%d stored", n)
	}
}

// Two servers are told the same events, in opposite order and at the same time.
// Each event is stored once, and neither waits for the other in a circle.
func TestTwoStoresOnOneDatabase(t *testing.T) {
	var o outbox
	a := open(t, Options{Publish: o.publish})
	b, err := openPool(t.Context(), a.pool.Config(), Options{Publish: o.publish})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	scope := tenant(t, a)
	const rounds, size = 25, 40
	var both sync.WaitGroup
	var all []memory.Event
	for range rounds {
		events := make([]memory.Event, size)
		for i := range events {
			events[i] = event(scope)
		}
		all = append(all, events...)
		for _, s := range []*Store{a, b} {
			told := slices.Clone(events)
			for i := range told {
				told[i].ID = id.New()
			}
			both.Go(func() {
				if err := tellOne(t.Context(), s, told...); err != nil {
					t.Error(err)
				}
			})
			slices.Reverse(events)
		}
	}
	both.Wait()
	books, err := a.Books(t.Context(), scope)
	if err != nil || !books.Closed() || books.EventsAsked != rounds*size || books.Queued != int64(len(o.sent())) {
		t.Errorf("%d events, %d messages, books %+v, %v", len(all), len(o.sent()), books, err)
	}
	deadlocks, err := one(t.Context(), a.q, "count", value[int64], sql(`SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`))
	if err != nil || deadlocks != 0 {
		t.Errorf("%d deadlocks, %v", deadlocks, err)
	}
}

func TestCloseStoresWhatWaits(t *testing.T) {
	s := open(t, Options{})
	reader, err := openPool(t.Context(), s.pool.Config(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	scope := tenant(t, s)
	release := stall(t, s, scope)
	e := event(scope)
	done := waits(t, s, func() error { return tellOne(t.Context(), s, e) })
	shut := inBackground(s.Close)
	await(t, func() bool { return s.writer.queue.Usable(t.Context()) != nil })
	if err := tellOne(t.Context(), s, event(scope)); !errors.Is(err, memory.ErrUnavailable) {
		t.Errorf("one that came too late got %v", err)
	}
	release()
	if err := errors.Join(<-done, <-shut); err != nil {
		t.Error(err)
	}
	if n, _ := transactions(t, reader, e); n != 1 {
		t.Error("what waited is not stored")
	}
}
