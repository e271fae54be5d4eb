package outage_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"claude-mem/internal/outage"
)

var errAway = errors.New("connection refused")

// watch returns a watch and its log.
func watch() (*outage.Watch, *bytes.Buffer) {
	var log bytes.Buffer
	w := &outage.Watch{Lines: outage.Lines{
		Log: slog.New(slog.NewTextHandler(&log, nil)), Level: slog.LevelError, Away: "it is away", Back: "it is back",
	}}
	return w, &log
}

// want holds the log against the beginnings, after the time, of its lines.
func want(t *testing.T, log *bytes.Buffer, lines ...string) {
	t.Helper()
	got := strings.Split(strings.TrimSpace(log.String()), "\n")
	if log.Len() == 0 {
		got = nil
	}
	if len(got) != len(lines) {
		t.Fatalf("%d lines, want %d:\n%s", len(got), len(lines), log)
	}
	for i, line := range lines {
		if _, rest, _ := strings.Cut(got[i], " "); rest != line {
			t.Errorf("line %d is %s, want %s", i, rest, line)
		}
	}
}

func TestAnOutageIsTwoLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, log := watch()
		w.Worked()
		if w.On() {
			t.Error("an outage without a failure")
		}
		for range 5 {
			w.Failed(errAway, "path", "/v1/events")
			w.Worked() // another connection is better off
			time.Sleep(time.Second)
		}
		if !w.On() {
			t.Error("over though something failed a second ago")
		}
		time.Sleep(time.Second)
		if !w.On() {
			t.Error("over without a sign of it")
		}
		w.Worked()
		w.Worked()
		if w.On() {
			t.Error("it does not end")
		}
		want(t, log, `level=ERROR msg="it is away" path=/v1/events error="connection refused"`,
			`level=INFO msg="it is back" away=6s failures=5`)
	})
}

func TestTheNextOutageBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, log := watch()
		for range 2 {
			w.Failed(errAway)
			w.Failed(errAway)
			time.Sleep(2 * time.Second)
			w.Worked()
		}
		away, back := `level=ERROR msg="it is away" error="connection refused"`, `level=INFO msg="it is back" away=2s failures=2`
		want(t, log, away, back, away, back)
	})
}

func TestALongOutageIsToldOfEachMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, log := watch()
		for range 130 {
			w.Failed(errAway)
			time.Sleep(time.Second)
		}
		away := `level=ERROR msg="it is away" error="connection refused"`
		want(t, log, away, away+" away=1m0s failures=61", away+" away=2m0s failures=121")
	})
}

func TestManyAtOnce(t *testing.T) {
	w, log := watch()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				w.Failed(errAway)
				w.Worked()
			}
		})
	}
	all.Wait()
	if n := strings.Count(log.String(), "\n"); n != 1 {
		t.Errorf("%d lines:\n%s", n, log)
	}
}
