package sqlite

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"claude-mem/internal/schema"
	"claude-mem/memory"
	"claude-mem/storage"
)

// withNext is the scripts there are and one more.
func withNext(t *testing.T, script string) (fs.FS, int64) {
	t.Helper()
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	newest, err := schema.Newest(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := fstest.MapFS{"90000_next.sql": {Data: []byte(script)}}
	names, err := fs.Glob(dir, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		body, err := fs.ReadFile(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = &fstest.MapFile{Data: body}
	}
	return all, newest
}

// memories fills a database of today's version and returns what was in it.
func memories(t *testing.T, path string) memory.Observation {
	t.Helper()
	ctx := context.Background()
	s, err := Open(ctx, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := memory.Observation{
		ID: "o", TeamID: "t", ProjectID: "p", Kind: memory.KindManual, Content: "remember this",
		OccurredAt: 1, CreatedAt: 1, UpdatedAt: 1,
	}
	err = s.InTx(ctx, func(tx storage.Tx) error {
		if _, err := tx.EnsureTeam(ctx, memory.Team{ID: "t", Name: "t", CreatedAt: 1}); err != nil {
			return err
		}
		if _, err := tx.EnsureProject(ctx, memory.Project{ID: "p", TeamID: "t", Name: "p", CreatedAt: 1}); err != nil {
			return err
		}
		o, _, err = tx.PutObservation(ctx, o)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return o
}

// migrateWith brings the database at path to the newest of the scripts in dir.
func migrateWith(t *testing.T, path string, dir fs.FS) error {
	t.Helper()
	db, err := connect(path, 1, writerPragmas)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	return migrateTo(context.Background(), db, path, dir)
}

func TestMigrationKeepsDataAndLeavesABackup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	o := memories(t, path)
	dir, old := withNext(t, "-- +goose Up\nALTER TABLE observations ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm';\n")
	if err := migrateWith(t, path, dir); err != nil {
		t.Fatal(err)
	}
	db, err := connect(path, 1, writerPragmas)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var content, mood string
	if err := db.QueryRow(`SELECT content, mood FROM observations WHERE id = 'o'`).Scan(&content, &mood); err != nil {
		t.Fatal(err)
	}
	if content != o.Content || mood != "calm" {
		t.Errorf("after the migration: %q, %q", content, mood)
	}

	// This program does not know the new version, and says what to do.
	_, err = Open(context.Background(), path, Options{})
	backup := backupName(path, old)
	if err == nil || !strings.Contains(err.Error(), "newer claude-mem") || !strings.Contains(err.Error(), backup) {
		t.Errorf("opening a newer schema: %v", err)
	}
	private(t, backup, 0o600)
	s := openAt(t, backup, Options{})
	got, err := s.Matching(context.Background(), o.Scope(), storage.Matching{Clauses: [][]string{{"rememb"}}})
	if err != nil || len(got) != 1 || !slices.Equal(got[0].Numbers, []int64{o.Number}) {
		t.Errorf("the backup answers %v, %v", got, err)
	}
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	o := memories(t, path)
	dir, _ := withNext(t, "-- +goose Up\nDROP TABLE observation_sources;\nDELETE FROM observations;\nSELECT no_such_function();\n")
	for range 2 { // the second try finds the backup of the first
		if err := migrateWith(t, path, dir); err == nil {
			t.Fatal("a broken script is a success")
		}
	}
	s := openAt(t, path, Options{})
	if got, err := s.Observation(context.Background(), o.Scope(), o.ID); err != nil || got.Content != o.Content {
		t.Errorf("after a failed migration: %+v, %v", got, err)
	}
}

func TestOpenLeavesNoBackupWithoutAMigration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	memories(t, path)
	openAt(t, path, Options{})
	if found, err := filepath.Glob(path + "*backup*"); err != nil || len(found) > 0 {
		t.Errorf("backups %v, %v", found, err)
	}
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "with spaces", "and %20?#&=;'ü")
	path := filepath.Join(dir, "m.db")
	s := openAt(t, path, Options{})
	if err := addTeam(s, "t"); err != nil {
		t.Fatal(err)
	}
	private(t, dir, 0o700)
	for _, file := range []string{path, path + "-wal", path + "-shm"} {
		private(t, file, 0o600)
	}
}

// private checks the permissions of a file, where files have such.
func private(t *testing.T, file string, want fs.FileMode) {
	t.Helper()
	st, err := os.Stat(file)
	if err != nil {
		t.Error(err)
	} else if got := st.Mode().Perm(); got != want && runtime.GOOS != "windows" {
		t.Errorf("%s has mode %o, not %o", file, got, want)
	}
}

func TestOpenRefusesWhatIsNoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(context.Background(), path, Options{}); err == nil {
		s.Close()
		t.Error("it opens")
	}
	if _, err := Open(context.Background(), filepath.Join(path, "below", "a file"), Options{}); err == nil {
		t.Error("it opens below a file")
	}
}

// What was stored before there was an index of the present form is indexed when the
// database is opened, from where an earlier attempt stopped.
func TestOpenIndexesWhatIsNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	o := memories(t, path)
	s := openAt(t, path, Options{})
	for n := int64(2); n <= 2*reindexBatch+50; n++ {
		exec(t, s, `INSERT INTO observations (number, id, team_id, project_id, kind, occurred_at, created_at, updated_at, content, metadata)
			VALUES (?1, 'o' || ?1, 't', 'p', 'manual', 1, 1, 1, 'remember that', '{}')`, n)
	}
	exec(t, s, `INSERT INTO observations_unindexed SELECT number FROM observations WHERE number > 1`)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path, Options{})
	got, err := s.Matching(context.Background(), o.Scope(), storage.Matching{Clauses: [][]string{{"rememb"}}})
	if err != nil || len(got[0].Numbers) != 2*reindexBatch+50 {
		t.Errorf("%d are found, %v", len(got[0].Numbers), err)
	}
}
