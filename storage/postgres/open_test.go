package postgres

import (
	"context"
	"testing"

	"claude-mem/internal/testenv"
)

// migrated is a database with our schema, made once for all tests.
var migrated = testenv.Template{Name: "memory", Prepare: func(ctx context.Context, url string) error {
	s, err := Open(ctx, url, Options{})
	if err != nil {
		return err
	}
	return s.Close()
}}

// open opens a store on an empty database.
func open(tb testing.TB, o Options) *Store {
	tb.Helper()
	return openOn(tb, testenv.SharedPostgres(tb), o)
}

func openOn(tb testing.TB, server *testenv.Postgres, o Options) *Store {
	tb.Helper()
	s, err := Open(tb.Context(), server.Database(tb, migrated), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	return s
}

// A search's estimates are far too high for what it finds, so that compiling it would cost
// more than all else.
func TestNothingIsCompiled(t *testing.T) {
	s := open(t, Options{})
	jit, err := one(t.Context(), s.q, "setting", value[string], sql("SHOW jit"))
	if err != nil || jit != "off" {
		t.Errorf("jit is %q, %v", jit, err)
	}
}
