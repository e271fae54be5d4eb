package generation_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"claude-mem/generation"
	"claude-mem/memory"
)

func TestEventBecomesObservation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		prompt := h.event()
		prompt.EventType, prompt.Generate = memory.EventUserPrompt, false
		prompt.Payload = []byte(`{"prompt":"mend the parser"}`)
		h.put(prompt)
		e := h.event()
		e.AgentID = "agent-7"
		h.put(e)
		j := h.job(memory.KindEvent, e.ID)
		h.owe(j)
		p, finished := &provider{}, make(chan memory.Job, 1)
		h.start(p, func(c *generation.Config) { c.OnFinished = func(j memory.Job) { finished <- j } })

		got := <-finished
		if got.Status != memory.JobCompleted || got.Result != "observations" || got.Attempts != 1 || got.CompletedAt == 0 {
			t.Errorf("finished as %+v", got)
		}
		all := h.observations()
		if len(all) != 1 {
			t.Fatalf("%d observations", len(all))
		}
		o := all[0]
		want := memory.Observation{
			ProjectID: e.ProjectID, TeamID: e.TeamID, SessionID: e.SessionID, AgentID: "agent-7",
			Kind: memory.KindChange, Content: "edited a file", OccurredAt: e.OccurredAt, CreatedByJob: memory.Opt(j.ID),
			Metadata: memory.Metadata{Title: "edited a file", Provider: "fake", Model: "model-1"},
		}
		ignore := cmpopts.IgnoreFields(memory.Observation{}, "Number", "ID", "GenerationKey", "CreatedAt", "UpdatedAt")
		if diff := cmp.Diff(want, o, ignore); diff != "" {
			t.Errorf("observation (-want +got):\n%s", diff)
		}
		if !strings.HasPrefix(string(o.GenerationKey), "generation:v1:"+j.ID+":0:") {
			t.Errorf("generation key %q", o.GenerationKey)
		}
		sourced, err := h.store.EventObservations(t.Context(), h.scope, e.ID)
		if err != nil || len(sourced) != 1 || sourced[0].ID != o.ID || sourced[0].Source.JobID != memory.Opt(j.ID) {
			t.Errorf("observations of the event: %+v, %v", sourced, err)
		}
		if diff := cmp.Diff([]string{memory.AuditJobProcessing, memory.AuditJobCompleted}, h.audits(j.ID)); diff != "" {
			t.Errorf("audits of the job (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{memory.AuditObservationMade}, h.audits(o.ID)); diff != "" {
			t.Errorf("audits of the observation (-want +got):\n%s", diff)
		}
		r := p.asked()[0]
		if r.Prompt != "mend the parser" || r.Project.Name != "/src/project" || r.Session.ID != h.session.ID || len(r.Events) != 1 || r.Events[0].ID != e.ID {
			t.Errorf("the provider was asked %+v", r)
		}
		s, err := h.store.Session(t.Context(), h.scope, h.session.ID)
		if err != nil || s.GenerationStatus != "idle" || s.LastGeneratedAt != o.CreatedAt {
			t.Errorf("session %+v, %v", s, err)
		}
	})
}

// What was asked in the same millisecond as an answer ended was asked after it, as hosts
// tell and recordings keep it; what was asked right before an event was asked before it.
func TestPromptOfTheSameMillisecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		var owed []memory.Event
		for i, what := range []string{"first", "", "second", ""} {
			e := h.event()
			e.OccurredAt = memory.Now()
			if i == 0 {
				e.OccurredAt-- // the other three share a millisecond
			}
			if what != "" {
				e.EventType, e.Generate, e.Payload = memory.EventUserPrompt, false, []byte(`{"prompt":"`+what+`"}`)
			} else {
				owed = append(owed, e)
			}
			h.put(e)
		}
		p := &provider{}
		h.start(p)
		for i, want := range []string{"first", "second"} {
			h.oweJob(memory.KindEvent, owed[i].ID)
			h.settle()
			if asked := p.asked(); len(asked) != i+1 || asked[i].Prompt != want {
				t.Fatalf("asked %+v, want the prompt %q", asked, want)
			}
		}
	})
}

// A message that names no job, or names none that is open, is acknowledged and
// changes nothing.
func TestMessagesWithoutWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		p := &provider{}
		_, done := h.oweEvent()
		h.start(p)
		h.settle()
		if got := h.now(done); got.Status != memory.JobCompleted {
			t.Fatalf("the first job is %s", got.Status)
		}
		before := h.now(done)
		h.send(done.Message())
		h.send(h.job(memory.KindEvent, "no such job").Message())
		h.settle()
		if diff := cmp.Diff(before, h.now(done)); diff != "" {
			t.Errorf("a second message changed the job (-before +after):\n%s", diff)
		}
		if n := len(p.asked()); n != 1 {
			t.Errorf("the provider was asked %d times", n)
		}
		if n := h.messages(); n != 0 {
			t.Errorf("%d messages are left", n)
		}
	})
}

// The lease decides: a message that is there twice, with two workers to receive
// it, makes for one call.
func TestTwoWorkersOneJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		p := &provider{answer: slow(20 * time.Second)}
		_, j := h.oweEvent()
		for range 2 {
			h.start(p)
		}
		for range 5 {
			time.Sleep(time.Second) // the first delivery is under way
			h.send(j.Message())
		}
		time.Sleep(time.Minute)
		if n := len(p.asked()); n != 1 {
			t.Errorf("the provider was asked %d times", n)
		}
		if n := len(h.observations()); n != 1 {
			t.Errorf("%d observations", n)
		}
		if got := h.now(j); got.Status != memory.JobCompleted || got.Attempts != 1 {
			t.Errorf("job is %s after %d attempts", got.Status, got.Attempts)
		}
	})
}
