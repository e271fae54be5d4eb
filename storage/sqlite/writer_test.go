package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"claude-mem/memory"
	"claude-mem/storage"
)

// stall keeps the writer busy until release is called, so that what is asked for
// in the meantime waits.
func stall(t *testing.T, s *Store) (release func()) {
	t.Helper()
	running, free, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- s.WriteSQL(context.Background(), func(*sql.Tx) error {
			close(running)
			<-free
			return nil
		})
	}()
	<-running
	return sync.OnceFunc(func() {
		close(free)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// later runs fn in the background once it waits for the writer, which holds as
// many others before it as before.
func later(t *testing.T, s *Store, fn func() error) chan error {
	t.Helper()
	waiting, done := s.writer.queue.Waiting(), make(chan error, 1)
	go func() { done <- fn() }()
	await(t, func() bool { return s.writer.queue.Waiting() > waiting })
	return done
}

func await(t *testing.T, met func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !met(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come to pass")
		}
	}
}

// addTeam is a transaction that leaves one row.
func addTeam(s *Store, name string) error {
	return s.InTx(context.Background(), func(tx storage.Tx) error {
		_, err := tx.EnsureTeam(context.Background(), memory.Team{ID: name, Name: name, CreatedAt: 1})
		return err
	})
}

func hasTeam(t *testing.T, s *Store, name string) bool {
	t.Helper()
	_, err := s.Team(context.Background(), name)
	if err != nil && !errors.Is(err, memory.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func TestWaitingTransactionsShareOneCommit(t *testing.T) {
	out := &recorder{}
	s := openAt(t, filepath.Join(t.TempDir(), "m.db"), Options{Outbox: out})
	exec(t, s, `CREATE TABLE test_outbox (n INTEGER PRIMARY KEY, message TEXT)`)
	release := stall(t, s)
	var done []chan error
	for range maxGroup {
		done = append(done, later(t, s, func() error {
			return s.InTx(context.Background(), func(tx storage.Tx) error {
				return tx.Enqueue(context.Background(), wakeUp("m"))
			})
		}))
	}
	release()
	for _, d := range done {
		if err := <-d; err != nil {
			t.Fatal(err)
		}
	}
	await(t, func() bool { return out.committed() > 0 }) // it is told after the callers
	if n := out.committed(); n != 1 {
		t.Errorf("%d transactions made %d commits, not one", maxGroup, n)
	}
}

// exec sends a statement that must succeed.
func exec(t *testing.T, s *Store, text string, args ...any) {
	t.Helper()
	err := s.WriteSQL(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.Exec(text, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFailureUndoesNothingOfItsNeighbours(t *testing.T) {
	failure := errors.New("failure")
	write := func(tx *sql.Tx, name string) error {
		_, err := tx.Exec(`INSERT INTO teams VALUES (?, ?, 1)`, name, name)
		return err
	}
	cases := map[string]struct {
		fn   func(tx *sql.Tx) error
		want error // nil: any
	}{
		"error":            {func(tx *sql.Tx) error { return errors.Join(write(tx, "bad"), failure) }, failure},
		"panic":            {func(tx *sql.Tx) error { _ = write(tx, "bad"); panic(failure) }, nil},
		"failed statement": {func(tx *sql.Tx) error { _ = write(tx, "bad"); return write(tx, "bad") }, nil},
		// What SQLite does by itself on a full disk or an interrupt.
		"transaction gone":             {func(tx *sql.Tx) error { _ = write(tx, "bad"); _, _ = tx.Exec("ROLLBACK"); return failure }, failure},
		"transaction gone, not seen":   {func(tx *sql.Tx) error { _ = write(tx, "bad"); _, _ = tx.Exec("ROLLBACK"); return nil }, nil},
		"transaction gone, written on": {func(tx *sql.Tx) error { _, _ = tx.Exec("ROLLBACK"); return nil }, nil},
	}
	for name, c := range cases {
		for _, alone := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s alone=%v", name, alone), func(t *testing.T) {
				s := openAt(t, filepath.Join(t.TempDir(), "m.db"), Options{})
				release := stall(t, s)
				var good []chan error
				neighbour := func(name string) {
					if !alone {
						good = append(good, later(t, s, func() error { return addTeam(s, name) }))
					}
				}
				neighbour("before")
				bad := later(t, s, func() error { return s.WriteSQL(context.Background(), c.fn) })
				neighbour("after")
				release()
				if err := <-bad; err == nil || c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("the failing one got %v", err)
				}
				for _, g := range good {
					if err := <-g; err != nil {
						t.Errorf("a neighbour got %v", err)
					}
				}
				if hasTeam(t, s, "bad") {
					t.Error("what failed is there")
				}
				if !alone && (!hasTeam(t, s, "before") || !hasTeam(t, s, "after")) {
					t.Error("what succeeded is not there")
				}
				if err := addTeam(s, "next"); err != nil {
					t.Errorf("the next transaction: %v", err)
				}
			})
		}
	}
}

func TestGivenUpWhileWaitingNeverRuns(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "m.db"), Options{})
	release := stall(t, s)
	defer release()
	ctx, cancel := context.WithCancel(context.Background())
	ran := false
	done := later(t, s, func() error {
		return s.InTx(ctx, func(storage.Tx) error { ran = true; return nil })
	})
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	release()
	if err := addTeam(s, "after"); err != nil { // it came after in the queue
		t.Fatal(err)
	}
	if ran {
		t.Error("it ran after its caller was told that it had not")
	}
}

func TestCancelledWhileRunningIsDefinite(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "m.db"), Options{})
	ctx, cancel := context.WithCancel(context.Background())
	err := s.InTx(ctx, func(tx storage.Tx) error {
		_, err := tx.EnsureTeam(ctx, memory.Team{ID: "t", Name: "t", CreatedAt: 1})
		cancel() // too late: it asks for nothing more
		return err
	})
	if err != nil || !hasTeam(t, s, "t") {
		t.Errorf("got %v, stored %v", err, hasTeam(t, s, "t"))
	}
}

func TestCallersAreHeldBack(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "m.db"), Options{})
	release := stall(t, s)
	defer release()
	var done []chan error
	for i := range maxWaiting {
		done = append(done, later(t, s, func() error { return addTeam(s, fmt.Sprint(i)) }))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := s.InTx(ctx, func(storage.Tx) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one more than may wait got %v", err)
	}
	release()
	for _, d := range done {
		if err := <-d; err != nil {
			t.Error(err)
		}
	}
}

func TestCloseFinishesWhatWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	s := openAt(t, path, Options{})
	release := stall(t, s)
	var done []chan error
	for i := range 2 * maxGroup {
		done = append(done, later(t, s, func() error { return addTeam(s, fmt.Sprint(i)) }))
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	await(t, func() bool { return s.writer.queue.Usable(t.Context()) != nil })
	if err := addTeam(s, "late"); !errors.Is(err, memory.ErrUnavailable) {
		t.Errorf("a transaction after the close got %v", err)
	}
	release()
	for _, d := range done {
		if err := <-d; err != nil {
			t.Errorf("one that waited got %v", err)
		}
	}
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path, Options{})
	if !hasTeam(t, s, fmt.Sprint(2*maxGroup-1)) || hasTeam(t, s, "late") {
		t.Error("not what was acknowledged is there")
	}
}

func TestEnqueueNeedsAQueue(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "m.db"), Options{})
	enqueue := func() error {
		return s.InTx(context.Background(), func(tx storage.Tx) error {
			return tx.Enqueue(context.Background(), wakeUp("m"))
		})
	}
	if err := enqueue(); err == nil {
		t.Error("a message went nowhere and nobody was told")
	}
	exec(t, s, `CREATE TABLE test_outbox (n INTEGER PRIMARY KEY, message TEXT)`)
	out := &recorder{}
	s.SetOutbox(out)
	if err := enqueue(); err != nil {
		t.Error(err)
	}
	if err := addTeam(s, "t"); err != nil {
		t.Error(err)
	}
	await(t, func() bool { return out.committed() > 0 })
	if n := out.committed(); n != 1 {
		t.Errorf("the queue was told of %d commits, not of the one with messages", n)
	}
}

// wakeUp is a whole message.
func wakeUp(id string) memory.Message {
	return memory.Message{
		ID: id, Kind: memory.KindEvent, TeamID: "t", ProjectID: "p", JobID: "j",
		SourceType: memory.KindEvent.SourceType(), SourceID: "e",
	}
}

func TestHalfAMessageFailsItsSenderAlone(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "h.db"), Options{Outbox: &recorder{}})
	err := s.InTx(context.Background(), func(tx storage.Tx) error {
		return tx.Enqueue(context.Background(), memory.Message{ID: "m"})
	})
	if !errors.Is(err, memory.ErrValidation) {
		t.Errorf("half a message: %v", err)
	}
}
