package goqite_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"claude-mem/queue"
	"claude-mem/queue/goqite"
	"claude-mem/queue/queuetest"
)

// testDB is a database file with one connection, which makes write transactions
// run one after the other as the store's writer does.
type testDB struct{ *sql.DB }

func openDB(t testing.TB) testDB {
	t.Helper()
	dsn := "file:" + filepath.Join(t.TempDir(), "queue.db") +
		"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return testDB{db}
}

func (db testDB) WriteSQL(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// mortalDB is one client's way to the database; it can be cut.
type mortalDB struct {
	goqite.DB
	dead atomic.Bool
}

var errDead = errors.New("this client is dead")

func (db *mortalDB) WriteSQL(ctx context.Context, fn func(*sql.Tx) error) error {
	if db.dead.Load() {
		return errDead
	}
	return db.DB.WriteSQL(ctx, fn)
}

// backend is the suite's view of one database.
type backend struct {
	db      testDB
	mu      sync.Mutex
	clients map[queue.Queue]*mortalDB
}

func openBackend(t testing.TB) queuetest.Backend {
	return &backend{db: openDB(t), clients: make(map[queue.Queue]*mortalDB)}
}

// quick are options under which the suite's time-outs pass soon.
func quick() goqite.Options {
	return goqite.Options{Visibility: 500 * time.Millisecond, Poll: 50 * time.Millisecond, Backoff: 20 * time.Millisecond}
}

func (b *backend) Open(t testing.TB) queue.Queue {
	db := &mortalDB{DB: b.db}
	q := openQueue(t, db, quick())
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clients[q] = db
	return q
}

func (b *backend) Kill(q queue.Queue) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clients[q].dead.Store(true)
}

func openQueue(t testing.TB, db goqite.DB, o goqite.Options) *goqite.Queue {
	t.Helper()
	q, err := goqite.New(context.Background(), db, o)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestConformance(t *testing.T) { queuetest.Run(t, openBackend) }

func BenchmarkQueue(b *testing.B) { queuetest.Bench(b, openBackend) }
