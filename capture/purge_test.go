package capture

import (
	"encoding/json"
	"errors"
	"testing"

	"claude-mem/memory"
	"claude-mem/storage"
)

// fill stores two sessions with an event each, and a memory.
func (f fixture) fill(t *testing.T) {
	t.Helper()
	for _, session := range []string{"c1", "c2"} {
		f.store1(t, f.input(func(in *memory.EventInput) { in.ContentSessionID = session }))
	}
	_, err := f.Remember(t.Context(), f.caller, Note{Project: f.p.ID, ContentSessionID: "c1", Content: "the retry budget is three"})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPurge(t *testing.T) {
	var told []memory.Notice
	f := newFixture(t, Options{Notify: func(n memory.Notice) { told = append(told, n) }})
	f.fill(t)
	other := f.store1(t, f.input(func(in *memory.EventInput) { in.ProjectID = f.q.ID }))

	counts, err := f.Purge(t.Context(), f.caller, f.p.ID)
	if want := (memory.Purged{Observations: 1, Events: 2, Sessions: 2, Jobs: 2}); err != nil || counts != want {
		t.Fatalf("purged %+v, %v; want %+v", counts, err, want)
	}
	if _, err := f.store.Event(t.Context(), other.Event.Scope(), other.Event.ID); err != nil {
		t.Errorf("the event of another project: %v", err)
	}
	audit, err := f.store.Audit(t.Context(), f.p.Scope(), storage.AuditFilter{Action: memory.AuditProjectPurged}, storage.Page{})
	if err != nil || len(audit) != 1 || audit[0].ResourceID != memory.Opt(f.p.ID) || audit[0].APIKeyID != memory.Opt(f.caller.Key.ID) {
		t.Fatalf("audit %+v, %v", audit, err)
	}
	var d auditDetails
	if err := json.Unmarshal(audit[0].Details, &d); err != nil || d.Outcome != "complete" || *d.Purged != counts || d.RequestID != "req-1" {
		t.Errorf("details %s", audit[0].Details)
	}

	// The sessions are remembered, but gone: their next event makes them anew.
	told = nil
	again := f.store1(t, f.input(nil))
	if !again.Created || again.Event.SessionID == "" {
		t.Errorf("after the purge: %+v", again)
	}
	if len(told) != 1 || told[0].Kind != memory.NoticeSession {
		t.Errorf("told %+v", told)
	}
	if a := hook(t, f, record("", "", func(r *memory.HookRecord) { r.Event, r.EndSession = nil, true })); a.SessionID == "" {
		t.Errorf("answer %+v", a)
	}
}

func TestPurgeOfAnotherTeam(t *testing.T) {
	f := newFixture(t, Options{})
	_, foreign := f.tenant(t, "other team", "/src/f")
	if _, err := f.Purge(t.Context(), f.caller, foreign.ID); !errors.Is(err, memory.ErrNotFound) {
		t.Errorf("error %v", err)
	}
}

// A purge elsewhere is found out by whoever still trusts what it remembers.
func TestAHookAfterAPurge(t *testing.T) {
	f := newFixture(t, Options{})
	end := record("", "", func(r *memory.HookRecord) { r.Project, r.Event, r.EndSession = f.p.Name, nil, true })
	first := hook(t, f, record(memory.EventToolUse, "t1", func(r *memory.HookRecord) { r.Project = f.p.Name }))
	if _, err := New(f.store, Options{}).Purge(t.Context(), f.caller, f.p.ID); err != nil {
		t.Fatal(err)
	}
	if again := hook(t, f, end); again.SessionID == first.SessionID || again.SessionID == "" {
		t.Errorf("answer %+v, first %+v", again, first)
	}
}

func TestForgetASummary(t *testing.T) {
	f := newFixture(t, Options{})
	s, _, err := f.StartSession(t.Context(), f.caller, memory.SessionInput{ProjectID: f.p.ID, ExternalSessionID: "s"})
	if err != nil {
		t.Fatal(err)
	}
	var newest memory.Observation
	for range 2 {
		newest, err = f.Remember(t.Context(), f.caller, Note{Project: f.p.ID, ServerSessionID: s.ID, Kind: memory.KindSummaryObservation, Content: "all of it"})
		if err != nil {
			t.Fatal(err)
		}
		f.tx(t, func(tx storage.Tx) error { return tx.SupersedeSummaries(t.Context(), f.p.Scope(), s.ID) })
	}
	if n, err := f.Forget(t.Context(), f.caller, newest.ID); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	left, err := f.store.Observations(t.Context(), f.p.Scope(), storage.ObservationFilter{WithoutSuperseded: true}, storage.Page{})
	if err != nil || len(left) != 1 || left[0].ID == newest.ID {
		t.Errorf("what counts now: %+v, %v", left, err)
	}
}
