package generation

import (
	"context"
	"sync"
	"time"

	"claude-mem/memory"
	"claude-mem/providers"
)

// maxPause bounds the time between two probes of a provider.
const maxPause = 10 * time.Minute

// Pause says that a lane waits because its provider refuses everybody.
type Pause struct {
	Lane   memory.Lane
	Class  providers.Class // Auth or Quota
	Reason string          // fit for an operator
	Since  memory.Epoch
	Until  memory.Epoch // when the next job goes out as a probe
}

// gate lets jobs of a lane through to the provider, or holds them while the lane
// is paused. Once the pause is over it lets one through as a probe; the answer
// decides for the others.
type gate struct {
	lane  memory.Lane
	first time.Duration // the length of a first pause

	mu      sync.Mutex
	paused  bool
	pause   Pause
	length  time.Duration // of this pause
	probe   int           // number of the probe that is under way, or 0
	probes  int           // how many there were
	changed chan struct{} // closed, and made anew, when those who wait should look again
}

func newGate(lane memory.Lane, first time.Duration) *gate {
	return &gate{lane: lane, first: first, changed: make(chan struct{})}
}

func (g *gate) state() (Pause, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pause, g.paused
}

// enter waits until a job may go on. If it goes as a probe, its number is not 0.
// The caller owes a call of leave with it. It fails when stop or ctx is done.
func (g *gate) enter(ctx, stop context.Context) (probe int, err error) {
	for {
		g.mu.Lock()
		if !g.paused {
			g.mu.Unlock()
			return 0, nil
		}
		wait := time.Until(g.pause.Until.Time())
		if wait <= 0 && g.probe == 0 {
			g.probes++
			g.probe, probe = g.probes, g.probes
			g.mu.Unlock()
			return probe, nil
		}
		changed := g.changed
		if g.probe != 0 {
			wait = maxPause // whoever probes will tell
		}
		g.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-changed:
		case <-timer.C:
		case <-stop.Done():
			err = errStopping
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		timer.Stop()
		if err != nil {
			return 0, err
		}
	}
}

// leave ends a probe. If it brought no answer, another may go.
func (g *gate) leave(probe int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if probe != 0 && g.probe == probe {
		g.probe = 0
		g.notify()
	}
}

// open ends the pause: the provider answered. It reports whether there was one.
func (g *gate) open() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.paused {
		return false
	}
	g.paused, g.probe, g.length, g.pause = false, 0, 0, Pause{}
	g.notify()
	return true
}

// refuse begins a pause, or, after a probe, a longer one, and returns it. A
// refusal of a call that was under way when the pause began changes nothing.
func (g *gate) refuse(e *providers.Error, reason string) Pause {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.paused && g.probe == 0 {
		return g.pause
	}
	now := memory.Now()
	if !g.paused {
		g.pause.Since = now
	}
	g.length = min(max(g.first, g.length*2), maxPause)
	g.paused, g.probe = true, 0
	g.pause.Lane, g.pause.Class, g.pause.Reason = g.lane, e.Class, reason
	g.pause.Until = now.Add(max(g.length, min(e.RetryAfter, maxPause)))
	g.notify()
	return g.pause
}

func (g *gate) notify() {
	close(g.changed)
	g.changed = make(chan struct{})
}
