package sqlite_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"path/filepath"
	"testing"

	"claude-mem/memory"
	"claude-mem/storage/sqlite"
	"claude-mem/storage/storagetest"
)

func TestStore(t *testing.T) { storagetest.Run(t, open) }

func BenchmarkStore(b *testing.B) { storagetest.Bench(b, open) }

func open(tb testing.TB) storagetest.Env {
	tb.Helper()
	s, err := sqlite.Open(context.Background(), filepath.Join(tb.TempDir(), "memory.db"), sqlite.Options{Outbox: outbox{}})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	read := func(fn func(tx *sql.Tx) error) {
		tb.Helper()
		if err := s.WriteSQL(context.Background(), fn); err != nil {
			tb.Fatal(err)
		}
	}
	read(func(tx *sql.Tx) error {
		_, err := tx.Exec(`CREATE TABLE test_outbox (n INTEGER PRIMARY KEY, message TEXT)`)
		return err
	})
	return storagetest.Env{Store: s, Sent: func() (sent []memory.Message) {
		read(func(tx *sql.Tx) error {
			sent, err = outbox{}.all(tx)
			return err
		})
		return sent
	}}
}

// outbox records messages in the same transaction, as the queue does.
type outbox struct{}

func (outbox) SendTx(ctx context.Context, tx *sql.Tx, msgs []memory.Message) error {
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

func (outbox) Committed() {}

func (outbox) all(tx *sql.Tx) ([]memory.Message, error) {
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
