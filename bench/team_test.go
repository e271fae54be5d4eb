package bench_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/testbin"
	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/queue/redis"
)

// A team's deployment on this machine: real Postgres, every commit durable, real
// Redis, and processes of the program.

// startWithin bounds how long a process may take until it is ready.
const startWithin = 30 * time.Second

// team is a deployment with one server, that makes no observations itself.
type team struct {
	b        *testing.B
	binary   string
	profile  *testbin.Profile
	database string
	redis    *testenv.Redis
	client   *client.Client
	server   int // its process id
}

func newTeam(b *testing.B) *team {
	b.Helper()
	ours, _ := built(b)
	server := testenv.StartPostgres(b, testenv.PostgresOptions{Durable: true})
	t := &team{
		b: b, binary: ours, profile: testbin.NewProfile(b, ours),
		database: server.Database(b, testenv.Template{}), redis: testenv.StartRedis(b),
	}
	t.profile.Env = append(t.profile.Env,
		config.ServerDatabaseURL+"="+t.database, config.QueueEngine+"=redis", config.RedisURL+"="+t.redis.URL,
		config.GenerationDisabled+"=true", config.ServerDrain+"=0s")
	var key struct{ Key string }
	// A team's server takes in nothing for a project that nobody made.
	t.profile.Must("server", "api-key", "create", "--name", "project", "--scope", "*", "--project", t.profile.Repo)
	made := t.profile.Must("server", "api-key", "create", "--name", "bench", "--scope", "*", "--json")
	if err := json.Unmarshal([]byte(made.Stdout), &key); err != nil {
		b.Fatal(err)
	}
	t.server, _ = t.start("server", "run")
	url := fmt.Sprintf("http://127.0.0.1:%d", t.profile.Config().Int(config.ServerPort))
	t.client = client.New(url, key.Key, client.Options{})
	for end := time.Now().Add(startWithin); ; time.Sleep(10 * time.Millisecond) {
		if _, err := t.client.Healthz(b.Context()); err == nil {
			return t
		} else if time.Now().After(end) {
			b.Fatal(err)
		}
	}
}

// start runs a process until the returned function is called, or the benchmark
// ends.
func (t *team) start(args ...string) (pid int, stop func()) {
	t.b.Helper()
	cmd := exec.Command(t.binary, args...)
	cmd.Env, cmd.Dir = t.profile.Env, t.profile.Repo
	if err := cmd.Start(); err != nil {
		t.b.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.b.Errorf("stop %v: %v", args, err)
		}
		if err := cmd.Wait(); err != nil {
			t.b.Errorf("%v: %v", args, err)
		}
	})
	t.b.Cleanup(stop)
	return cmd.Process.Pid, stop
}

// rawInserts stores the same events with nothing around them, one row and one
// durable commit each, over as many connections. It returns how many a second there
// are: the yardstick.
func (t *team) rawInserts(conns int) float64 {
	t.b.Helper()
	cfg, err := pgxpool.ParseConfig(t.database)
	if err != nil {
		t.b.Fatal(err)
	}
	cfg.MaxConns = int32(conns)
	pool, err := pgxpool.NewWithConfig(t.b.Context(), cfg)
	if err != nil {
		t.b.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(t.b.Context(), `CREATE TABLE IF NOT EXISTS raw (id text PRIMARY KEY, payload json)`); err != nil {
		t.b.Fatal(err)
	}
	var rows atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range conns {
		all.Go(func() {
			for time.Since(began) < rawWindow {
				e := event("p", nextEvent.Add(1))
				if _, err := pool.Exec(t.b.Context(), `INSERT INTO raw VALUES ($1, $2)`, e.SourceEventID, string(e.Payload)); err != nil {
					t.b.Error(err)
					return
				}
				rows.Add(1)
			}
		})
	}
	all.Wait()
	return float64(rows.Load()) / time.Since(began).Seconds()
}

// BenchmarkTeamIngest posts single events to a server over HTTP; each is answered
// after Postgres has it on disk and Redis was told of its job.
func BenchmarkTeamIngest(b *testing.B) {
	t := newTeam(b)
	for _, clients := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			raw := t.rawInserts(clients)
			for b.Loop() {
				rate := perEvent(b, t.server, func() float64 {
					return post(b, clients, func(ctx context.Context, n int64) error {
						_, err := t.client.PutEvent(ctx, event(t.profile.Repo, n), client.EventOptions{})
						return err
					})
				})
				b.ReportMetric(rate, "events/s")
				b.ReportMetric(raw, "raw-inserts/s")
				b.ReportMetric(rate/raw, "×raw")
			}
		})
	}
}

// BenchmarkTeamIngestBatch posts batches of 100 events over 4 connections.
func BenchmarkTeamIngestBatch(b *testing.B) {
	const size, clients = 100, 4
	t := newTeam(b)
	raw := t.rawInserts(clients)
	for b.Loop() {
		rate := perEvent(b, t.server, func() float64 {
			return size * post(b, clients, func(ctx context.Context, n int64) error {
				return t.postBatch(ctx, n*size, size)
			})
		})
		b.ReportMetric(rate, "events/s")
		b.ReportMetric(raw, "raw-inserts/s")
		b.ReportMetric(rate/raw, "×raw")
	}
}

// postBatch stores events that each owe an observation.
func (t *team) postBatch(ctx context.Context, first, size int64) error {
	batch := make([]memory.EventInput, size)
	for i := range batch {
		batch[i] = event(t.profile.Repo, first+int64(i))
	}
	_, err := t.client.PutEvents(ctx, batch, client.EventOptions{})
	return err
}

// BenchmarkTeamJobs lets worker processes work off what is owed, by the built-in
// provider, which takes a fraction of a millisecond: what is left is the way of a
// job through Redis and Postgres. The first and last tenth do not count, so that
// neither the start of processes nor the end of work for all of them does.
func BenchmarkTeamJobs(b *testing.B) {
	const jobs, size = 3000, 100
	for _, workers := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			t := newTeam(b)
			engine := t.rawMessages()
			for b.Loop() {
				done, _ := finished(b, t.client)
				for range jobs / size {
					if err := t.postBatch(b.Context(), nextEvent.Add(size), size); err != nil {
						b.Fatal(err)
					}
				}
				var stops []func()
				for range workers {
					_, stop := t.start("server", "worker", "start")
					stops = append(stops, stop)
				}
				from, began := t.awaitDone(done + jobs/10)
				to, ended := t.awaitDone(done + jobs*9/10)
				t.awaitDone(done + jobs)
				for _, stop := range stops {
					stop()
				}
				rate := float64(to-from) / ended.Sub(began).Seconds()
				b.ReportMetric(rate, "jobs/s")
				b.ReportMetric(engine, "raw-messages/s")
				b.ReportMetric(rate/engine, "×raw")
			}
		})
	}
}

// awaitDone waits until so many jobs are done; it returns how many are then, and
// when that was.
func (t *team) awaitDone(n int64) (done int64, at time.Time) {
	t.b.Helper()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		done, _ = finished(t.b, t.client)
		if done >= n {
			return done, time.Now()
		}
		if time.Now().After(end) {
			t.b.Fatalf("%d of %d jobs are done", done, n)
		}
	}
}

// rawMessages sends messages through the Redis engine to a handler that does
// nothing. It returns how many a second went all the way.
func (t *team) rawMessages() float64 {
	t.b.Helper()
	const messages, workers = 3000, 8
	q, err := redis.Open(t.b.Context(), redis.Options{URL: t.redis.URL, Prefix: "raw"})
	if err != nil {
		t.b.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.b.Context())
	var got atomic.Int64
	var consumer sync.WaitGroup
	consumer.Go(func() {
		err := q.Consume(ctx, memory.LaneEvent, workers, func(context.Context, memory.Message) error {
			if got.Add(1) == messages {
				stop()
			}
			return nil
		})
		if err != nil {
			t.b.Error(err)
		}
	})
	began := time.Now()
	msgs := make([]memory.Message, messages)
	for i := range msgs {
		msgs[i] = memory.Message{
			ID: fmt.Sprint("raw-", i), Kind: memory.KindEvent, TeamID: "t", ProjectID: "p", JobID: fmt.Sprint(i),
			SourceType: memory.KindEvent.SourceType(), SourceID: fmt.Sprint(i),
		}
	}
	if err := q.Enqueue(t.b.Context(), msgs...); err != nil {
		t.b.Fatal(err)
	}
	consumer.Wait()
	took := time.Since(began)
	if err := q.Close(); err != nil {
		t.b.Error(err)
	}
	return messages / took.Seconds()
}
