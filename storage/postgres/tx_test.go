package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"claude-mem/internal/id"
	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/storage"
)

// raise is a statement that fails with the code.
func raise(code string) *query {
	return sql(fmt.Sprintf(`DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '%s'; END $$`, code))
}

// killMe is a statement during which the server ends its own connection.
func killMe() *query { return sql(`SELECT pg_terminate_backend(pg_backend_pid())`) }

func putTeam(ctx context.Context, t storage.Tx, name string) error {
	_, err := t.EnsureTeam(ctx, memory.Team{ID: id.New(), Name: name, CreatedAt: 1})
	return err
}

// teams counts the teams of that name.
func teams(t *testing.T, s *Store, name string) int64 {
	t.Helper()
	n, err := one(t.Context(), s.q, "count", value[int64], sql(`SELECT COUNT(*) FROM teams WHERE name = ?`, name))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestInTxRunsAgainWhatMaySucceed(t *testing.T) {
	s := open(t, Options{})
	for name, trouble := range map[string]*query{
		"serialisation failure": raise(serializationFailure),
		"deadlock":              raise(deadlockDetected),
		"lost connection":       killMe(),
	} {
		t.Run(name, func(t *testing.T) {
			runs := 0
			err := s.InTx(t.Context(), func(st storage.Tx) error {
				runs++
				if err := putTeam(t.Context(), st, name); err != nil {
					return err
				}
				if runs == 1 {
					_, err := st.(*tx).exec(t.Context(), trouble)
					return err
				}
				return nil
			})
			if err != nil || runs != 2 {
				t.Fatalf("%d runs, %v", runs, err)
			}
			if n := teams(t, s, name); n != 1 {
				t.Errorf("%d rows", n)
			}
		})
	}
}

func TestInTxGivesUp(t *testing.T) {
	s := open(t, Options{})
	runs := 0
	err := s.InTx(t.Context(), func(st storage.Tx) error {
		runs++
		_, err := st.(*tx).exec(t.Context(), raise(serializationFailure))
		return err
	})
	if !errors.Is(err, memory.ErrUnavailable) || runs != maxAttempts {
		t.Errorf("%d runs, %v", runs, err)
	}
}

// A real deadlock: each of two transactions holds the key that the other wants.
func TestInTxSurvivesADeadlock(t *testing.T) {
	s := open(t, Options{})
	var team memory.Team
	keys := []string{id.New(), id.New()}
	err := s.InTx(t.Context(), func(st storage.Tx) (err error) {
		team, err = st.EnsureTeam(t.Context(), memory.Team{ID: id.New(), Name: "team", CreatedAt: 1})
		for _, k := range keys {
			err = errors.Join(err, st.PutKey(t.Context(), memory.APIKey{ID: k, TeamID: team.ID, Hash: k, CreatedAt: 1}))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var locked, both sync.WaitGroup
	locked.Add(2)
	var runs atomic.Int32
	for i := range 2 {
		both.Go(func() {
			first := true
			err := s.InTx(t.Context(), func(st storage.Tx) error {
				runs.Add(1)
				scope := memory.Scope{TeamID: team.ID}
				if _, err := st.RevokeKey(t.Context(), scope, keys[i], 2); err != nil {
					return err
				}
				if first {
					first = false
					locked.Done()
					locked.Wait()
				}
				_, err := st.RevokeKey(t.Context(), scope, keys[1-i], 2)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if n := runs.Load(); n < 3 {
		t.Errorf("%d runs: there was no deadlock", n)
	}
}

// Nobody knows whether a COMMIT arrived whose answer did not.
func TestInTxDoesNotRepeatALostCommit(t *testing.T) {
	s := open(t, Options{})
	runs := 0
	err := s.InTx(t.Context(), func(st storage.Tx) error {
		runs++
		return st.(*tx).later(t.Context(), killMe()) // goes with the COMMIT
	})
	if !errors.Is(err, memory.ErrUnavailable) || runs != 1 {
		t.Errorf("%d runs, %v", runs, err)
	}
}

func TestInTxDoesNotCommitWhatFailed(t *testing.T) {
	s := open(t, Options{})
	err := s.InTx(t.Context(), func(st storage.Tx) error {
		if err := putTeam(t.Context(), st, "team"); err != nil {
			return err
		}
		_, err := st.(*tx).exec(t.Context(), raise("22023"))
		if !errors.Is(err, memory.ErrValidation) {
			t.Errorf("got %v", err)
		}
		return nil // as if nothing had happened
	})
	if !errors.Is(err, memory.ErrValidation) {
		t.Errorf("a transaction that failed committed: %v", err)
	}
	if n := teams(t, s, "team"); n != 0 {
		t.Errorf("%d rows", n)
	}
}

// What is sent late has to fail all the same.
func TestInTxTellsOfWhatWasSentLate(t *testing.T) {
	s := open(t, Options{})
	entry := memory.AuditEntry{ID: id.New(), TeamID: "team", Action: "a", ResourceType: "r", CreatedAt: 1}
	err := s.InTx(t.Context(), func(st storage.Tx) error {
		if err := putTeam(t.Context(), st, "team"); err != nil {
			return err
		}
		return st.PutAudit(t.Context(), entry, entry)
	})
	if !errors.Is(err, memory.ErrConflict) {
		t.Errorf("got %v", err)
	}
	if n := teams(t, s, "team"); n != 0 {
		t.Errorf("%d rows", n)
	}
}

// More than a round trip's worth of statements that nobody waits for.
func TestLaterIsBounded(t *testing.T) {
	s := open(t, Options{})
	err := s.InTx(t.Context(), func(st storage.Tx) error {
		for range 3 * maxPending {
			e := memory.AuditEntry{ID: id.New(), TeamID: "team", Action: "a", ResourceType: "r", CreatedAt: 1}
			if err := st.PutAudit(t.Context(), e); err != nil {
				return err
			}
			if n := max(st.(*tx).pending.Len(), len(st.(*tx).audits)); n > maxPending {
				return fmt.Errorf("%d statements wait", n)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	n, err := one(t.Context(), s.q, "count", value[int64], sql(`SELECT COUNT(*) FROM audit_log`))
	if err != nil || n != 3*maxPending {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestAPanicLeavesNoConnection(t *testing.T) {
	s := open(t, Options{})
	err := s.InTx(t.Context(), func(st storage.Tx) error {
		if err := putTeam(t.Context(), st, "team"); err != nil {
			return err
		}
		panic("no")
	})
	if err == nil || teams(t, s, "team") != 0 {
		t.Errorf("a panic became %v, and left %d rows", err, teams(t, s, "team"))
	}
	if n := s.pool.Stat().AcquiredConns(); n != 0 {
		t.Errorf("%d connections are still in use", n)
	}
}

func TestKilledConnectionsAreReplaced(t *testing.T) {
	s := open(t, Options{})
	killOthers := func() {
		t.Helper()
		_, err := one(t.Context(), s.q, "count", value[int64], sql(`SELECT COUNT(pg_terminate_backend(pid))
			FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`))
		if err != nil {
			t.Fatal(err)
		}
	}
	// Several connections, so that some are idle when they are killed.
	for round := range 5 {
		var busy sync.WaitGroup
		for range 4 {
			busy.Go(func() {
				if _, err := s.JobsDue(t.Context(), 1, 1); err != nil {
					t.Error(err)
				}
			})
		}
		busy.Wait()
		killOthers()
		if err := s.InTx(t.Context(), func(st storage.Tx) error { return putTeam(t.Context(), st, fmt.Sprint(round)) }); err != nil {
			t.Fatal(err)
		}
		killOthers()
		if _, err := s.JobsDue(t.Context(), 1, 1); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAServerThatComesBack(t *testing.T) {
	server := testenv.StartPostgres(t, testenv.PostgresOptions{Durable: true})
	s, err := Open(t.Context(), server.Database(t, testenv.Template{}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	put := func(name string) error {
		return s.InTx(t.Context(), func(st storage.Tx) error { return putTeam(t.Context(), st, name) })
	}
	if err := put("before"); err != nil {
		t.Fatal(err)
	}
	server.Kill(t)
	if err := put("meanwhile"); !errors.Is(err, memory.ErrUnavailable) {
		t.Errorf("a write without a server: %v", err)
	}
	if _, err := s.JobsDue(t.Context(), 1, 1); !errors.Is(err, memory.ErrUnavailable) {
		t.Errorf("a read without a server: %v", err)
	}
	server.Start(t)
	if err := put("after"); err != nil {
		t.Errorf("a write when the server is back: %v", err)
	}
	for name, want := range map[string]int64{"before": 1, "meanwhile": 0, "after": 1} {
		if n := teams(t, s, name); n != want {
			t.Errorf("%d teams %q, want %d", n, name, want)
		}
	}
}

func TestInTxEndsWithItsContext(t *testing.T) {
	s := open(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	err := s.InTx(ctx, func(st storage.Tx) error {
		time.AfterFunc(50*time.Millisecond, cancel)
		_, err := st.(*tx).exec(ctx, sql(`SELECT pg_sleep(60)`))
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := s.InTx(t.Context(), func(st storage.Tx) error { return putTeam(t.Context(), st, "team") }); err != nil {
		t.Errorf("the next transaction: %v", err)
	}
}
