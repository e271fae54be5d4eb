package httpapi

import (
	"context"
	"path/filepath"
	"testing"

	"claude-mem/internal/testenv"
	"claude-mem/storage"
	"claude-mem/storage/postgres"
	"claude-mem/storage/sqlite"
)

// onEachEngine runs a test over every storage engine: what a client gets to see must
// not tell which it is.
func onEachEngine(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB) storage.Store{"sqlite": openSQLite, "postgres": openPostgres} {
		t.Run(name, func(t *testing.T) { test(t, newWorldOn(t, open(t), nil)) })
	}
}

func openSQLite(t testing.TB) storage.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), sqlite.Options{Outbox: noQueue{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func openPostgres(t testing.TB) storage.Store {
	t.Helper()
	url := testenv.SharedPostgres(t).Database(t, testenv.Template{Name: "httpapi", Prepare: func(ctx context.Context, url string) error {
		s, err := postgres.Open(ctx, url, postgres.Options{})
		if err != nil {
			return err
		}
		return s.Close()
	}})
	store, err := postgres.Open(t.Context(), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}
