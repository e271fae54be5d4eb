package postgres

import (
	"context"
	"slices"
	"sync"
	"testing"

	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/storage/storagetest"
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
	s, err := Open(tb.Context(), testenv.SharedPostgres(tb).Database(tb, migrated), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	return s
}

// outbox keeps what was published.
type outbox struct {
	mu   sync.Mutex
	msgs []memory.Message
}

func (o *outbox) publish(_ context.Context, msgs []memory.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.msgs = append(o.msgs, msgs...)
	return nil
}

func (o *outbox) sent() []memory.Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.msgs)
}

func env(tb testing.TB) storagetest.Env {
	var o outbox
	return storagetest.Env{Store: open(tb, Options{Publish: o.publish}), Sent: o.sent}
}

func TestConformance(t *testing.T) { storagetest.Run(t, env) }

func BenchmarkStore(b *testing.B) { storagetest.Bench(b, env) }
