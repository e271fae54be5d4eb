package generation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

// putSession stores n events of the session, each with a payload of so many bytes.
func (h *harness) putSession(n, size int) {
	h.t.Helper()
	pad := strings.Repeat("x", size)
	var events []memory.Event
	for range n {
		e := h.event()
		e.Generate = false
		e.Payload = json.RawMessage(fmt.Sprintf(`{"tool_name":"Bash","n":%d,"pad":%q}`, h.events, pad))
		events = append(events, e)
	}
	h.put(events...)
}

// number is the place of an event that putSession made, counted from 1.
func number(e memory.Event) (n int) {
	var p struct{ N int }
	_ = json.Unmarshal(e.Payload, &p) // 0 if it is another's
	return p.N
}

func TestSummaryOfALongSession(t *testing.T) {
	for name, c := range map[string]struct {
		events, size          int
		head, tail, omittable int // how many of each end are told, at least, and how many may be left out at most
	}{
		"short":        {3, 10, 3, 3, 0},
		"two pages":    {401, 10, 401, 401, 0},
		"one too many": {5001, 10, 2500, 2500, 1},
		"too large":    {60, 200 << 10, 9, 9, 42},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				h.putSession(c.events, c.size)
				h.owe(h.job(memory.KindSummary, h.session.ID))
				p := &provider{}
				h.start(p)
				h.settle()
				r := p.asked()[0]
				if r.Kind != memory.KindSummary || r.Session.ID != h.session.ID {
					t.Errorf("asked for %s of %s", r.Kind, r.Session.ID)
				}
				if len(r.Events)+r.Omitted != c.events || r.Omitted > c.omittable {
					t.Errorf("%d events and %d left out of %d", len(r.Events), r.Omitted, c.events)
				}
				head, tail, n := 0, 0, len(r.Events)
				for head < n && number(r.Events[head]) == head+1 {
					head++
				}
				for tail < n && number(r.Events[n-1-tail]) == c.events-tail {
					tail++
				}
				if head < c.head || tail < c.tail {
					t.Errorf("the first %d and the last %d are told in order, want %d and %d", head, tail, c.head, c.tail)
				}
			})
		})
	}
}

// A summary is the session's, and a newer one takes the place of the older.
func TestNewerSummarySupersedes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.start(&provider{})
		for i := range 3 {
			h.putSession(2, 1)
			j := h.job(memory.KindSummary, h.session.ID)
			j.Revision = int64(h.events)
			j.QueueID = memory.QueueID(j)
			h.owe(j)
			h.settle()
			if got := h.now(j); got.Status != memory.JobCompleted {
				t.Fatalf("summary %d is %s: %s", i, got.Status, got.LastError)
			}
		}
		all := h.observations()
		if len(all) != 3 {
			t.Fatalf("%d summaries", len(all))
		}
		for i, o := range all { // newest first
			if o.Kind != memory.KindSummaryObservation || (o.SupersededBy == "") != (i == 0) {
				t.Errorf("summary %q of kind %s is superseded by %q", o.Metadata.Title, o.Kind, o.SupersededBy)
			}
		}
		if all[0].Metadata.Title != "a session of 6 events" {
			t.Errorf("the newest summary is %q", all[0].Metadata.Title)
		}
		b, err := h.store.Books(t.Context(), h.scope)
		if err != nil || b.SummaryAsked != 3 || !b.Closed() {
			t.Errorf("books %+v, %v", b, err)
		}
	})
}

// Two summaries of one session may be worked on at a time. Whichever is written
// last, the one that was asked for with more events counts.
func TestOvertakenSummaryIsSuperseded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.start(&provider{answer: func(ctx context.Context, call int, r providers.Request) (providers.Response, error) {
			if call == 1 {
				return slow(time.Minute)(ctx, call, r)
			}
			return answer(r)
		}})
		var jobs []memory.Job
		for range 2 {
			h.putSession(2, 1)
			j := h.job(memory.KindSummary, h.session.ID)
			j.Revision = int64(h.events)
			j.QueueID = memory.QueueID(j)
			h.owe(j)
			h.settle()
			jobs = append(jobs, j)
		}
		if first, second := h.now(jobs[0]).Status, h.now(jobs[1]).Status; first != memory.JobProcessing || second != memory.JobCompleted {
			t.Fatalf("the first is %s, the second %s: nobody was overtaken", first, second)
		}
		time.Sleep(time.Minute)
		if got := h.now(jobs[0]); got.Status != memory.JobCompleted {
			t.Fatalf("the first is %s: %s", got.Status, got.LastError)
		}
		by := make(map[memory.Opt]memory.Observation)
		for _, o := range h.observations() {
			by[o.CreatedByJob] = o
		}
		older, newer := by[memory.Opt(jobs[0].ID)], by[memory.Opt(jobs[1].ID)]
		if newer.SupersededBy != "" || older.SupersededBy != memory.Opt(newer.ID) {
			t.Errorf("the summary of 4 events is superseded by %q, that of 2 by %q, want %q", newer.SupersededBy, older.SupersededBy, newer.ID)
		}
	})
}

// A provider may say which events an observation came from; what it was not given
// it cannot have used.
func TestSourcesOfAnObservation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		e, _ := h.oweEvent()
		h.start(&provider{answer: func(_ context.Context, _ int, r providers.Request) (providers.Response, error) {
			return providers.Response{Observations: []providers.Draft{
				{Kind: memory.KindChange, Metadata: memory.Metadata{Title: "one"}, Events: []string{r.Events[0].ID}},
				{Kind: memory.KindChange, Metadata: memory.Metadata{Title: "two"}, Events: []string{"somebody else's"}},
				{Kind: memory.KindChange, Metadata: memory.Metadata{Title: "NUL \x00 and \xff"}},
			}}, nil
		}})
		h.settle()
		sourced, err := h.store.EventObservations(t.Context(), h.scope, e.ID)
		if err != nil || len(sourced) != 3 {
			t.Fatalf("%d observations of the event, %v", len(sourced), err)
		}
		if title := sourced[2].Metadata.Title; title != "NUL  and \uFFFD" {
			t.Errorf("title %q", title)
		}
		found, err := h.store.Observations(t.Context(), h.scope, storage.ObservationFilter{SessionID: h.session.ID}, storage.Page{})
		if err != nil || len(found) != 3 {
			t.Errorf("%d observations of the session, %v", len(found), err)
		}
	})
}

// One answer cannot flood the memory.
func TestAnswerIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		_, j := h.oweEvent()
		long := strings.Repeat("long ", 100_000)
		h.start(&provider{answer: func(context.Context, int, providers.Request) (providers.Response, error) {
			r := providers.Response{Observations: make([]providers.Draft, 1000)}
			for i := range r.Observations {
				r.Observations[i] = providers.Draft{Kind: memory.KindChange, Metadata: memory.Metadata{Title: fmt.Sprint(i)}}
			}
			r.Observations[0].Metadata.Narrative = long
			return r, nil
		}})
		h.settle()
		if got := h.now(j); got.Status != memory.JobCompleted {
			t.Fatalf("job is %s: %s", got.Status, got.LastError)
		}
		all := h.observations()
		if len(all) != 64 {
			t.Errorf("%d observations", len(all))
		}
		first := all[len(all)-1]
		if n, m := len(first.Content), len(first.Metadata.Narrative); n < 100<<10 || n > 128<<10 || m < 100<<10 || m > 128<<10 {
			t.Errorf("of %d bytes, %d are kept as content and %d as narrative", len(long), n, m)
		}
	})
}

// The second job of a session is told what the first made.
func TestProviderIsToldWhatIsRememberedAlready(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		p := &provider{}
		h.start(p)
		h.oweEvent()
		h.settle()
		h.oweEvent()
		h.settle()
		asked := p.asked()
		if len(asked) != 2 || len(asked[0].Recent) != 0 || len(asked[1].Recent) != 1 || asked[1].Recent[0] != "edited a file" {
			t.Errorf("asked %+v", asked)
		}
	})
}
