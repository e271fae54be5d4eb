package grouped_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"claude-mem/internal/grouped"
)

var errClosed = errors.New("closed")

// bench is a queue of numbers whose groups wait at a gate.
type bench struct {
	*grouped.Queue[int]
	gate chan struct{} // one receive lets one group through

	mu     sync.Mutex
	groups [][]int
}

// open starts a queue; each number is answered with itself.
func open(change func(*grouped.Options[int])) *bench {
	b := &bench{gate: make(chan struct{})}
	o := grouped.Options[int]{Most: 3, Waiting: 4, Closed: errClosed, Run: func(group []*grouped.Item[int]) {
		b.mu.Lock()
		b.groups = append(b.groups, values(group))
		b.mu.Unlock()
		<-b.gate
		for _, i := range group {
			grouped.Answer(answer(i.Value), i)
		}
	}}
	if change != nil {
		change(&o)
	}
	b.Queue = grouped.Start(o)
	return b
}

type answer int

func (answer) Error() string { return "an answer" }

func values(group []*grouped.Item[int]) (vs []int) {
	for _, i := range group {
		vs = append(vs, i.Value)
	}
	return vs
}

// ask asks for each number in turn, so that they queue in order, and returns where the
// answers come.
func (b *bench) ask(ctx context.Context, ns ...int) []chan error {
	var all []chan error
	for _, n := range ns {
		c := make(chan error, 1)
		go func() { c <- b.Do(ctx, n) }()
		synctest.Wait()
		all = append(all, c)
	}
	return all
}

// seen returns the groups so far.
func (b *bench) seen() [][]int {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.groups)
}

func (b *bench) want(t *testing.T, groups ...[]int) {
	t.Helper()
	if got := b.seen(); !slices.EqualFunc(got, groups, slices.Equal) {
		t.Errorf("groups %v, want %v", got, groups)
	}
}

func TestThoseWhoWaitShareAGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(nil)
		answers := b.ask(t.Context(), 1, 2, 3, 4, 5)
		if n := b.Waiting(); n != 4 {
			t.Errorf("%d wait, want 4", n)
		}
		close(b.gate)
		b.want(t, []int{1}, []int{2, 3, 4}, []int{5})
		for i, c := range answers {
			if err := <-c; err != answer(i+1) {
				t.Errorf("%d was answered %v", i+1, err)
			}
		}
		b.Stop()
	})
}

func TestAHeavyGroupTakesNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(func(o *grouped.Options[int]) {
			o.Weight, o.MaxWeight = func(v *int) int { return *v }, 10
		})
		b.ask(t.Context(), 1, 4, 6, 11, 2)
		close(b.gate)
		b.want(t, []int{1}, []int{4, 6}, []int{11}, []int{2})
		b.Stop()
	})
}

func TestGroupsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(func(o *grouped.Options[int]) { o.AtOnce = 2 })
		b.ask(t.Context(), 1, 2, 3, 4)
		b.want(t, []int{1}, []int{2})
		close(b.gate)
		b.want(t, []int{1}, []int{2}, []int{3, 4})
		b.Stop()
	})
}

// What is given up while it waits is never run; under way, its answer counts.
func TestGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(nil)
		ctx, cancel := context.WithCancel(t.Context())
		running, waiting := b.ask(ctx, 1)[0], b.ask(ctx, 2)[0]
		b.ask(t.Context(), 3)
		cancel()
		if err := <-waiting; !errors.Is(err, context.Canceled) {
			t.Errorf("given up: %v", err)
		}
		synctest.Wait()
		if len(running) > 0 {
			t.Error("an answer while the group is under way")
		}
		close(b.gate)
		if err := <-running; err != answer(1) {
			t.Errorf("under way: %v", err)
		}
		b.want(t, []int{1}, []int{3})
		if err := b.Do(ctx, 4); !errors.Is(err, context.Canceled) {
			t.Errorf("with a context that has ended: %v", err)
		}
		b.Stop()
		b.want(t, []int{1}, []int{3})
	})
}

// A group of nothing but what was given up is none.
func TestNobodyWaitsAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(nil)
		ctx, cancel := context.WithCancel(t.Context())
		b.ask(t.Context(), 1)
		b.ask(ctx, 2, 3)
		cancel()
		synctest.Wait()
		close(b.gate)
		b.want(t, []int{1})
		b.Stop()
	})
}

func TestWhoBringsTooMuchIsHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(nil)
		ctx, cancel := context.WithCancel(t.Context())
		b.ask(t.Context(), 1, 2, 3, 4, 5) // one under way, four wait
		late := b.ask(ctx, 6)[0]
		if n := b.Waiting(); n != 4 {
			t.Errorf("%d wait", n)
		}
		cancel()
		if err := <-late; !errors.Is(err, context.Canceled) {
			t.Errorf("held back: %v", err)
		}
		close(b.gate)
		b.Stop()
		b.want(t, []int{1}, []int{2, 3, 4}, []int{5})
	})
}

func TestStopRunsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(nil)
		answers := b.ask(t.Context(), 1, 2, 3, 4, 5)
		held := b.ask(t.Context(), 6)[0] // there is no room for it
		stopped := make(chan bool, 2)
		for range 2 {
			go func() { stopped <- b.Stop() }()
		}
		synctest.Wait()
		if err := b.Do(t.Context(), 7); err != errClosed {
			t.Errorf("too late: %v", err)
		}
		if err := b.Usable(t.Context()); err != errClosed {
			t.Errorf("usable: %v", err)
		}
		if err := <-held; err != errClosed {
			t.Errorf("held back: %v", err)
		}
		if len(stopped) > 0 {
			t.Error("stopped before all was run")
		}
		close(b.gate)
		for i, c := range answers {
			if err := <-c; err != answer(i+1) {
				t.Errorf("%d was answered %v", i+1, err)
			}
		}
		if one, other := <-stopped, <-stopped; one == other {
			t.Error("both were the first to stop it, or none")
		}
	})
}

func TestWhenIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rests atomic.Int64
		b := open(func(o *grouped.Options[int]) {
			o.WhenIdle, o.Idle = func() { rests.Add(1) }, time.Minute
		})
		rested := func(after time.Duration, want int64) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			if n := rests.Load(); n != want {
				t.Errorf("rested %d times, want %d", n, want)
			}
		}
		close(b.gate)
		rested(59*time.Second, 0)
		b.ask(t.Context(), 1)
		rested(59*time.Second, 0)
		rested(2*time.Second, 1)
		rested(time.Hour, 1) // once, until there is something to do
		b.ask(t.Context(), 2)
		rested(2*time.Minute, 2)
		b.Stop()
	})
}

// Whatever the moment, everybody gets an answer: theirs, or that it is closed.
func TestStopAmongMany(t *testing.T) {
	for range 20 {
		b := open(nil)
		close(b.gate)
		var all sync.WaitGroup
		for n := range 50 {
			all.Go(func() {
				if err := b.Do(t.Context(), n); err != answer(n) && err != errClosed {
					t.Errorf("%d was answered %v", n, err)
				}
			})
		}
		b.Stop()
		all.Wait()
	}
}
