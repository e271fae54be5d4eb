package generation_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"claude-mem/generation"
	"claude-mem/memory"
	"claude-mem/providers"
)

// costly answers, and each call costs as many tokens.
func costly(tokens int64) *provider {
	return &provider{answer: func(_ context.Context, _ int, r providers.Request) (providers.Response, error) {
		resp, err := answer(r)
		resp.InputTokens = tokens
		return resp, err
	}}
}

func tokens(n int64) *int64 { return &n }

// daily sets the daily budget of every project.
func daily(n int64) func(*generation.Config) {
	return func(c *generation.Config) {
		c.Budgets.Project.Daily = tokens(n)
		c.ReconcileEvery = 5 * time.Minute // days pass here
	}
}

// At the limit generation waits, without using up attempts, until the day turns.
func TestBudgetHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		const jobs, each, limit = 15, 5000, 50_000
		time.Sleep(22 * time.Hour) // hours of waiting say no more than one
		for range jobs {
			h.oweEvent()
		}
		p := costly(each)
		w, _ := h.start(p, daily(limit))
		time.Sleep(time.Hour)
		used, books := h.used(), h.books()
		if used.Tokens() > limit || used.Tokens() < limit-2*each {
			t.Errorf("%d tokens used of %d", used.Tokens(), limit)
		}
		if books.Queued != jobs-used.Calls || books.Failed != 0 || !books.Closed() {
			t.Errorf("books %+v", books)
		}
		if held := w.Holds(); len(held) != 1 || held[0].Scope != h.scope || held[0].Budget != "daily budget of the project" {
			t.Errorf("holds %+v", held)
		}
		time.Sleep(2 * time.Hour)
		if again := h.used(); again.Tokens() <= used.Tokens() || again.Tokens() > 2*limit {
			t.Errorf("%d tokens used on the second day", again.Tokens()-used.Tokens())
		}
		time.Sleep(time.Hour)
		if b := h.books(); b.Written != jobs {
			t.Errorf("in the end %+v", b)
		}
		if held := w.Holds(); len(held) != 0 {
			t.Errorf("still held: %+v", held)
		}
	})
}

// Zero means never, for what costs; rules cost nothing.
func TestNoBudgetNoCall(t *testing.T) {
	for name, c := range map[string]struct {
		free   bool
		change func(*generation.Config)
		calls  int
	}{
		"none for the project":          {false, daily(0), 0},
		"none for the team, in a month": {false, func(c *generation.Config) { c.Budgets.Team.Monthly = tokens(0) }, 0},
		"a free provider":               {true, daily(0), 1},
		"no limit":                      {false, func(*generation.Config) {}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				_, j := h.oweEvent()
				p := costly(10)
				var asked providers.Provider = p
				if c.free {
					asked = free{p}
				}
				h.start(nil, c.change, func(g *generation.Config) { g.Provider = asked })
				time.Sleep(time.Hour)
				if n := len(p.asked()); n != c.calls {
					t.Errorf("%d calls, want %d", n, c.calls)
				}
				if got := h.now(j); c.calls == 0 && (got.Status != memory.JobQueued || got.Attempts != 0 || got.LastError == "") {
					t.Errorf("the job is %+v", got)
				}
				if n := len(h.audits(j.ID)); c.calls == 0 && n != 0 {
					t.Errorf("%d audit rows of a job that only waits", n)
				}
			})
		})
	}
}

// free is a provider that costs nothing.
type free struct{ providers.Provider }

func (f free) Free() (providers.Provider, bool) { return f, true }

// partly is a provider that costs and has a part that does not.
type partly struct{ *provider }

func (partly) Free() (providers.Provider, bool) {
	return &provider{answer: func(_ context.Context, _ int, r providers.Request) (providers.Response, error) {
		resp, err := answer(r)
		resp.Provider = "rules"
		return resp, err
	}}, false
}

// Where a part of the provider costs nothing memory goes on without the other, before
// the first call of a budget of zero as well as after the last of a small one.
func TestFreePartServesWithoutBudget(t *testing.T) {
	for name, c := range map[string]struct{ limit, each, calls int64 }{
		"zero":                  {0, 10, 0},
		"room for no call":      {100, 10, 0},
		"room for one call":     {6000, 5000, 1},
		"room for all of them":  {1_000_000, 5000, 5},
		"passed by a dear call": {6000, 50_000, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				for range 5 {
					h.oweEvent()
				}
				p := costly(c.each)
				w, _ := h.start(partly{p}, daily(c.limit), func(g *generation.Config) { g.Workers = map[memory.Lane]int{memory.LaneEvent: 1} })
				h.settle()
				if n := int64(len(p.asked())); n != c.calls {
					t.Errorf("%d calls that cost, want %d", n, c.calls)
				}
				if b := h.books(); b.Written != 5 || !b.Closed() {
					t.Errorf("books %+v", b)
				}
				free := int64(0)
				for _, o := range h.observations() {
					if o.Metadata.Provider == "rules" {
						free++
					}
				}
				if free != 5-c.calls || h.used().Tokens() != c.calls*c.each {
					t.Errorf("%d made for free, %d tokens used", free, h.used().Tokens())
				}
				if held := w.Holds(); len(held) != 0 {
					t.Errorf("nothing waits, and yet %+v", held)
				}
			})
		})
	}
}

// Many workers at once do not spend the same tokens twice.
func TestBudgetHoldsWithManyWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		for range 60 {
			h.oweEvent()
		}
		var running, most atomic.Int64
		const each, limit = 4000, 30_000 // less than is reserved for a call
		p := &provider{answer: func(_ context.Context, _ int, r providers.Request) (providers.Response, error) {
			most.Store(max(most.Load(), running.Add(1)))
			time.Sleep(time.Second)
			running.Add(-1)
			resp, err := answer(r)
			resp.OutputTokens = each
			return resp, err
		}}
		many := func(c *generation.Config) { c.Workers = map[memory.Lane]int{memory.LaneEvent: 16} }
		h.start(p, many, daily(limit))
		h.start(p, many, daily(limit))
		time.Sleep(30 * time.Minute)
		if used := h.used().Tokens(); used > limit || used < limit/2 {
			t.Errorf("%d tokens used of %d", used, limit)
		}
		if most.Load() < 2 {
			t.Error("the test is too tame: no two calls ran at once")
		}
	})
}

// A project's own budget counts more than the process's, and raising it resumes.
func TestBudgetOfProject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.setProject(`{"generation":{"dailyTokens":0}}`)
		h.oweEvent()
		p := costly(10)
		h.start(p, daily(1_000_000))
		time.Sleep(time.Hour)
		if n := len(p.asked()); n != 0 {
			t.Fatalf("%d calls without a budget", n)
		}
		h.setProject(`{"generation":{"dailyTokens":100000}}`)
		time.Sleep(time.Hour)
		if n := len(p.asked()); n != 1 {
			t.Errorf("%d calls after the budget was raised", n)
		}
	})
}

// Who raises a budget does not wait for jobs to look again by themselves, be it for a
// project or, with a restart, for the process.
func TestRaisedBudgetResumes(t *testing.T) {
	budget := func(n int64) func(*generation.Config) {
		return func(c *generation.Config) { c.Budgets.Project.Daily = tokens(n) }
	}
	for name, raise := range map[string]func(h *harness, restart func(int64)){
		"of the project": func(h *harness, _ func(int64)) { h.setProject(`{"generation":{"dailyTokens":100000}}`) },
		"of the process": func(_ *harness, restart func(int64)) { restart(100000) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				_, j := h.oweEvent()
				p := costly(10)
				_, stop := h.start(p, budget(0))
				h.settle()
				if got := h.now(j); got.Status != memory.JobQueued || got.NextAttemptAt == 0 {
					t.Fatalf("the job is %s", got.Status)
				}
				raise(h, func(n int64) { stop(); h.start(p, budget(n)) })
				h.settle()
				if got := h.now(j); got.Status != memory.JobCompleted || len(p.asked()) != 1 {
					t.Errorf("the job is %s after %d calls: %s", got.Status, len(p.asked()), got.LastError)
				}
			})
		})
	}
}

// A session larger than a request can be is no reason to wait: a provider that cuts
// what it sends costs no more than that.
func TestBudgetGoesByWhatIsSent(t *testing.T) {
	for _, c := range []struct {
		most  int64
		calls int
	}{{0, 0}, {20_000, 1}} {
		synctest.Test(t, func(t *testing.T) {
			h := newHarness(t)
			e := h.event()
			e.Payload = json.RawMessage(`{"tool_name":"Edit","tool_input":"` + strings.Repeat("x", 200_000) + `"}`)
			h.put(e)
			h.oweJob(memory.KindEvent, e.ID)
			p := costly(15_000)
			h.start(p, daily(30_000), func(g *generation.Config) { g.MaxCallTokens = c.most })
			h.settle()
			if n := len(p.asked()); n != c.calls {
				t.Errorf("%d calls where one costs %d at most, want %d", n, c.most, c.calls)
			}
		})
	}
}

// A budget that no call ever fits into says so, and how to mend it; what waits for it
// goes on when it is raised, as what waits for one that is used up does.
func TestABudgetSmallerThanACallSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		_, j := h.oweEvent()
		p := costly(10)
		h.setProject(`{"generation":{"monthlyTokens":100}}`)
		w, _ := h.start(p)
		h.settle()
		const want = "the monthly budget of the project, 100 tokens, is smaller than one call, which may take 40"
		if got := string(h.now(j).LastError); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "raise it, or let calls be smaller with CLAUDE_MEM_PROVIDER_MAX_INPUT_TOKENS") {
			t.Errorf("the job waits because %q", got)
		}
		if held := w.Holds(); len(held) != 1 || !strings.HasPrefix(held[0].Reason(), want) {
			t.Errorf("holds %+v", held)
		}
		time.Sleep(40 * time.Minute)
		if got := string(h.now(j).LastError); !strings.HasPrefix(got, want) {
			t.Errorf("later it waits because %q", got)
		}
		h.setProject(`{"generation":{"monthlyTokens":5000}}`)
		h.settle()
		if got := h.now(j); got.Status != memory.JobCompleted || len(p.asked()) != 1 {
			t.Errorf("the job is %s after %d calls: %s", got.Status, len(p.asked()), got.LastError)
		}
	})
}

// setProject replaces the project's metadata.
func (h *harness) setProject(metadata string) {
	h.t.Helper()
	h.inTx(func(tx txn) error {
		_, err := tx.SetProjectMetadata(context.Background(), h.scope, h.scope.ProjectID, json.RawMessage(metadata), memory.Now())
		return err
	})
}
