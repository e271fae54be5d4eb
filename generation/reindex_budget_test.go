package generation_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"claude-mem/generation"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

// embedded is what the ledger has of the embedding model, by the kind it is counted under.
func (h *harness) embedded(k memory.Kind) (sum memory.UsageCounts) {
	h.t.Helper()
	rows, err := h.store.Usage(context.Background(), h.scope, storage.UsageFilter{Kind: k}, storage.Page{})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, r := range rows {
		if r.Provider != "embeddings" || r.Model != "m" {
			h.t.Errorf("a row of %s, %s", r.Provider, r.Model)
		}
		sum = sum.Plus(r.UsageCounts)
	}
	return sum
}

// What an embedding model reads is in the ledger: at write time, by a reindex, and what
// it refused, too.
func TestLedgerOfVectors(t *testing.T) {
	for name, free := range map[string]bool{"hosted": false, "on this machine": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				e := &embedder{free: free}
				e.refuse = func([]string) error {
					if e.calls == 1 {
						return &providers.Error{Class: providers.Overloaded, Err: errors.New("later")}
					}
					return nil
				}
				h.start(&provider{}, with(e))
				h.oweEvent()
				time.Sleep(time.Minute)
				h.remember(40)
				j := h.oweJob(memory.KindReindex, h.scope.ProjectID)
				h.settle()
				paid, unpaid := memory.UsageEmbedding, memory.UsageEmbeddingFree
				if free {
					paid, unpaid = unpaid, paid
				}
				want := memory.UsageCounts{Calls: 4, InputTokens: 410} // refused, one memory, 32 and 8
				if got := h.embedded(paid); got != want || h.embedded(unpaid) != (memory.UsageCounts{}) {
					t.Errorf("%+v, want %+v; of the other kind %+v", got, want, h.embedded(unpaid))
				}
				cost, err := h.store.JobUsage(context.Background(), h.scope, j.ID)
				if err != nil || len(cost) != 1 || cost[0].Calls != 2 || cost[0].InputTokens != 400 {
					t.Errorf("the job cost %+v, %v", cost, err)
				}
			})
		})
	}
}

// A reindex waits where a budget is used up, and goes on from where it was.
func TestReindexWaitsForABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.remember(100)
		e := &embedder{}
		b := generation.Budgets{Project: generation.Budget{Daily: tokens(400)}}
		w, _ := h.start(free{&provider{}}, with(e), daily(400))
		j := h.oweJob(memory.KindReindex, h.scope.ProjectID)
		time.Sleep(time.Hour)
		if got := h.now(j); got.Status != memory.JobQueued || got.Attempts != 0 || got.LastError != "the daily budget of the project is used up" {
			t.Errorf("the job is %+v", got)
		}
		if n, used := h.vectors(), h.embedded(memory.UsageEmbedding); n != 32 || used.InputTokens != 320 {
			t.Errorf("%d vectors for %d tokens", n, used.InputTokens)
		}
		if held := w.Holds(); len(held) != 1 || !held[0].Vectors {
			t.Errorf("nobody is told that vectors wait: %+v", held)
		}
		if room, err := b.Room(t.Context(), h.store, h.scope); err != nil || !room {
			t.Errorf("room for a question: %t, %v", room, err)
		}
		h.oweEvent() // rules cost nothing
		time.Sleep(time.Minute)
		if b := h.books(); b.Written != 1 {
			t.Errorf("books %+v", b)
		}
		time.Sleep(4 * 24 * time.Hour)
		if n := h.vectors(); n != 101 {
			t.Errorf("%d vectors days later", n)
		}
	})
}

// What runs on this machine costs nothing, whatever the budget.
func TestAFreeModelNeedsNoBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.remember(100)
		h.start(&provider{}, with(&embedder{free: true}), daily(0))
		h.oweJob(memory.KindReindex, h.scope.ProjectID)
		h.settle()
		if n := h.vectors(); n != 100 {
			t.Errorf("%d vectors", n)
		}
		used := generation.Budgets{Project: generation.Budget{Daily: tokens(1)}}
		if room, err := used.Room(t.Context(), h.store, h.scope); err != nil || !room {
			t.Errorf("what is free counts: %t, %v", room, err)
		}
		none := generation.Budgets{Team: generation.Budget{Monthly: tokens(0)}}
		if room, err := none.Room(t.Context(), h.store, h.scope); err != nil || room {
			t.Errorf("room where there is none: %t, %v", room, err)
		}
	})
}
