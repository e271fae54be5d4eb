package redis

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

func TestOutageIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var buf bytes.Buffer
		log := slog.New(slog.NewTextHandler(&buf, nil))
		o := newContact(log)
		worker := workerLog{log, o}

		o.report(nil)
		o.report(goredis.Nil)
		o.report(context.Canceled)
		o.report(goredis.ErrClosed)
		if o.On() || buf.Len() > 0 {
			t.Fatalf("an outage without a failure: %s", &buf)
		}
		for range 5 {
			o.report(io.EOF)
			o.report(context.DeadlineExceeded)
			worker.Error("cannot")
			o.report(nil) // another connection is better off
			time.Sleep(time.Second)
		}
		if !o.On() {
			t.Error("it ended while commands failed")
		}
		time.Sleep(time.Second)
		o.report(context.Canceled)
		if !o.On() {
			t.Error("it ended without a sign of Redis")
		}
		o.report(goredis.Nil) // an answer, if an empty one
		if o.On() {
			t.Error("it does not end")
		}
		worker.Error("real trouble")
		text := buf.String()
		for _, want := range []string{"redis is away", "redis is back", "away=6s", "asynq: real trouble"} {
			if strings.Count(text, want) != 1 {
				t.Errorf("%q is not there once:\n%s", want, text)
			}
		}
		if n := strings.Count(text, "\n"); n != 3 {
			t.Errorf("%d lines, want 3:\n%s", n, text)
		}
	})
}

// loading is what a Redis says that still reads its data.
type loading struct{}

func (loading) Error() string { return "LOADING Redis is loading the dataset in memory" }
func (loading) RedisError()   {}

// asynq asks again at once when it cannot reach Redis. A failing command of a
// consumer takes a moment, unless the consumer stops.
func TestFailingCommandsOfConsumersTakeAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopping, stop := context.WithCancel(context.Background())
		quiet := newContact(slog.New(slog.DiscardHandler))
		took := func(o observer, err error) time.Duration {
			start := time.Now()
			run := o.ProcessHook(func(context.Context, goredis.Cmder) error { return err })
			if got := run(context.Background(), nil); !errors.Is(got, err) {
				t.Errorf("%v became %v", err, got)
			}
			batch := o.ProcessPipelineHook(func(context.Context, []goredis.Cmder) error { return err })
			if got := batch(context.Background(), nil); !errors.Is(got, err) {
				t.Errorf("%v became %v", err, got)
			}
			return time.Since(start)
		}
		consumer := observer{contact: quiet, pause: stopping}
		for _, c := range []struct {
			who  observer
			err  error
			want time.Duration
		}{
			{consumer, io.EOF, 2 * retryPause},
			{consumer, loading{}, 2 * retryPause},
			{consumer, goredis.Nil, 0},
			{consumer, nil, 0},
			{observer{contact: quiet}, io.EOF, 0},
		} {
			if got := took(c.who, c.err); got != c.want {
				t.Errorf("%v took %v, want %v", c.err, got, c.want)
			}
		}
		stop()
		if got := took(consumer, io.EOF); got != 0 {
			t.Errorf("a stopping consumer waited %v", got)
		}
	})
}
