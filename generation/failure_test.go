package generation_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"claude-mem/generation"
	"claude-mem/memory"
	"claude-mem/providers"
)

// What a failure of each class means for the job, when it happens once, and when
// it happens always.
func TestFailuresByClass(t *testing.T) {
	ask := func(err error) error { return err }
	for name, c := range map[string]struct {
		err     error
		times   int // how often it fails
		status  memory.JobStatus
		calls   int
		reason  string        // what the job's last error starts with
		elapsed time.Duration // at least so long until it ended; a third more at most
	}{
		"transient once":     {classified(providers.Transient), 1, memory.JobCompleted, 2, "", 5 * time.Second},
		"transient always":   {classified(providers.Transient), 9, memory.JobFailed, 3, "attempts used up: transient: ", 30 * time.Second},
		"overloaded twice":   {classified(providers.Overloaded), 2, memory.JobCompleted, 3, "", 30 * time.Second},
		"rate limited once":  {classified(providers.RateLimit), 1, memory.JobCompleted, 2, "", 5 * time.Second},
		"told to wait":       {&providers.Error{Class: providers.RateLimit, RetryAfter: time.Minute, Err: errors.New("busy")}, 1, memory.JobCompleted, 2, "", time.Minute},
		"told to wait a day": {&providers.Error{Class: providers.RateLimit, RetryAfter: 24 * time.Hour, Err: errors.New("busy")}, 1, memory.JobCompleted, 2, "", time.Hour},
		"told to wait less":  {&providers.Error{Class: providers.RateLimit, RetryAfter: time.Second, Err: errors.New("busy")}, 1, memory.JobCompleted, 2, "", 5 * time.Second},
		"without a class":    {ask(errors.New("strange")), 1, memory.JobCompleted, 2, "", 5 * time.Second},
		"bad request":        {classified(providers.BadRequest), 9, memory.JobFailed, 1, "bad_request: ", 0},
		"not understood":     {classified(providers.ParseError), 9, memory.JobFailed, 2, "parse_error: ", 0},
		"understood at last": {classified(providers.ParseError), 1, memory.JobCompleted, 2, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				_, j := h.oweEvent()
				p, finished := refusing(c.times, c.err), make(chan memory.Job, 1)
				began := time.Now()
				h.start(p, func(c *generation.Config) { c.OnFinished = func(j memory.Job) { finished <- j } })
				got := <-finished
				took := time.Since(began)
				if got.ID != j.ID || got.Status != c.status || !strings.HasPrefix(string(got.LastError), c.reason) {
					t.Errorf("job is %s because of %q, want %s because of %q", got.Status, got.LastError, c.status, c.reason)
				}
				if n := len(p.asked()); n != c.calls {
					t.Errorf("%d calls, want %d", n, c.calls)
				}
				if took < c.elapsed || took > c.elapsed+c.elapsed/3+2*time.Second {
					t.Errorf("it took %v, want about %v", took, c.elapsed)
				}
				if !h.books().Closed() {
					t.Errorf("the books do not close: %+v", h.books())
				}
			})
		})
	}
}

// A provider that is asked once more is told why.
func TestSecondQuestionCorrectsTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.oweEvent()
		p := refusing(1, &providers.Error{Class: providers.ParseError, Err: errors.New("no title in the answer")})
		h.start(p)
		h.settle()
		asked := p.asked()
		if len(asked) != 2 || asked[0].Correction != "" {
			t.Fatalf("asked %+v", asked)
		}
		want := asked[0]
		want.Correction = "no title in the answer"
		if diff := cmp.Diff(want, asked[1]); diff != "" {
			t.Errorf("the second question (-want +got):\n%s", diff)
		}
	})
}

func TestFailureKeepsNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		_, j := h.oweEvent()
		key := "sk-ant-api03-" + strings.Repeat("Ab3dE6gH", 11)
		h.start(refusing(9, &providers.Error{Class: providers.BadRequest, Err: errors.New("bad key " + key + strings.Repeat(" x", 5000))}))
		h.settle()
		got := h.now(j)
		if got.Status != memory.JobFailed || strings.Contains(string(got.LastError), key) || len(got.LastError) > 1100 {
			t.Errorf("job is %s, last error of %d bytes %.80q", got.Status, len(got.LastError), got.LastError)
		}
	})
}

func TestDeadlineOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		_, j := h.oweEvent()
		p := stuck()
		h.start(p, func(c *generation.Config) { c.CallTimeout = 30 * time.Second })
		time.Sleep(31 * time.Second)
		got := h.now(j)
		if got.Status != memory.JobQueued || got.Attempts != 1 || got.LastError != "transient: the provider did not answer in time" {
			t.Errorf("job is %s after %d attempts: %q", got.Status, got.Attempts, got.LastError)
		}
	})
}

func TestProviderThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		_, j := h.oweEvent()
		h.start(&provider{answer: func(_ context.Context, call int, r providers.Request) (providers.Response, error) {
			if call == 1 {
				panic("a bug")
			}
			return answer(r)
		}})
		time.Sleep(10 * time.Second)
		if got := h.now(j); got.Status != memory.JobCompleted || got.Attempts != 2 {
			t.Errorf("job is %s after %d attempts", got.Status, got.Attempts)
		}
	})
}

// Auth and quota concern every job alike: the lane waits and nobody pays for it.
func TestRefusalPausesTheLane(t *testing.T) {
	for _, class := range []providers.Class{providers.Auth, providers.Quota} {
		t.Run(string(class), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				var jobs []memory.Job
				for range 20 {
					_, j := h.oweEvent()
					jobs = append(jobs, j)
				}
				p := refusing(3, classified(class))
				w, _ := h.start(p, func(c *generation.Config) { c.Workers = map[memory.Lane]int{memory.LaneEvent: 1} })

				time.Sleep(29 * time.Second) // the first pause takes 30 s
				if n := len(p.asked()); n != 1 {
					t.Fatalf("%d calls in the first pause", n)
				}
				pauses := w.Pauses()
				if len(pauses) != 1 || pauses[0].Lane != memory.LaneEvent || pauses[0].Class != class || pauses[0].Reason == "" {
					t.Fatalf("pauses %+v", pauses)
				}
				// Two probes fail, each making the next wait twice as long.
				time.Sleep(2 * time.Second)
				if n := len(p.asked()); n != 2 {
					t.Fatalf("%d calls after the first pause", n)
				}
				time.Sleep(60 * time.Second)
				if n := len(p.asked()); n != 3 {
					t.Fatalf("%d calls after the second pause", n)
				}
				if again := w.Pauses(); len(again) != 1 || again[0].Since != pauses[0].Since {
					t.Errorf("pauses %+v, want one since %d", again, pauses[0].Since)
				}
				for _, j := range jobs {
					if got := h.now(j); got.Status != memory.JobQueued || got.Attempts != 0 {
						t.Fatalf("a job is %s after %d attempts", got.Status, got.Attempts)
					}
				}
				// The third is answered, and everything follows.
				time.Sleep(125 * time.Second)
				if pauses := w.Pauses(); len(pauses) != 0 {
					t.Errorf("still paused: %+v", pauses)
				}
				for _, j := range jobs {
					if got := h.now(j); got.Status != memory.JobCompleted || got.Attempts != 1 {
						t.Errorf("a job is %s after %d attempts", got.Status, got.Attempts)
					}
				}
				if n := len(p.asked()); n != 23 {
					t.Errorf("%d calls for 20 jobs and 3 refusals", n)
				}
			})
		})
	}
}

// A pause of one lane leaves the others, and stopping, alone.
func TestPausedLaneHoldsUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		p := &provider{answer: func(_ context.Context, _ int, r providers.Request) (providers.Response, error) {
			if r.Kind == memory.KindEvent {
				return providers.Response{}, classified(providers.Auth)
			}
			return answer(r)
		}}
		for range 20 {
			h.oweEvent()
		}
		_, stop := h.start(p)
		h.settle()
		s := h.job(memory.KindSummary, h.session.ID)
		h.owe(s)
		h.settle()
		if got := h.now(s); got.Status != memory.JobCompleted {
			t.Errorf("the summary is %s", got.Status)
		}
		// Many wait for the pause to be over, and one goes.
		before := len(p.asked())
		time.Sleep(30 * time.Second)
		if n := len(p.asked()) - before; n != 1 {
			t.Errorf("%d probes", n)
		}
		began := time.Now()
		stop()
		if took := time.Since(began); took > time.Second {
			t.Errorf("stopping a paused lane took %v", took)
		}
		if b := h.books(); b.Queued != 20 || !b.Closed() {
			t.Errorf("books %+v", b)
		}
	})
}
