package generation_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

// billing answers like answer, and costs tokens; the first calls fail after they
// were paid for.
func billing(failures int, class providers.Class) *provider {
	return &provider{answer: func(_ context.Context, call int, r providers.Request) (providers.Response, error) {
		resp, err := answer(r)
		resp.InputTokens, resp.OutputTokens = 100, 10
		if call <= failures {
			resp.Observations, err = nil, classified(class)
		}
		return resp, err
	}}
}

// used is the whole ledger of the project, in one.
func (h *harness) used() memory.UsageCounts {
	h.t.Helper()
	sum, err := h.store.UsageSum(context.Background(), h.scope, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	return sum
}

// Every call that was paid for is in the ledger, also those that came to nothing.
func TestLedger(t *testing.T) {
	for _, c := range []struct {
		name     string
		provider *provider
		want     memory.UsageCounts
	}{
		{"an answer", billing(0, ""),
			memory.UsageCounts{Calls: 1, Events: 1, Observations: 1, InputTokens: 100, OutputTokens: 10}},
		{"an answer to the second try", billing(1, providers.Transient),
			memory.UsageCounts{Calls: 2, Events: 1, Observations: 1, InputTokens: 200, OutputTokens: 20}},
		{"an answer that was corrected", billing(1, providers.ParseError),
			memory.UsageCounts{Calls: 2, Events: 1, Observations: 1, InputTokens: 200, OutputTokens: 20}},
		{"no answer that could be understood", billing(9, providers.ParseError),
			memory.UsageCounts{Calls: 2, InputTokens: 200, OutputTokens: 20}},
		{"attempts used up", billing(9, providers.Overloaded),
			memory.UsageCounts{Calls: 3, InputTokens: 300, OutputTokens: 30}},
		{"a call that was never paid", refusing(1, classified(providers.BadRequest)), memory.UsageCounts{Calls: 1}},
		{"a panic", &provider{answer: func(context.Context, int, providers.Request) (providers.Response, error) { panic("no") }},
			memory.UsageCounts{Calls: 3}},
		{"a chain", &provider{answer: func(_ context.Context, _ int, r providers.Request) (providers.Response, error) {
			resp, err := answer(r)
			resp.Earlier = []providers.Cost{{Provider: "first", Model: "m", InputTokens: 7}}
			return resp, err
		}}, memory.UsageCounts{Calls: 2, Events: 1, Observations: 1, InputTokens: 7}},
		{"nobody was asked at first", &provider{answer: func(_ context.Context, n int, r providers.Request) (providers.Response, error) {
			if n == 1 {
				return providers.Response{Unasked: true}, classified(providers.Transient)
			}
			return answer(r)
		}}, memory.UsageCounts{Calls: 1, Events: 1, Observations: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				_, j := h.oweEvent()
				h.start(c.provider)
				time.Sleep(time.Hour)
				if got := h.used(); got != c.want {
					t.Errorf("the ledger says %+v, want %+v", got, c.want)
				}
				ofJob, err := h.store.JobUsage(t.Context(), h.scope, j.ID)
				var tokens int64
				for _, u := range ofJob {
					tokens += u.Tokens()
				}
				if err != nil || tokens != c.want.Tokens() {
					t.Errorf("the job cost %d tokens, want %d, %v", tokens, c.want.Tokens(), err)
				}
			})
		})
	}
}

// What nobody wants any more was paid for all the same.
func TestLedgerOfCancelledJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		_, j := h.oweEvent()
		p := &provider{answer: func(ctx context.Context, _ int, r providers.Request) (providers.Response, error) {
			h.inTx(func(tx storage.Tx) error { _, err := tx.CancelJob(ctx, h.scope, j.ID, memory.Now()); return err })
			resp, err := answer(r)
			resp.InputTokens = 100
			return resp, err
		}}
		h.start(p)
		h.settle()
		if got, want := h.used(), (memory.UsageCounts{Calls: 1, InputTokens: 100}); got != want {
			t.Errorf("the ledger says %+v, want %+v", got, want)
		}
	})
}

// An event that needed no provider shows as skipped, and a summary is of no event.
func TestLedgerOfSkippedAndSummaries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		blank := h.event()
		blank.Payload = []byte(`{"tool_name":" "}`)
		h.put(blank)
		h.oweJob(memory.KindEvent, blank.ID)
		h.put(h.event())
		h.oweJob(memory.KindSummary, h.session.ID)
		h.start(billing(0, ""))
		h.settle()
		rows, err := h.store.Usage(t.Context(), h.scope, storage.UsageFilter{By: storage.UsageByKind}, storage.Page{})
		if err != nil {
			t.Fatal(err)
		}
		want := []storage.UsageRow{
			{Group: "event", UsageCounts: memory.UsageCounts{Skipped: 1}},
			{Group: "summary", Provider: "fake", Model: "model-1",
				UsageCounts: memory.UsageCounts{Calls: 1, Observations: 1, InputTokens: 100, OutputTokens: 10}},
		}
		if d := cmp.Diff(want, rows); d != "" {
			t.Errorf("the ledger (-want +got):\n%s", d)
		}
	})
}
