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
	"claude-mem/memory"
)

// A rate is what is done in so much time: fixed, so that a benchmark takes no
// longer on a slow machine.
const (
	window    = 3 * time.Second
	rawWindow = time.Second
	drainFor  = 5 * time.Second
)

// BenchmarkIngest posts single events over HTTP; each is answered after it is on
// stable storage. The daemon, its worker and the clients share the machine. With
// generate=true the worker turns them into observations meanwhile.
func BenchmarkIngest(b *testing.B) {
	for _, clients := range []int{1, 8, 32} {
		for _, generate := range []bool{false, true} {
			b.Run(fmt.Sprintf("clients=%d/generate=%v", clients, generate), func(b *testing.B) {
				raw := rawCommits(b)
				p, c := running(b)
				for b.Loop() {
					rate := perEvent(b, daemonOf(b, p), func() float64 {
						return post(b, clients, func(ctx context.Context, n int64) error {
							_, err := c.PutEvent(ctx, event(p.Repo, n), client.EventOptions{NoGenerate: !generate})
							return err
						})
					})
					b.ReportMetric(rate, "events/s")
					b.ReportMetric(rate/raw, "×raw")
					b.ReportMetric(raw, "raw-commits/s")
					if generate {
						reportJobs(b, c)
					}
				}
			})
		}
	}
}

// BenchmarkIngestBatch posts batches of 100 events over 4 connections.
func BenchmarkIngestBatch(b *testing.B) {
	const size, clients = 100, 4
	p, c := running(b)
	for b.Loop() {
		rate := perEvent(b, daemonOf(b, p), func() float64 {
			return size * post(b, clients, func(ctx context.Context, n int64) error {
				return postBatch(ctx, c, p.Repo, n*size, size)
			})
		})
		b.ReportMetric(rate, "events/s")
	}
}

// reportJobs tells how many events a second became observations while the clients
// wrote, and how many once they had stopped.
func reportJobs(b *testing.B, c *client.Client) {
	b.Helper()
	began := time.Now()
	during, left := finished(b, c)
	after := during
	for left > 0 && time.Since(began) < drainFor {
		time.Sleep(50 * time.Millisecond)
		after, left = finished(b, c)
	}
	b.ReportMetric(float64(during)/window.Seconds(), "jobs/s")
	if after > during {
		b.ReportMetric(float64(after-during)/time.Since(began).Seconds(), "drained/s")
	}
}

// finished counts the jobs that are done, and those that are still owed.
func finished(b *testing.B, c *client.Client) (done, left int64) {
	b.Helper()
	s, err := c.Stats(b.Context(), "")
	if err != nil {
		b.Fatal(err)
	}
	return s.Books.Written + s.Books.Skipped, s.Books.Queued + s.Books.Processing
}

// rawCommits writes the same rows with nothing around them: one durable transaction
// each on one connection. It returns how many a second there are: the yardstick.
func rawCommits(b *testing.B) float64 {
	b.Helper()
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
	began := time.Now()
	for n := int64(0); ; n++ {
		if passed := time.Since(began); passed >= rawWindow {
			return float64(n) / passed.Seconds()
		}
		e := event("p", n)
		if _, err := insert.ExecContext(b.Context(), e.SourceEventID, string(e.Payload)); err != nil {
			b.Fatal(err)
		}
	}
}

// nextEvent numbers the events of a run: an event that is told twice is cheaper.
var nextEvent atomic.Int64

// post runs op on so many goroutines for one window. It reports the latency of one
// and returns how many a second there were.
func post(b *testing.B, goroutines int, op func(ctx context.Context, n int64) error) float64 {
	b.Helper()
	var mu sync.Mutex
	var all samples
	var wg sync.WaitGroup
	start := time.Now()
	for range goroutines {
		wg.Go(func() {
			var mine samples
			for began := time.Now(); began.Sub(start) < window; began = time.Now() {
				if err := op(b.Context(), nextEvent.Add(1)); err != nil {
					b.Error(err)
					return
				}
				mine = append(mine, time.Since(began))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
		})
	}
	wg.Wait()
	passed := time.Since(start)
	all.report(b, "")
	return float64(len(all)) / passed.Seconds()
}

// perEvent has events posted, at the rate a second that it returns, and reports how
// much processor time a server used for each, which a busy machine changes little.
func perEvent(b *testing.B, server int, post func() (rate float64)) float64 {
	b.Helper()
	used, began := processorTime(b, server), time.Now()
	rate := post()
	used, passed := processorTime(b, server)-used, time.Since(began)
	b.ReportMetric(float64(used.Microseconds())/(rate*passed.Seconds()), "server-µs/event")
	return rate
}

func postBatch(ctx context.Context, c *client.Client, project string, first, size int64) error {
	batch := make([]memory.EventInput, size)
	for i := range batch {
		batch[i] = event(project, first+int64(i))
	}
	_, err := c.PutEvents(ctx, batch, client.EventOptions{NoGenerate: true})
	return err
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
		panic(err) // texts only
	}
	at := memory.Epoch(1795399000000 + n)
	return memory.EventInput{
		ProjectID: project, ContentSessionID: fmt.Sprintf("session-%d", n%16), SourceType: "api",
		SourceEventID: fmt.Sprintf("bench-%d", n), EventType: memory.EventToolUse, Payload: payload, OccurredAt: &at,
	}
}
