package generation_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"claude-mem/capture"
	"claude-mem/generation"
	"claude-mem/internal/id"
	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/queue"
	"claude-mem/storage"
	"claude-mem/storage/postgres"
)

// lingering is a way to the store on which whoever locked a row takes a while until the next
// one, so that those who lock them in different orders meet. It counts how often a
// transaction had to be run again.
type lingering struct {
	*postgres.Store
	again atomic.Int64
}

func (s *lingering) InTx(ctx context.Context, fn func(storage.Tx) error) error {
	runs := 0
	return s.Store.InTx(ctx, func(tx storage.Tx) error {
		if runs++; runs > 1 {
			s.again.Add(1)
		}
		return fn(lingeringTx{tx})
	})
}

type lingeringTx struct{ storage.Tx }

const linger = 10 * time.Millisecond

func (t lingeringTx) HoldSession(ctx context.Context, s memory.Scope, sid string) (memory.Session, error) {
	defer time.Sleep(linger)
	return t.Tx.HoldSession(ctx, s, sid)
}

func (t lingeringTx) LeaseJob(ctx context.Context, jid, owner string, now, until memory.Epoch) (memory.Job, error) {
	defer time.Sleep(linger)
	return t.Tx.LeaseJob(ctx, jid, owner, now, until)
}

func (t lingeringTx) FinishJob(ctx context.Context, jid, owner string, o storage.Outcome) (memory.Job, error) {
	defer time.Sleep(linger)
	return t.Tx.FinishJob(ctx, jid, owner, o)
}

func (t lingeringTx) CancelJob(ctx context.Context, s memory.Scope, jid string, at memory.Epoch) (memory.Job, error) {
	defer time.Sleep(linger)
	return t.Tx.CancelJob(ctx, s, jid, at)
}

func (t lingeringTx) RecoverJobs(ctx context.Context, now memory.Epoch, limit int) (expired, due []memory.Job, err error) {
	defer time.Sleep(linger)
	return t.Tx.RecoverJobs(ctx, now, limit)
}

// line is a queue of the test's own.
type line map[memory.Lane]chan memory.Message

func (l line) Enqueue(_ context.Context, msgs ...memory.Message) error {
	for _, m := range msgs {
		select {
		case l[m.Kind.Lane()] <- m:
		default: // lost, as a transport may
		}
	}
	return nil
}

func (l line) Consume(ctx context.Context, lane memory.Lane, workers int, h queue.Handler) error {
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case m := <-l[lane]:
					_ = h(context.WithoutCancel(ctx), m) // what fails is announced again
				}
			}
		})
	}
	all.Wait()
	return nil
}

func (line) Remove(context.Context, memory.Lane, string) error { return nil }
func (line) Counts(context.Context) ([]queue.Counts, error)    { return nil, nil }
func (line) Info(context.Context) queue.Info                   { return queue.Info{Engine: "line"} }
func (line) Close() error                                      { return nil }

// crossing is a team's store with a project, and what changes it.
type crossing struct {
	*harness // without a store of its own: it makes events and jobs
	store    *lingering
	line     line
	in       *capture.Capture
	caller   memory.Caller
}

func newCrossing(t *testing.T) *crossing {
	url := testenv.SharedPostgres(t).Database(t, testenv.Template{Name: "locks", Prepare: func(ctx context.Context, url string) error {
		s, err := postgres.Open(ctx, url, postgres.Options{})
		if err != nil {
			return err
		}
		return s.Close()
	}})
	c := &crossing{harness: &harness{t: t}, line: line{}}
	for _, lane := range memory.Lanes() {
		c.line[lane] = make(chan memory.Message, 1000)
	}
	store, err := postgres.Open(t.Context(), url, postgres.Options{Publish: func(ctx context.Context, msgs []memory.Message) error {
		return c.line.Enqueue(ctx, msgs...)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	c.store = &lingering{Store: store}
	c.in = capture.New(c.store, capture.Options{})
	now := memory.Now()
	c.write(func(ctx context.Context, tx txn) error {
		team, err := tx.EnsureTeam(ctx, memory.Team{ID: id.New(), Name: "team", CreatedAt: now})
		if err != nil {
			return err
		}
		project, err := tx.EnsureProject(ctx, memory.Project{
			ID: id.New(), TeamID: team.ID, Name: "/src/project", Metadata: json.RawMessage(`{}`), CreatedAt: now, UpdatedAt: now,
		})
		if err != nil {
			return err
		}
		c.scope = project.Scope()
		c.key = memory.APIKey{ID: id.New(), TeamID: team.ID, Name: "test", Hash: id.New(), Scopes: []string{"*"}, CreatedAt: now, ActorID: "me"}
		c.caller = memory.Caller{Key: c.key, RequestID: "r"}
		return tx.PutKey(ctx, c.key)
	})
	return c
}

func (c *crossing) write(fn func(ctx context.Context, tx txn) error) {
	c.t.Helper()
	ctx := context.Background()
	if err := c.store.Store.InTx(ctx, func(tx storage.Tx) error { return fn(ctx, tx) }); err != nil {
		c.t.Fatal(err)
	}
}

// round begins a session with two events, a summary of the first that waits, asked for with
// the key, and an event's job whose worker is gone. It returns the summary's job.
func (c *crossing) round(key memory.Opt) (summary memory.Job) {
	c.write(func(ctx context.Context, tx txn) (err error) {
		if c.session, err = newSession(ctx, tx, c.scope, id.New()); err != nil {
			return err
		}
		first, second := c.event(), c.event()
		for _, e := range []memory.Event{first, second} {
			if _, _, err := tx.PutEvent(ctx, e); err != nil {
				return err
			}
		}
		summary = c.job(memory.KindSummary, c.session.ID)
		summary.Revision, summary.APIKeyID = 1, key
		summary.NextAttemptAt = memory.Now() // so that the reconciler takes it, too
		summary.QueueID = memory.QueueID(summary)
		if _, _, err := tx.PutJob(ctx, summary); err != nil {
			return err
		}
		left := c.job(memory.KindEvent, first.ID)
		left.EventID = memory.Opt(first.ID)
		if _, _, err := tx.PutJob(ctx, left); err != nil {
			return err
		}
		_, err = tx.LeaseJob(ctx, left.ID, "the dead", 1, 2)
		return err
	})
	return summary
}

// Sessions and jobs are locked in one order, whoever it is that locks them: so nobody ever
// waits for somebody who waits for him, and no transaction has to be run again.
func TestNobodyLocksInAnotherOrder(t *testing.T) {
	const rounds = 8
	for name, c := range map[string]struct {
		revoked bool // then the worker refuses the summary
		meets   func(c *crossing, summary memory.Job)
	}{
		"a worker that refuses a job": {true, func(*crossing, memory.Job) {}},
		"a worker that does it":       {false, func(*crossing, memory.Job) {}},
		"who cancels it": {false, func(c *crossing, summary memory.Job) {
			if _, _, err := c.in.CancelJob(c.t.Context(), c.caller, summary.ID); err != nil && !errors.Is(err, memory.ErrConflict) {
				c.t.Error(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			x := newCrossing(t)
			key := memory.Opt(x.key.ID)
			if c.revoked {
				key = "gone"
			}
			worker := generation.New(generation.Config{
				Store: x.store, Queue: x.line, Provider: &provider{}, Owner: "test", Logger: silent(), ReconcileEvery: time.Millisecond,
			})
			running, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- worker.Run(running) }()
			for range rounds {
				summary := x.round(key)
				var both sync.WaitGroup
				both.Go(func() {
					if _, _, err := x.in.EndSession(t.Context(), x.caller, x.session.ID); err != nil {
						t.Error(err)
					}
				})
				both.Go(func() { c.meets(x, summary) })
				both.Wait()
			}
			stop()
			<-ended
			if n := x.store.again.Load(); n != 0 {
				t.Errorf("%d transactions had to be run again", n)
			}
		})
	}
}
