package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"claude-mem/internal/outage"
)

// retryPause is how long a failed command of a consumer waits before asynq hears
// of it, since asynq tries again at once.
const retryPause = 250 * time.Millisecond

// contact knows whether Redis can be reached, from how commands end.
type contact struct{ outage.Watch }

func newContact(log *slog.Logger) *contact {
	return &contact{outage.Watch{Lines: outage.Lines{
		Log: log, Level: slog.LevelWarn, Away: "redis is away; messages wait until it is back", Back: "redis is back",
	}}}
}

// report takes in how a command ended.
func (c *contact) report(err error) {
	switch {
	case isAway(err):
		c.Failed(err)
	case err == nil || isReply(err):
		c.Worked()
	}
	// Others were cancelled, or the client was closed: that says nothing.
}

// isReply reports whether Redis itself answered with the error.
func isReply(err error) bool {
	_, ok := errors.AsType[goredis.Error](err)
	return ok && !errors.Is(err, goredis.ErrClosed)
}

// isAway reports whether err means that Redis cannot be reached, or is not ready
// because it reads its data from disk.
func isAway(err error) bool {
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, goredis.ErrClosed):
		return false
	case isReply(err):
		return strings.HasPrefix(err.Error(), "LOADING ")
	}
	return true
}

// observer is a hook that reports how commands end and, if pause is set, slows
// down failing ones until that context is done.
type observer struct {
	contact *contact
	pause   context.Context
}

func (o observer) saw(ctx context.Context, err error) {
	o.contact.report(err)
	if o.pause == nil || !isAway(err) {
		return
	}
	select {
	case <-time.After(retryPause):
	case <-ctx.Done():
	case <-o.pause.Done():
	}
}

// DialHook implements goredis.Hook. A connection is no sign of a Redis that works,
// but none is one of its absence, and all there is of a subscription that fails.
func (o observer) DialHook(next goredis.DialHook) goredis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := next(ctx, network, addr)
		if err != nil {
			o.contact.report(err)
		}
		return conn, err
	}
}

// ProcessHook implements goredis.Hook.
func (o observer) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, cmd goredis.Cmder) error {
		err := next(ctx, cmd)
		o.saw(ctx, err)
		return err
	}
}

// ProcessPipelineHook implements goredis.Hook.
func (o observer) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		err := next(ctx, cmds)
		o.saw(ctx, err)
		return err
	}
}

// workerLog is asynq's way into the log. During an outage everything it does
// fails, every few seconds, in its own words.
type workerLog struct {
	log     *slog.Logger
	contact *contact
}

func (l workerLog) say(level slog.Level, args []any) {
	if l.contact.On() {
		level = slog.LevelDebug
	}
	l.log.Log(context.Background(), level, "asynq: "+fmt.Sprint(args...))
}

// Debug implements asynq.Logger.
func (l workerLog) Debug(args ...any) { l.say(slog.LevelDebug, args) }

// Info implements asynq.Logger.
func (l workerLog) Info(args ...any) { l.say(slog.LevelInfo, args) }

// Warn implements asynq.Logger.
func (l workerLog) Warn(args ...any) { l.say(slog.LevelWarn, args) }

// Error implements asynq.Logger.
func (l workerLog) Error(args ...any) { l.say(slog.LevelError, args) }

// Fatal implements asynq.Logger. asynq's servers never call it; it ends nothing.
func (l workerLog) Fatal(args ...any) { l.say(slog.LevelError, args) }

// clientLog is the Redis client's way into the log. What it has to say, mostly on
// single connections, shows in how commands end.
type clientLog struct{ log *slog.Logger }

// Printf implements the client's logging interface.
func (l clientLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.DebugContext(ctx, fmt.Sprintf(format, args...))
}
