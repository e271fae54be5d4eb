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

func env(tb testing.TB, server *testenv.Postgres) storagetest.Env {
	var o outbox
	return storagetest.Env{Store: openOn(tb, server, Options{Publish: o.publish}), Sent: o.sent}
}

func TestConformance(t *testing.T) {
	server := testenv.SharedPostgres(t)
	storagetest.Run(t, func(tb testing.TB) storagetest.Env { return env(tb, server) })
}

func BenchmarkStore(b *testing.B) {
	server := testenv.StartPostgres(b, testenv.PostgresOptions{Durable: true})
	storagetest.Bench(b, func(tb testing.TB) storagetest.Env { return env(tb, server) })
}
