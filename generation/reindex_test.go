package generation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"claude-mem/generation"
	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

// embedder makes a vector of each text, unless it is told to refuse.
type embedder struct {
	mu     sync.Mutex
	calls  int
	texts  int
	free   bool
	refuse func(texts []string) error
}

func (e *embedder) Model() string { return "m" }

func (e *embedder) Free() bool { return e.free }

func (e *embedder) Embed(_ context.Context, texts []string) (providers.Embedding, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls++
	e.texts += len(texts)
	if e.refuse != nil {
		if err := e.refuse(texts); err != nil {
			return providers.Embedding{}, err
		}
	}
	out := make([][]float32, len(texts))
	for i, t := range texts {
		out[i] = []float32{float32(len(t)), 1}
	}
	return providers.Embedding{Vectors: out, Tokens: int64(10 * len(texts))}, nil
}

// vectors counts those that are stored.
func (h *harness) vectors() int64 {
	h.t.Helper()
	n, err := h.store.CountVectors(context.Background(), h.scope, "m")
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// remember stores n observations without asking for their vectors.
func (h *harness) remember(n int) (all []memory.Observation) {
	h.t.Helper()
	h.inTx(func(tx storage.Tx) error {
		for i := range n {
			now := memory.Now()
			o, _, err := tx.PutObservation(context.Background(), memory.Observation{
				ID: id.New(), TeamID: h.scope.TeamID, ProjectID: h.scope.ProjectID, Kind: memory.KindManual,
				Content: fmt.Sprint("memory ", i), OccurredAt: now, CreatedAt: now, UpdatedAt: now,
			})
			if err != nil {
				return err
			}
			all = append(all, o)
		}
		return nil
	})
	return all
}

func with(e *embedder) func(*generation.Config) {
	return func(c *generation.Config) { c.Embedder = e }
}

func TestNewObservationsGetVectors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.start(&provider{}, with(&embedder{}))
		h.oweEvent()
		h.settle()
		if b := h.books(); !b.Closed() || b.Written != 1 {
			t.Errorf("books %+v", b)
		}
	})
}

func TestReindexMakesWhatIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		all := h.remember(100)
		e := &embedder{}
		h.start(&provider{}, with(e))
		h.oweJob(memory.KindReindex, all[7].ID)
		h.settle()
		if h.vectors() != 1 {
			t.Errorf("%d vectors", h.vectors())
		}
		h.oweJob(memory.KindReindex, h.scope.ProjectID)
		h.settle()
		if h.vectors() != 100 || e.texts != 100 || e.calls > 10 {
			t.Errorf("%d vectors of %d texts in %d calls", h.vectors(), e.texts, e.calls)
		}
		gone := h.oweJob(memory.KindReindex, "nothing")
		h.settle()
		if got := h.now(gone).Result; !strings.HasPrefix(string(got), "skipped: ") {
			t.Errorf("result %q", got)
		}
	})
}

func TestATextThatTheModelRefusesKeepsNoOtherFromItsVector(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.remember(10)
		h.start(&provider{}, with(&embedder{refuse: func(texts []string) error {
			for _, t := range texts {
				if t == "memory 3" {
					return &providers.Error{Class: providers.BadRequest, Err: errors.New("too strange")}
				}
			}
			return nil
		}}))
		j := h.oweJob(memory.KindReindex, h.scope.ProjectID)
		h.settle()
		if got := h.now(j); h.vectors() != 9 || got.Status != memory.JobCompleted || got.Result != "indexed 9, refused 1: bad_request: too strange" {
			t.Errorf("%d vectors; %s: %q", h.vectors(), got.Status, got.Result)
		}
	})
}

// A model that takes no text at all is not asked about each of thousands, and the job
// does not count as done.
func TestAModelThatRefusesEverythingFailsTheJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, n := range []int{1, 100} {
			h := newHarness(t)
			h.remember(n)
			e := &embedder{refuse: func([]string) error {
				return &providers.Error{Class: providers.BadRequest, Err: errors.New("no texts, please")}
			}}
			h.start(&provider{}, with(e))
			j := h.oweJob(memory.KindReindex, h.scope.ProjectID)
			h.settle()
			if got := h.now(j); got.Status != memory.JobFailed || !strings.Contains(string(got.LastError), "no texts, please") {
				t.Errorf("of %d: %s, %q, %q", n, got.Status, got.LastError, got.Result)
			}
			if e.calls > 5 {
				t.Errorf("of %d: asked %d times", n, e.calls)
			}
		}
	})
}

func TestAModelThatIsAwayIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		all := h.remember(1)
		e := &embedder{}
		e.refuse = func([]string) error {
			if e.calls == 1 {
				return &providers.Error{Class: providers.Auth, Err: errors.New("no key")}
			}
			return nil
		}
		h.start(&provider{}, with(e))
		h.oweJob(memory.KindReindex, all[0].ID)
		h.settle()
		if h.vectors() != 0 {
			t.Errorf("%d vectors before the lane is resumed", h.vectors())
		}
		time.Sleep(time.Minute)
		if h.vectors() != 1 {
			t.Errorf("%d vectors", h.vectors())
		}
	})
}
