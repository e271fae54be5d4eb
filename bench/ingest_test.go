package bench_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"claude-mem/client"
	"claude-mem/internal/testbin"
	"claude-mem/memory"
)

// BenchmarkIngest posts single events over HTTP; each is answered after it is on
// stable storage. The daemon, its worker and the clients share the machine.
func BenchmarkIngest(b *testing.B) {
	for _, clients := range []int{1, 8, 32} {
		for _, generate := range []bool{false, true} {
			b.Run(fmt.Sprintf("clients=%d/generate=%v", clients, generate), func(b *testing.B) {
				p := testbin.NewProfile(b, binary)
				c := running(b, p)
				share(b, clients, func(ctx context.Context, n int64) error {
					_, err := c.PutEvent(ctx, event(p.Repo, n), client.EventOptions{NoGenerate: !generate})
					return err
				})
			})
		}
	}
}

// BenchmarkIngestBatch posts batches of 100 events over 4 connections.
func BenchmarkIngestBatch(b *testing.B) {
	const size, clients = 100, 4
	p := testbin.NewProfile(b, binary)
	c := running(b, p)
	share(b, clients, func(ctx context.Context, n int64) error {
		batch := make([]memory.EventInput, size)
		for i := range batch {
			batch[i] = event(p.Repo, n*size+int64(i))
		}
		_, err := c.PutEvents(ctx, batch, client.EventOptions{NoGenerate: true})
		return err
	})
	b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkRawCommit writes the same rows with nothing around them: one durable
// transaction each on one connection. It is the yardstick for BenchmarkIngest.
func BenchmarkRawCommit(b *testing.B) {
	dsn := "file:" + filepath.Join(b.TempDir(), "raw.db") +
		"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(b.Context(), `CREATE TABLE events (id TEXT PRIMARY KEY, payload TEXT)`); err != nil {
		b.Fatal(err)
	}
	insert, err := db.PrepareContext(b.Context(), `INSERT INTO events VALUES (?, ?)`)
	if err != nil {
		b.Fatal(err)
	}
	for n := int64(0); b.Loop(); n++ {
		e := event("p", n)
		if _, err := insert.ExecContext(b.Context(), e.SourceEventID, string(e.Payload)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

// share runs b.N operations on so many goroutines and reports their rate and latency.
func share(b *testing.B, goroutines int, op func(ctx context.Context, n int64) error) {
	b.Helper()
	var next atomic.Int64
	var mu sync.Mutex
	var all samples
	var wg sync.WaitGroup
	b.ResetTimer()
	for range goroutines {
		wg.Go(func() {
			var mine samples
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				began := time.Now()
				if err := op(b.Context(), n); err != nil {
					b.Error(err)
					break
				}
				mine = append(mine, time.Since(began))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	all.report(b, "")
}

// event is an edit of about 1 KiB.
func event(project string, n int64) memory.EventInput {
	payload, err := json.Marshal(map[string]any{
		"tool_name": "Edit",
		"tool_input": map[string]string{
			"file_path":  fmt.Sprintf("/src/app/pkg%d/file%d.go", n%50, n%1000),
			"old_string": "return nil", "new_string": fmt.Sprintf("return fmt.Errorf(\"step %d: %%w\", err)", n),
		},
		"tool_response": map[string]string{"text": fmt.Sprintf("%0512d", n)},
	})
	if err != nil {
		panic(err) // strings only
	}
	at := memory.Epoch(1795399000000 + n)
	return memory.EventInput{
		ProjectID: project, ContentSessionID: fmt.Sprintf("session-%d", n%16), SourceType: "api",
		SourceEventID: fmt.Sprintf("bench-%d", n), EventType: memory.EventToolUse, Payload: payload, OccurredAt: &at,
	}
}
