package postgres

import (
	"context"
	"slices"
	"sync"
	"testing"

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

func env(tb testing.TB) storagetest.Env {
	var o outbox
	return storagetest.Env{Store: open(tb, Options{Publish: o.publish}), Sent: o.sent}
}

func TestConformance(t *testing.T) { storagetest.Run(t, env) }

func BenchmarkStore(b *testing.B) { storagetest.Bench(b, env) }
