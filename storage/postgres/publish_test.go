package postgres

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"claude-mem/memory"
	"claude-mem/storage"
)

// owe stores an event with its job and enqueues that.
func owe(ctx context.Context, s *Store, scope memory.Scope) (memory.Job, error) {
	e := event(scope)
	j := job(e)
	return j, s.InTx(ctx, func(tx storage.Tx) error {
		if _, _, err := tx.PutEvent(ctx, e); err != nil {
			return err
		}
		if _, _, err := tx.PutJob(ctx, j); err != nil {
			return err
		}
		return tx.Enqueue(ctx, j.Message())
	})
}

// owed lists what OwedJobs finds that was announced before a time.
func owed(t *testing.T, s *Store, announcedBefore memory.Epoch) (jobs []memory.Job) {
	t.Helper()
	err := s.InTx(t.Context(), func(tx storage.Tx) (err error) {
		jobs, err = tx.OwedJobs(t.Context(), memory.Now(), announcedBefore, 100)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return jobs
}

func TestJobsOfAFailedPublishAreOwedAtOnce(t *testing.T) {
	var logs bytes.Buffer
	var fail bool
	s := open(t, Options{
		Logger: slog.New(slog.NewTextHandler(&logs, nil)),
		Publish: func(context.Context, []memory.Message) error {
			if fail {
				return errors.New("the transport is away")
			}
			return nil
		},
	})
	scope := tenant(t, s)
	const never = 1 // announced before the first millisecond of all times
	if _, err := owe(t.Context(), s, scope); err != nil {
		t.Fatal(err)
	}
	if jobs := owed(t, s, never); len(jobs) != 0 {
		t.Errorf("a published job is owed: %v", jobs)
	}
	fail = true
	want := map[string]bool{}
	for range 3 {
		j, err := owe(t.Context(), s, scope)
		if err != nil {
			t.Fatalf("a failed publish failed the transaction: %v", err)
		}
		want[j.ID] = true
	}
	jobs := owed(t, s, never)
	for _, j := range jobs {
		delete(want, j.ID)
	}
	if len(jobs) != 3 || len(want) != 0 {
		t.Errorf("%d owed, %v missing", len(jobs), want)
	}
	if n := strings.Count(logs.String(), "cannot announce"); n != 1 {
		t.Errorf("one outage was logged %d times: %s", n, &logs)
	}
	fail = false
	if _, err := owe(t.Context(), s, scope); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(logs.String(), "announced again") {
		t.Errorf("the end of the outage was not logged: %s", &logs)
	}
}

func TestWithoutPublishJobsAreOwedAtOnce(t *testing.T) {
	s := open(t, Options{})
	if _, err := owe(t.Context(), s, tenant(t, s)); err != nil {
		t.Fatal(err)
	}
	if jobs := owed(t, s, 1); len(jobs) != 1 {
		t.Errorf("%d owed", len(jobs))
	}
}

// The caller may go away when the transaction is through: its messages are due.
func TestPublishOutlivesTheCaller(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var o outbox
	s := open(t, Options{Publish: func(pctx context.Context, msgs []memory.Message) error {
		cancel()
		if err := pctx.Err(); err != nil {
			return err
		}
		if _, bounded := pctx.Deadline(); !bounded {
			t.Error("a transport may hang for ever")
		}
		return o.publish(pctx, msgs)
	}})
	if _, err := owe(ctx, s, tenant(t, s)); err != nil {
		t.Fatal(err)
	}
	if len(o.sent()) != 1 {
		t.Errorf("sent %v", o.sent())
	}
}

func TestMessagesOfARepeatedTransactionAreSentOnce(t *testing.T) {
	var o outbox
	s := open(t, Options{Publish: o.publish})
	first := true
	err := s.InTx(t.Context(), func(st storage.Tx) error {
		if err := st.Enqueue(t.Context(), memory.Message{ID: "once"}); err != nil {
			return err
		}
		if first {
			first = false
			_, err := st.(*tx).exec(t.Context(), raise(serializationFailure))
			return err
		}
		return nil
	})
	if err != nil || len(o.sent()) != 1 {
		t.Errorf("sent %v, %v", o.sent(), err)
	}
}
