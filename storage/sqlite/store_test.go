package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"claude-mem/memory"
	"claude-mem/storage/storagetest"
)

// A store that is closed leaves no goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func BenchmarkStore(b *testing.B) { storagetest.Bench(b, open) }

func TestStore(t *testing.T) {
	var mu sync.Mutex
	texts := make(map[string]bool)
	storagetest.Run(t, func(tb testing.TB) storagetest.Env {
		env := open(tb)
		s := env.Store.(*Store)
		tb.Cleanup(func() { // before the one that closes
			mu.Lock()
			defer mu.Unlock()
			for _, st := range []*statements{s.q.(*statements), s.writer.st} {
				st.mu.RLock()
				for text := range st.m {
					texts[text] = true
				}
				st.mu.RUnlock()
			}
		})
		return env
	})
	t.Run("plans", func(t *testing.T) { testPlans(t, texts) })
}

// openAt opens a store that is closed when the test ends.
func openAt(tb testing.TB, path string, o Options) *Store {
	tb.Helper()
	s, err := Open(context.Background(), path, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func open(tb testing.TB) storagetest.Env {
	tb.Helper()
	s := openAt(tb, filepath.Join(tb.TempDir(), "memory.db"), Options{Outbox: &recorder{}})
	write := func(fn func(tx *sql.Tx) error) {
		tb.Helper()
		if err := s.WriteSQL(context.Background(), fn); err != nil {
			tb.Fatal(err)
		}
	}
	write(func(tx *sql.Tx) error {
		_, err := tx.Exec(`CREATE TABLE test_outbox (n INTEGER PRIMARY KEY, message TEXT)`)
		return err
	})
	return storagetest.Env{Store: s, Sent: func() (sent []memory.Message) {
		write(func(tx *sql.Tx) (err error) {
			sent, err = messages(tx)
			return err
		})
		return sent
	}}
}

// recorder is an outbox that keeps messages in the same database, as the queue
// does.
type recorder struct {
	mu      sync.Mutex
	commits int
}

func (r *recorder) SendTx(ctx context.Context, tx *sql.Tx, msgs []memory.Message) error {
	for _, m := range msgs {
		body, err := json.Marshal(m)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO test_outbox (message) VALUES (?)`, string(body)); err != nil {
			return err
		}
	}
	return nil
}

func (r *recorder) Committed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commits++
}

// committed is how often the outbox was told of a commit.
func (r *recorder) committed() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.commits
}

func messages(tx *sql.Tx) ([]memory.Message, error) {
	rows, err := tx.Query(`SELECT message FROM test_outbox ORDER BY n`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []memory.Message
	for rows.Next() {
		var body []byte
		var m memory.Message
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(body, &m); err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, rows.Err()
}
