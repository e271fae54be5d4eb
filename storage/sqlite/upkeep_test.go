package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	driver "modernc.org/sqlite"
)

// TestLogIsCutBack grows the write-ahead log under a reader that holds on to it,
// which keeps SQLite from reusing it, and expects it gone once the reader is.
func TestLogIsCutBack(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "m.db")
	s := openAt(t, path, Options{})
	size := func() int64 {
		st, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return st.Size()
	}
	reader, err := s.pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Rollback()
	var n int
	if err := reader.QueryRow(`SELECT COUNT(*) FROM teams`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	exec(t, s, `CREATE TABLE ballast (b BLOB)`)
	const limit = 8 << 20
	for size() < limit {
		exec(t, s, `INSERT INTO ballast VALUES (randomblob(1000000))`)
	}
	u := &upkeep{wal: path + "-wal", walLimit: limit, every: 1}
	u.afterGroup(s.db)
	if size() < limit {
		t.Fatal("the log was cut while it was read from")
	}
	if err := reader.QueryRow(`SELECT COUNT(*) FROM teams`).Scan(&n); err != nil {
		t.Errorf("the reader was disturbed: %v", err)
	}
	if err := addTeam(s, "writing goes on"); err != nil {
		t.Error(err)
	}
	reader.Rollback()
	u.afterGroup(s.db)
	if got := size(); got != 0 {
		t.Errorf("the log still has %d bytes", got)
	}
	var timeout int
	if err := s.db.QueryRow(`PRAGMA busy_timeout`).Scan(&timeout); err != nil || timeout != 5000 {
		t.Errorf("busy_timeout is left at %d, %v", timeout, err)
	}
}

// TestIdleWriterGivesItsCacheBack fills the writer's page cache and waits for it
// to shrink.
func TestIdleWriterGivesItsCacheBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	if _, err := prepareFile(path); err != nil {
		t.Fatal(err)
	}
	db, err := connect(path, 1, writerPragmas)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := migrate(context.Background(), db, path); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`CREATE TABLE ballast (b BLOB)`); err != nil {
		t.Fatal(err)
	}
	w := startWriter(db, &upkeep{wal: path + "-wal", walLimit: maxWAL, every: walCheckEvery, idle: 50 * time.Millisecond}, func() bool { return false })
	w.outbox.Store(new(Outbox))
	defer w.stop()
	err = w.do(context.Background(), func(g *group) error {
		_, err := g.tx.Exec(`INSERT INTO ballast VALUES (randomblob(8000000))`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return cacheUsed(t, db) < 1<<20 })
}

// cacheUsed is how many bytes the page cache of the pool's connection holds.
func cacheUsed(t *testing.T, db *sql.DB) (bytes int) {
	t.Helper()
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = conn.Raw(func(c any) (err error) {
		bytes, _, err = c.(driver.DBStatus).Status(driver.DBStatusCacheUsed, false)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

// TestConnectionsAreSetUp checks the pragmas on every connection of both pools.
func TestConnectionsAreSetUp(t *testing.T) {
	ctx := context.Background()
	s := openAt(t, filepath.Join(t.TempDir(), "m.db"), Options{})
	check := func(name string, db *sql.DB, n, queryOnly int, cache string) {
		for i := range n {
			conn, err := db.Conn(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close() // all at once, so that each is another
			for pragma, want := range map[string]string{
				"busy_timeout": "5000", "journal_mode": "wal", "synchronous": "2", "foreign_keys": "1",
				"temp_store": "2", "query_only": fmt.Sprint(queryOnly), "cache_size": cache,
			} {
				var got string
				if err := conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
					t.Errorf("%s %d: %s is %q, not %q (%v)", name, i, pragma, got, want, err)
				}
			}
		}
	}
	check("reader", s.pool, readers, 1, "-2000")
	check("writer", s.db, 1, 0, "-16384")
}
