package generation_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"claude-mem/generation"
	"claude-mem/memory"
	"claude-mem/providers"
)

// A provider that takes two at a time and refuses the rest is soon asked by about so
// many, and by all again when it takes them.
func TestPaceFollowsOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		for range 200 {
			h.oweEvent()
		}
		var running, refused, room atomic.Int64
		room.Store(2)
		p := &provider{answer: func(ctx context.Context, _ int, r providers.Request) (providers.Response, error) {
			defer running.Add(-1)
			if running.Add(1) > room.Load() {
				refused.Add(1)
				return providers.Response{}, classified(providers.Overloaded)
			}
			return slow(2*time.Second)(ctx, 0, r)
		}}
		w, _ := h.start(p)
		if got := w.Limits()[memory.LaneEvent]; got != 8 {
			t.Errorf("begins with %d", got)
		}
		time.Sleep(30 * time.Second)
		if got := w.Limits()[memory.LaneEvent]; got < 1 || got > 4 {
			t.Errorf("%d at once while the provider takes 2", got)
		}
		room.Store(100)
		time.Sleep(10 * time.Minute)
		if b := h.books(); b.Written < 190 || !b.Closed() {
			t.Errorf("books %+v after %d refusals", b, refused.Load())
		}
		if got := w.Limits()[memory.LaneEvent]; got != 8 {
			t.Errorf("%d at once though the provider takes all", got)
		}
	})
}

// A provider that gets slower under load is asked less.
func TestPaceFollowsLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		for range 150 {
			h.oweEvent()
		}
		var loaded atomic.Bool
		p := &provider{answer: func(ctx context.Context, _ int, r providers.Request) (providers.Response, error) {
			d := time.Second
			if loaded.Load() {
				d = 12 * time.Second
			}
			return slow(d)(ctx, 0, r)
		}}
		w, _ := h.start(p)
		time.Sleep(8 * time.Second)
		loaded.Store(true)
		time.Sleep(40 * time.Second)
		if got := w.Limits()[memory.LaneEvent]; got > 4 {
			t.Errorf("%d at once though answers take twelve times as long", got)
		}
	})
}

// However few calls may run at once, one that hangs does not stop its lane.
func TestHungCallHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		for range 20 {
			h.oweEvent()
		}
		p := &provider{answer: func(ctx context.Context, call int, r providers.Request) (providers.Response, error) {
			switch {
			case call <= 8: // all at first: one may run at once then
				return providers.Response{}, classified(providers.Overloaded)
			case call == 9:
				<-ctx.Done()
				return providers.Response{}, ctx.Err()
			}
			return slow(time.Second)(ctx, call, r)
		}}
		h.start(p, func(c *generation.Config) { c.CallTimeout, c.LeaseFor = time.Hour, time.Hour })
		time.Sleep(3 * time.Minute)
		if b := h.books(); b.Written != 19 || b.Processing != 1 {
			t.Errorf("books %+v: the lane waits for a call that hangs", b)
		}
	})
}
