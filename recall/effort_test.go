package recall

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"claude-mem/memory"
	"claude-mem/storage"
)

// counting is a store that counts what is read from it.
type counting struct {
	Store
	mu      sync.Mutex
	listed  int                // observations in lists
	asked   []storage.Matching // of the full-text index
	ranking int                // candidates that were ranked
}

func (c *counting) Observations(ctx context.Context, s memory.Scope, f storage.ObservationFilter, p storage.Page) ([]memory.Observation, error) {
	all, err := c.Store.Observations(ctx, s, f, p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listed += len(all)
	return all, err
}

func (c *counting) Matching(ctx context.Context, s memory.Scope, q storage.Matching) ([]storage.Matches, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, q)
	return c.Store.Matching(ctx, s, q)
}

func (c *counting) Ranked(ctx context.Context, s memory.Scope, q storage.Ranking) ([]storage.Ranked, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ranking += len(q.Numbers)
	return c.Store.Ranked(ctx, s, q)
}

// A session waits for its context, so that little is read for it however much there is.
func TestSessionContextReadsLittle(t *testing.T) {
	f := setUp(t)
	f.tx(t, func(tx storage.Tx) error {
		for i := range 700 {
			o := found(memory.KindBugfix, fmt.Sprintf("Fix holiday %d of the Auckland depot calendar", i))
			if i == 690 {
				o.Kind = memory.KindSummaryObservation
				o.Metadata.Summary = &memory.Summary{Completed: "- Fixed it"}
			}
			o.OccurredAt = day(1) + memory.Epoch(i)
			if _, err := f.write(t, tx, o); err != nil {
				return err
			}
		}
		return nil
	})
	store := &counting{Store: f.store}
	f.Recall = New(store)
	got := sessionContext(t, f, SessionContextInput{Tree: memory.WorkingTree{Branch: "fix/auckland-depot"}})
	if len(got.Observations) < 40 {
		t.Errorf("only %d are told", len(got.Observations))
	}
	if most := 1 + 2*DefaultObservations; store.listed > most {
		t.Errorf("%d observations are read for the lists, want at most %d", store.listed, most)
	}
	for _, q := range store.asked {
		if q.Limit > perTermBriefly || len(q.Filter.Kinds) > 0 {
			t.Errorf("asked for %d matches of each of %v, of kinds %v", q.Limit, q.Clauses, q.Filter.Kinds)
		}
	}
	if most := 2 * (candidatesBriefly + DefaultObservations); len(store.asked) == 0 || store.ranking > most {
		t.Errorf("%d are ranked, want some and at most %d", store.ranking, most)
	}
}

// The kinds that may be told are asked of what is ranked, too.
func TestRelevantHonoursKinds(t *testing.T) {
	f := buried(t)
	o := found(memory.KindDecision, "The Auckland depot keeps its own holidays in the calendar")
	f.put(t, o)
	got := sessionContext(t, f, SessionContextInput{Kinds: []string{memory.KindDecision}})
	for _, o := range got.Observations {
		if o.Kind != memory.KindDecision && o.Kind != memory.KindSummaryObservation {
			t.Errorf("#%d %s is told", o.Number, o.Kind)
		}
	}
}
