package capture

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"claude-mem/memory"
	"claude-mem/storage"
)

// tool is a record of the n-th tool call of a session.
func tool(session string, n int) memory.HookRecord {
	return record(memory.EventToolUse, fmt.Sprintf("%s-%d", session, n), func(r *memory.HookRecord) {
		r.SessionID = session
		r.OccurredAt = memory.Epoch(1000 + n)
	})
}

// job is the job as it stands.
func (f fixture) job(t *testing.T, id string) memory.Job {
	t.Helper()
	j, err := f.store.JobByID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestDebounceOwesOneBatch(t *testing.T) {
	f := newFixture(t, Options{Policy: memory.PolicyDebounce, Debounce: time.Minute})
	began := memory.Now()
	var jobs []string
	for n := range 3 {
		jobs = append(jobs, hook(t, f, tool("s", n)).JobID)
	}
	again := hook(t, f, tool("s", 1))
	if jobs[0] != jobs[1] || jobs[1] != jobs[2] || again.JobID != jobs[0] || !again.Duplicate {
		t.Errorf("jobs %v, and told again %+v", jobs, again)
	}
	j := f.job(t, jobs[0])
	wait := j.NextAttemptAt - began
	if j.Kind != memory.KindBatch || wait < 60_000 || wait > 120_000 {
		t.Errorf("job %+v, due in %d ms", j, wait)
	}
	if b := f.books(t); b.EventsAsked != 3 || b.Queued != 3 {
		t.Errorf("books %+v", b)
	}
	if n := f.outbox.count(); n != 0 {
		t.Errorf("%d messages sent before the session paused", n)
	}
	events, err := f.store.BatchEvents(t.Context(), j.Scope(), j.ID)
	if err != nil || len(events) != 3 {
		t.Errorf("%d events in the batch, %v", len(events), err)
	}
	if other := hook(t, f, tool("another", 0)); other.JobID == jobs[0] {
		t.Error("two sessions share a batch")
	}
}

// A busy session cannot put its batch off for ever, and a full one goes at once.
func TestDebounceIsBounded(t *testing.T) {
	f := newFixture(t, Options{Policy: memory.PolicyDebounce, Debounce: time.Minute})
	if due, most := f.due(memory.PolicyDebounce, 1000, 1_000_000_000), memory.Epoch(1000).Add(debounceWaits*time.Minute); due != most {
		t.Errorf("due at %d, at most %d", due, most)
	}
	var last memory.HookAnswer
	jobs := make(map[string]int)
	for n := range maxBatchEvents + 1 {
		last = hook(t, f, tool("s", n))
		jobs[last.JobID]++
	}
	if len(jobs) != 2 || jobs[last.JobID] != 1 {
		t.Errorf("events by job: %v", jobs)
	}
	if n := f.outbox.count(); n != 1 || f.outbox.msgs[0].Kind != memory.KindBatch || f.outbox.msgs[0].JobID == last.JobID {
		t.Errorf("%d messages: the full batch shall be announced", n)
	}
	large := tool("large", 0)
	large.Event.Payload = json.RawMessage(fmt.Sprintf(`{"tool_name":%q}`, string(make([]byte, 0))+fmt.Sprintf("%0*d", maxBatchBytes, 7)))
	for n := range 60 { // each as long as one text may be
		large.Event.SourceID = fmt.Sprint("large-", n)
		last = hook(t, f, large)
		jobs[last.JobID]++
	}
	if len(jobs) < 4 {
		t.Errorf("60 large events went into %d batches", len(jobs)-2)
	}
	f.books(t)
}

// Nothing is made of a session before it ends; then everything is.
func TestEndOfSession(t *testing.T) {
	f := newFixture(t, Options{Policy: memory.PolicyEndOfSession})
	for n := range 2*maxBatchEvents + 1 {
		hook(t, f, tool("s", n))
	}
	stop := record(memory.EventAssistantMessage, "m", func(r *memory.HookRecord) { r.SessionID, r.Summarize = "s", true })
	asked := hook(t, f, stop)
	if n := f.outbox.count(); n != 0 {
		t.Fatalf("%d messages before the end", n)
	}
	if j := f.job(t, asked.JobID); j.Kind != memory.KindSummary || j.NextAttemptAt < memory.Now().Add(idleEnds/2) {
		t.Errorf("the summary is %+v", j)
	}
	end := record("", "", func(r *memory.HookRecord) { r.Event, r.SessionID, r.EndSession = nil, "s", true })
	hook(t, f, end)
	kinds := make(map[memory.Kind]int)
	for _, m := range f.outbox.msgs {
		kinds[m.Kind]++
	}
	if kinds[memory.KindBatch] != 3 || kinds[memory.KindSummary] != 1 {
		t.Errorf("announced at the end: %v", kinds)
	}
	if b := f.books(t); b.EventsAsked != 2*maxBatchEvents+2 || b.Queued != b.EventsAsked+1 {
		t.Errorf("books %+v", b)
	}
	// What lay in the spool when the end was told waits for no other end.
	f.tx(t, func(tx storage.Tx) error { // until then, what was announced is done
		for _, m := range f.outbox.msgs {
			if _, err := tx.CancelJob(t.Context(), memory.Scope{TeamID: m.TeamID}, m.JobID, 5); err != nil {
				return err
			}
		}
		return nil
	})
	if _, err := f.HookBatch(t.Context(), f.caller, []memory.HookRecord{tool("s", 999)}); err != nil {
		t.Fatal(err)
	}
	jobs, waiting, err := f.store.Jobs(t.Context(), memory.Scope{TeamID: f.team.ID}, storage.JobFilter{Status: memory.JobQueued}, storage.Page{})
	if err != nil || waiting != 2 || jobs[0].NextAttemptAt+jobs[1].NextAttemptAt != 0 {
		t.Errorf("a late event waits for an end that was told already: %+v, %v", jobs, err)
	}
}

// The client's own way to end a session wakes what waits, too.
func TestEndSessionWakesBatch(t *testing.T) {
	f := newFixture(t, Options{Policy: memory.PolicyEndOfSession})
	a := f.store1(t, f.input(nil))
	if _, _, err := f.EndSession(t.Context(), f.caller, string(a.Event.SessionID)); err != nil {
		t.Fatal(err)
	}
	if got := f.job(t, a.Job.ID); got.NextAttemptAt != 0 || f.outbox.count() != 2 {
		t.Errorf("the batch is due at %d, %d messages", got.NextAttemptAt, f.outbox.count())
	}
}

// A project has the last word on its policy, and nonsense none.
func TestPolicyOfProject(t *testing.T) {
	for metadata, want := range map[string]memory.Policy{
		`{}`: memory.PolicyDebounce,
		`{"generation":{"policy":"end-of-session"}}`: memory.PolicyEndOfSession,
		`{"generation":{"policy":"per-event"}}`:      memory.PolicyPerEvent,
		`{"generation":{"policy":"never"}}`:          memory.PolicyDebounce,
		`{"generation":7}`:                           memory.PolicyDebounce,
	} {
		f := newFixture(t, Options{Policy: memory.PolicyDebounce})
		if got := f.policy(memory.Project{Metadata: json.RawMessage(metadata)}); got != want {
			t.Errorf("%s: %s, want %s", metadata, got, want)
		}
	}
}

// An event of no session has nobody to wait for.
func TestNoSessionNoBatch(t *testing.T) {
	f := newFixture(t, Options{Policy: memory.PolicyDebounce})
	got := f.store1(t, f.input(func(in *memory.EventInput) { in.ContentSessionID = "" }))
	if got.Job.Kind != memory.KindEvent || f.outbox.count() != 1 {
		t.Errorf("job %+v", got.Job)
	}
}

// What is worked on takes no more: the next event opens the next batch.
func TestBatchUnderWork(t *testing.T) {
	f := newFixture(t, Options{Policy: memory.PolicyDebounce})
	first := f.job(t, hook(t, f, tool("s", 0)).JobID)
	f.tx(t, func(tx storage.Tx) error {
		_, err := tx.LeaseJob(t.Context(), first.ID, "w", first.NextAttemptAt, first.NextAttemptAt+1)
		return err
	})
	second := f.job(t, hook(t, f, tool("s", 1)).JobID)
	if second.ID == first.ID || second.Revision != first.Revision+1 {
		t.Errorf("the second event went to %+v", second)
	}
	if b := f.books(t); b.Processing != 1 || b.Queued != 1 {
		t.Errorf("books %+v", b)
	}
}
