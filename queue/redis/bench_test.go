package redis_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	goredis "github.com/redis/go-redis/v9"

	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/queue/redis"
)

// The engine beside what it is made of, in one run on one server: asynq by itself
// with the same payload, and Redis with the least that could be called a queue.
// What the engine costs is the ratio.

const payloadBytes = 420

func raw(b *testing.B, server *testenv.Redis) *goredis.Client {
	c := goredis.NewClient(&goredis.Options{Addr: address(b, server.URL)})
	b.Cleanup(func() { c.Close() })
	return c
}

func report(b *testing.B, n int) {
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "msg/s")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkEnqueue sends messages one by one, in batches of 250, and one by one
// from 8 goroutines.
func BenchmarkEnqueue(b *testing.B) {
	server := testenv.StartRedis(b)
	ctx := context.Background()
	body := make([]byte, payloadBytes)
	var n atomic.Int64
	asynqClient := asynq.NewClientFromRedisClient(raw(b, server))
	list := raw(b, server)
	for _, c := range []struct {
		name string
		send func(*redis.Queue) error
	}{
		{"engine", func(q *redis.Queue) error { return q.Enqueue(ctx, event(int(n.Add(1)))) }},
		{"asynq", func(*redis.Queue) error {
			_, err := asynqClient.Enqueue(asynq.NewTask("t", body), asynq.Queue("bench"), asynq.TaskID(fmt.Sprint(n.Add(1))))
			return err
		}},
		{"lpush", func(*redis.Queue) error { return list.LPush(ctx, "bench", body).Err() }},
	} {
		b.Run("one/"+c.name, func(b *testing.B) {
			q := opened(b, quick(server.URL))
			for b.Loop() {
				if err := c.send(q); err != nil {
					b.Fatal(err)
				}
			}
			report(b, b.N)
		})
		b.Run("parallel=8/"+c.name, func(b *testing.B) {
			q := opened(b, quick(server.URL))
			b.SetParallelism(4) // times GOMAXPROCS
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := c.send(q); err != nil {
						b.Error(err)
						return
					}
				}
			})
			report(b, b.N)
		})
	}
	b.Run("batch=250/engine", func(b *testing.B) {
		const size = 250
		q := opened(b, quick(server.URL))
		for b.Loop() {
			msgs := make([]memory.Message, size)
			for i := range msgs {
				msgs[i] = event(int(n.Add(1)))
			}
			if err := q.Enqueue(ctx, msgs...); err != nil {
				b.Fatal(err)
			}
		}
		report(b, b.N*size)
	})
}

// BenchmarkConsume empties a lane of 10,000 messages with 1, 2 and 4 consumers of
// 8 workers each, whose handlers do nothing.
func BenchmarkConsume(b *testing.B) {
	const backlog, workers = 10_000, 8
	server := testenv.StartRedis(b)
	for _, consumers := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("consumers=%d/engine", consumers), func(b *testing.B) {
			o := quick(server.URL)
			qs := make([]*redis.Queue, consumers)
			for i := range qs {
				qs[i] = opened(b, o)
			}
			for b.Loop() {
				b.StopTimer()
				enqueue(b, qs[0], events(backlog)...)
				b.StartTimer()
				var done atomic.Int64
				all := make(chan struct{})
				var stops []func()
				for _, q := range qs {
					stops = append(stops, consume(b, q, workers, func(context.Context, memory.Message) error {
						if done.Add(1) == backlog {
							close(all)
						}
						return nil
					}))
				}
				<-all
				b.StopTimer()
				for _, stop := range stops {
					stop()
				}
				b.StartTimer()
			}
			report(b, b.N*backlog)
		})
		b.Run(fmt.Sprintf("consumers=%d/asynq", consumers), func(b *testing.B) { benchAsynq(b, server, consumers, workers, backlog) })
		b.Run(fmt.Sprintf("consumers=%d/lmove", consumers), func(b *testing.B) { benchList(b, server, consumers*workers, backlog) })
	}
}

// benchAsynq is the same with asynq alone.
func benchAsynq(b *testing.B, server *testenv.Redis, consumers, workers, backlog int) {
	c := raw(b, server)
	client := asynq.NewClientFromRedisClient(c)
	body := make([]byte, payloadBytes)
	for b.Loop() {
		b.StopTimer()
		for range backlog {
			if _, err := client.Enqueue(asynq.NewTask("t", body), asynq.Queue("bench-consume")); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		var done atomic.Int64
		all := make(chan struct{})
		var servers []*asynq.Server
		for range consumers {
			s := asynq.NewServerFromRedisClient(c, asynq.Config{
				Concurrency: workers, Queues: map[string]int{"bench-consume": 1},
				TaskCheckInterval: 20 * time.Millisecond, LogLevel: asynq.FatalLevel,
			})
			servers = append(servers, s)
			if err := s.Start(asynq.HandlerFunc(func(context.Context, *asynq.Task) error {
				if done.Add(1) == int64(backlog) {
					close(all)
				}
				return nil
			})); err != nil {
				b.Fatal(err)
			}
		}
		<-all
		b.StopTimer()
		for _, s := range servers {
			s.Shutdown()
		}
		b.StartTimer()
	}
	report(b, b.N*backlog)
}

// benchList moves messages to a list of those being worked on and out of it again.
func benchList(b *testing.B, server *testenv.Redis, workers, backlog int) {
	ctx := context.Background()
	c := raw(b, server)
	body := make([]byte, payloadBytes)
	for b.Loop() {
		b.StopTimer()
		p := c.Pipeline()
		for range backlog {
			p.LPush(ctx, "bench-list", body)
		}
		if _, err := p.Exec(ctx); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		errs := make(chan error, workers)
		for range workers {
			go func() {
				for {
					got, err := c.LMove(ctx, "bench-list", "bench-active", "RIGHT", "LEFT").Result()
					if err == nil {
						err = c.LRem(ctx, "bench-active", 1, got).Err()
					}
					if err != nil {
						errs <- err
						return
					}
				}
			}()
		}
		for range workers {
			if err := <-errs; !errors.Is(err, goredis.Nil) {
				b.Fatal(err)
			}
		}
	}
	report(b, b.N*backlog)
}
