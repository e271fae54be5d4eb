package postgres

import (
	"context"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"claude-mem/internal/testenv"
	"claude-mem/storage"
)

// ours are our scripts, and more.
func ours(t *testing.T, more map[string]string) fstest.MapFS {
	t.Helper()
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(dir, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	out := fstest.MapFS{}
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = &fstest.MapFile{Data: text}
	}
	for name, text := range more {
		out[name] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + text)}
	}
	return out
}

func config(t *testing.T, url string) *pgx.ConnConfig {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestTenProcessesMigrateAtOnce(t *testing.T) {
	url := testenv.SharedPostgres(t).Database(t, testenv.Template{})
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			s, err := Open(t.Context(), url, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if err := s.InTx(t.Context(), func(tx storage.Tx) error { return putTeam(t.Context(), tx, "team") }); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s, err := Open(t.Context(), url, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	applied, err := one(t.Context(), s.q, "count", value[int64], sql(`SELECT MAX(times) FROM (SELECT COUNT(*) AS times
		FROM goose_db_version GROUP BY version_id) AS versions`))
	if err != nil || applied != 1 {
		t.Errorf("a migration was applied %d times, %v", applied, err)
	}
	if n := teams(t, s, "team"); n != 1 {
		t.Errorf("%d teams", n)
	}
}

func TestANewerSchemaIsRefused(t *testing.T) {
	url := testenv.SharedPostgres(t).Database(t, migrated)
	future := ours(t, map[string]string{"00777_future.sql": "CREATE TABLE future (id text);"})
	if err := migrateTo(t.Context(), config(t, url), future); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), url, Options{})
	if err == nil || !strings.Contains(err.Error(), "version 777") || !strings.Contains(err.Error(), "install a newer claude-mem") {
		t.Errorf("got %v", err)
	}
}

func TestAFailedMigrationLeavesNothing(t *testing.T) {
	url := testenv.SharedPostgres(t).Database(t, migrated)
	broken := ours(t, map[string]string{"00777_broken.sql": "CREATE TABLE half (id text);\nSELECT nothing FROM nowhere;"})
	if err := migrateTo(t.Context(), config(t, url), broken); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Fatalf("got %v", err)
	}
	s, err := Open(t.Context(), url, Options{})
	if err != nil {
		t.Fatalf("the database is not what it was: %v", err)
	}
	defer s.Close()
	half, err := one(t.Context(), s.q, "table", value[bool], sql(`SELECT to_regclass('half') IS NOT NULL`))
	if err != nil || half {
		t.Errorf("half a migration is there: %v, %v", half, err)
	}
	mended := ours(t, map[string]string{"00777_mended.sql": "CREATE TABLE half (id text);"})
	if err := migrateTo(t.Context(), config(t, url), mended); err != nil {
		t.Errorf("the mended migration: %v", err)
	}
}

func TestMigrationEndsWithItsContext(t *testing.T) {
	url := testenv.SharedPostgres(t).Database(t, testenv.Template{})
	holder, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close(context.Background())
	if _, err := holder.Exec(t.Context(), "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	opened := make(chan error, 1)
	go func() {
		_, err := Open(ctx, url, Options{})
		opened <- err
	}()
	select {
	case err := <-opened:
		t.Fatalf("it did not wait for the lock: %v", err)
	case <-waiting(t, holder):
	}
	cancel()
	if err := <-opened; err == nil || !strings.Contains(err.Error(), "migration lock") {
		t.Errorf("got %v", err)
	}
}

// waiting is closed when somebody waits for a lock that conn can see.
func waiting(t *testing.T, conn *pgx.Conn) <-chan struct{} {
	t.Helper()
	ch := make(chan struct{})
	go func() {
		defer close(ch)
		for t.Context().Err() == nil {
			var n int
			err := conn.QueryRow(t.Context(), `SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`).Scan(&n)
			if err != nil || n > 0 {
				return
			}
		}
	}()
	return ch
}

func TestInfo(t *testing.T) {
	s := open(t, Options{})
	info, err := s.Info(t.Context())
	if err != nil || info.Driver != "postgres" || info.SchemaVersion < 2 || info.SizeBytes < 1<<20 {
		t.Errorf("got %+v, %v", info, err)
	}
}
