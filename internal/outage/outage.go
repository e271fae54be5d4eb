// Package outage makes a few lines in a log of the failures of something that is away:
// one when they begin, one a minute while they go on, one when they are over. Without
// it a log would have a line for each, most of them just when somebody has to find
// something in it.
package outage

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// settled is for how long nothing must have failed before an outage counts as over:
	// when something comes back, some find out later than others.
	settled = 1500 * time.Millisecond
	// again is after which time an outage that goes on is told of again.
	again = time.Minute
)

// Lines are what is said.
type Lines struct {
	Log   *slog.Logger
	Level slog.Level // of all lines but the last, which is information
	Away  string     // as an outage begins, and while it goes on
	Back  string     // when it is over
}

// Watch knows of an outage from how attempts end. It is safe for concurrent use and
// starts nothing: the end of an outage is noticed by the first attempt after it. The
// zero value but for Lines is ready.
type Watch struct {
	Lines

	on atomic.Bool // while since is set

	mu       sync.Mutex // guards what follows
	since    time.Time  // zero while all is well
	last     time.Time  // when something failed last
	told     time.Time  // when a line was written last
	failures int        // since the outage began
}

// Failed takes in a failure. attrs tell more of it, should a line be written.
func (w *Watch) Failed(err error, attrs ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.last = now
	w.failures++
	attrs = append(attrs, "error", err)
	switch {
	case w.since.IsZero():
		w.since, w.told = now, now
		w.on.Store(true)
	case now.Sub(w.told) >= again:
		w.told = now
		attrs = append(attrs, "away", lasted(w.since), "failures", w.failures)
	default:
		return
	}
	w.Log.Log(context.Background(), w.Level, w.Away, attrs...)
}

// Worked takes in a success.
func (w *Watch) Worked() {
	if !w.on.Load() {
		return // nearly always
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.since.IsZero() || time.Since(w.last) <= settled {
		return
	}
	w.Log.Info(w.Back, "away", lasted(w.since), "failures", w.failures)
	w.since, w.failures = time.Time{}, 0
	w.on.Store(false)
}

// On reports whether there is an outage now.
func (w *Watch) On() bool { return w.on.Load() }

func lasted(since time.Time) time.Duration { return time.Since(since).Round(time.Millisecond) }
