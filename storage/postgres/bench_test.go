package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"claude-mem/internal/id"
	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/storage"
)

// BenchmarkIngest measures what capture writes for an event (the event, its job, an
// audit row), every commit durable, next to what the same server makes of inserting
// the same bytes as one row into a bare table.
func BenchmarkIngest(b *testing.B) {
	server := testenv.StartPostgres(b, testenv.PostgresOptions{Durable: true})
	payload, err := json.Marshal(memory.ToolUse{ToolName: "Edit", Error: strings.Repeat("what was done, ", 70)})
	if err != nil {
		b.Fatal(err)
	}
	s := openOn(b, server, Options{Publish: func(context.Context, []memory.Message) error { return nil }})
	scope := tenant(b, s)
	if _, err := s.pool.Exec(b.Context(), `CREATE TABLE bare (id text PRIMARY KEY, payload json)`); err != nil {
		b.Fatal(err)
	}
	for _, clients := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("bare/clients=%d", clients), func(b *testing.B) {
			share(b, clients, 1, func(ctx context.Context) error {
				_, err := s.pool.Exec(ctx, `INSERT INTO bare VALUES ($1, $2)`, id.New(), string(payload))
				return err
			})
		})
		b.Run(fmt.Sprintf("events/clients=%d", clients), func(b *testing.B) {
			share(b, clients, 1, func(ctx context.Context) error { return ingest(ctx, s, scope, payload, 1) })
		})
	}
	for _, clients := range []int{1, 4} {
		b.Run(fmt.Sprintf("batches=100/clients=%d", clients), func(b *testing.B) {
			share(b, clients, 100, func(ctx context.Context) error { return ingest(ctx, s, scope, payload, 100) })
		})
	}
}

// ingest stores n events as capture does.
func ingest(ctx context.Context, s *Store, scope memory.Scope, payload json.RawMessage, n int) error {
	events := make([]memory.Event, n)
	for i := range events {
		events[i] = event(scope)
		events[i].Payload = payload
	}
	return s.InTx(ctx, func(tx storage.Tx) error {
		stored, err := storage.PutEvents(ctx, tx, events)
		if err != nil {
			return err
		}
		var msgs []memory.Message
		for _, e := range stored {
			j, _, err := tx.PutJob(ctx, job(e.Event))
			if err != nil {
				return err
			}
			msgs = append(msgs, j.Message())
		}
		err = tx.PutAudit(ctx, memory.AuditEntry{
			ID: id.New(), TeamID: scope.TeamID, ProjectID: memory.Opt(scope.ProjectID), Action: memory.AuditEventReceived,
			ResourceType: "agent_event", ResourceID: memory.Opt(id.New()), RequestID: memory.Opt(id.New()), CreatedAt: memory.Now(),
		})
		if err != nil {
			return err
		}
		return tx.Enqueue(ctx, msgs...)
	})
}

// share runs fn b.N times on so many goroutines; each run stores n events.
func share(b *testing.B, clients, n int, fn func(ctx context.Context) error) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range clients {
		wg.Go(func() {
			for next.Add(1) <= int64(b.N) {
				if err := fn(b.Context()); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "events/s")
}
