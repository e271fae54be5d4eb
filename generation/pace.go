package generation

import (
	"context"
	"sync"
	"time"

	"claude-mem/memory"
	"claude-mem/providers"
)

const (
	// cutEvery keeps calls that fail together from counting as so many failures.
	cutEvery = 5 * time.Second
	// hungAfter is how long a call takes at least before its place is given to another.
	hungAfter = 15 * time.Second
	// hungTimes is how many times longer than usual it must be out.
	hungTimes = 4
	// briskCall is a call too short for its time to tell anything of a provider's load.
	briskCall = 50 * time.Millisecond
)

// pace finds how many jobs of a lane are worked on at once, between 1 and a bound: a
// provider that is overloaded, or answers ever more slowly, is asked less; one that
// answers as it used to is asked more. A call that hangs loses its place to another,
// so that it never holds up a lane, however few may run.
type pace struct {
	bound int

	mu      sync.Mutex
	limit   float64
	running int
	cutAt   time.Time     // when the limit was last lowered
	recent  time.Duration // how long calls take, of late …
	usual   time.Duration // … and in the long run
	changed chan struct{} // closed, and made anew, when a place may be free
}

func newPace(bound int) *pace {
	return &pace{bound: max(bound, 1), limit: float64(max(bound, 1)), changed: make(chan struct{})}
}

// place is the right to work on a job.
type place struct {
	p     *pace
	timer *time.Timer
	once  sync.Once
}

// enter waits for a place. The caller owes a call of leave.
func (p *pace) enter(ctx, stop context.Context) (*place, error) {
	for {
		p.mu.Lock()
		if p.running < int(p.limit) {
			p.running++
			p.mu.Unlock()
			return &place{p: p}, nil
		}
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-stop.Done():
			return nil, errStopping
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// watch gives the place away if the call that begins now is still out when it
// should long have been back.
func (pl *place) watch() (stop func()) {
	pl.timer = time.AfterFunc(max(hungAfter, hungTimes*pl.p.usually()), pl.leave)
	return func() { pl.timer.Stop() }
}

// leave gives the place back, once.
func (pl *place) leave() {
	pl.once.Do(func() {
		pl.p.mu.Lock()
		defer pl.p.mu.Unlock()
		pl.p.running--
		pl.p.notify()
	})
}

func (p *pace) usually() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.usual
}

// called learns from a call how fast to go on.
func (p *pace) called(took time.Duration, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		if overloads(err) {
			p.cut(p.limit / 2)
		}
		return
	}
	if took < briskCall {
		took = briskCall
	}
	if p.usual == 0 {
		p.recent, p.usual = took, took
	}
	p.recent += (took - p.recent) / 4
	p.usual += (took - p.usual) / 32
	if p.recent > 2*p.usual {
		p.cut(p.limit * 3 / 4)
		return
	}
	p.limit = min(p.limit+1/p.limit, float64(p.bound))
	p.notify()
}

// cut lowers the limit, unless it was lowered just now.
func (p *pace) cut(to float64) {
	if now := time.Now(); now.Sub(p.cutAt) >= cutEvery {
		p.limit, p.cutAt = max(to, 1), now
	}
}

func (p *pace) notify() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// overloads reports whether an error may be because too much is asked at once.
func overloads(err error) bool {
	switch classify(err).Class {
	case providers.RateLimit, providers.Overloaded, providers.Transient:
		return true
	}
	return false
}

// Limits tells how many jobs of each lane are worked on at once just now.
func (w *Worker) Limits() map[memory.Lane]int {
	all := make(map[memory.Lane]int)
	for lane, p := range w.paces {
		p.mu.Lock()
		all[lane] = int(p.limit)
		p.mu.Unlock()
	}
	return all
}
