package generation_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"claude-mem/generation"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

// oweBatch stores events and a batch that owes them all, and announces it.
func (h *harness) oweBatch(events ...memory.Event) memory.Job {
	h.t.Helper()
	h.put(events...)
	j := h.job(memory.KindBatch, h.session.ID)
	h.batches++
	j.Revision = h.batches
	j.QueueID = memory.QueueID(j)
	h.inTx(func(tx storage.Tx) error {
		ctx := context.Background()
		if _, _, err := tx.PutJob(ctx, j); err != nil {
			return err
		}
		for _, e := range events {
			if _, err := tx.JoinBatch(ctx, j, e, storage.BatchLimits{Events: 1000, Bytes: 1 << 30}, 0); err != nil {
				return err
			}
		}
		return tx.Enqueue(ctx, j.Message())
	})
	return j
}

// aPrompt is a prompt of the session's.
func (h *harness) aPrompt(text string) memory.Event {
	e := h.event()
	e.EventType, e.Generate, e.Payload = memory.EventUserPrompt, false, []byte(`{"prompt":"`+text+`"}`)
	return e
}

// What was asked in the middle of a batch is not what the work before it was done for.
func TestABatchThatNoPromptPrecedesHasNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		a := h.event()
		between := h.aPrompt("later")
		b := h.event()
		h.put(between)
		p := &provider{}
		h.oweBatch(a, b)
		h.start(p)
		h.settle()
		if asked := p.asked(); len(asked) != 1 || asked[0].Prompt != "" || len(asked[0].Events) != 3 {
			t.Errorf("asked %+v", asked)
		}
	})
}

// A batch is one call, with the prompts that the events were done for, and each
// observation is linked to its own events.
func TestBatchIsOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		before := h.aPrompt("first")
		a, b := h.event(), h.event()
		between := h.aPrompt("second")
		c := h.event()
		h.put(before, between)
		p := &provider{answer: func(_ context.Context, _ int, r providers.Request) (providers.Response, error) {
			return providers.Response{Provider: "fake", Observations: []providers.Draft{
				{Kind: memory.KindChange, Metadata: memory.Metadata{Title: "two"}, Events: []string{a.ID, c.ID}},
			}}, nil
		}}
		h.oweBatch(a, b, c)
		h.start(p)
		h.settle()
		asked := p.asked()
		if len(asked) != 1 {
			t.Fatalf("%d calls", len(asked))
		}
		var got []string
		for _, e := range asked[0].Events {
			got = append(got, e.ID)
		}
		if want := []string{a.ID, b.ID, between.ID, c.ID}; !slices.Equal(got, want) || asked[0].Prompt != "first" || asked[0].Kind != memory.KindBatch {
			t.Errorf("asked %v after %q, want %v", got, asked[0].Prompt, want)
		}
		for e, want := range map[string]int{a.ID: 1, b.ID: 0, c.ID: 1} {
			made, err := h.store.EventObservations(t.Context(), h.scope, e)
			if err != nil || len(made) != want {
				t.Errorf("%d observations of an event, want %d, %v", len(made), want, err)
			}
		}
		if b := h.books(); !b.Closed() || b.EventsAsked != 3 || b.Written != 2 || b.Skipped != 1 {
			t.Errorf("books %+v", b)
		}
		if u := h.used(); u.Calls != 1 || u.Events != 3 || u.Observations != 1 {
			t.Errorf("ledger %+v", u)
		}
	})
}

// However a batch ends, the account of its events closes.
func TestBatchBooksClose(t *testing.T) {
	for name, p := range map[string]*provider{
		"nothing": {answer: func(context.Context, int, providers.Request) (providers.Response, error) {
			return providers.Response{}, nil
		}},
		"failed":  refusing(9, classified(providers.BadRequest)),
		"unnamed": {},
		"unlinked": {answer: func(_ context.Context, _ int, r providers.Request) (providers.Response, error) {
			resp, err := answer(r)
			resp.Observations[0].Events = []string{"of somebody else"}
			return resp, err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				h.oweBatch(h.event(), h.event())
				h.start(p)
				h.settle()
				if b := h.books(); !b.Closed() || b.EventsAsked != 2 || b.Queued+b.Processing != 0 {
					t.Errorf("books %+v", b)
				}
			})
		})
	}
}

// What needs no provider is dropped from a batch, with its own reason; a batch of
// nothing else is not asked about.
func TestFilteredEvents(t *testing.T) {
	call := func(h *harness, payload string) memory.Event {
		e := h.event()
		e.Payload = []byte(payload)
		return e
	}
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		look := func() memory.Event {
			return call(h, `{"tool_name":"Bash","tool_input":{"command":"cd x && ls -la"},"tool_response":{"stdout":"a"}}`)
		}
		read := func(content string) memory.Event {
			return call(h, `{"tool_name":"Read","tool_input":{"file_path":"/a"},"tool_response":{"content":"`+content+`"}}`)
		}
		first := read("one")
		h.put(first) // in the session, but of no batch
		again, fresh := read("one"), read("two")
		ignored := call(h, `{"tool_name":"Bash","tool_input":{"command":"git status --short"},"tool_response":{"stdout":" M a"}}`)
		only := h.oweBatch(look(), look())
		mixed := h.oweBatch(again, fresh, ignored)
		p := &provider{}
		h.start(p, func(c *generation.Config) { c.IgnoreCommands = []string{"git status*"} })
		h.settle()
		asked := p.asked()
		if len(asked) != 1 || len(asked[0].Events) != 1 || asked[0].Events[0].ID != fresh.ID {
			t.Errorf("asked %+v", asked)
		}
		if got := h.now(only); got.Status != memory.JobCompleted || got.Result != "skipped: a trivial command" {
			t.Errorf("a batch of nothing ended as %s, %q", got.Status, got.Result)
		}
		if got := h.now(mixed); got.Result != "observations" {
			t.Errorf("a batch of something ended as %q", got.Result)
		}
		if b := h.books(); b.Skipped != 4 || b.Written != 1 || b.EventsAsked != 6 {
			t.Errorf("books %+v", b) // the first read has no job here
		}
		if u := h.used(); u.Calls != 1 || u.Events != 1 || u.Skipped != 4 {
			t.Errorf("ledger %+v", u)
		}
	})
}
