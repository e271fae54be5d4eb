package capture

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"claude-mem/memory"
	"claude-mem/storage"
)

func start(t *testing.T, f fixture, in memory.SessionInput) (memory.Session, bool) {
	t.Helper()
	if in.ProjectID == "" {
		in.ProjectID = f.p.ID
	}
	s, created, err := f.StartSession(t.Context(), f.caller, in)
	if err != nil {
		t.Fatal(err)
	}
	return s, created
}

// Whatever a client calls a session by, on whichever path, it is the same one.
func TestOneSessionOnEveryPath(t *testing.T) {
	f := newFixture(t, Options{})
	s, created := start(t, f, memory.SessionInput{ExternalSessionID: "h1", ContentSessionID: "h1", PlatformSource: "claude-code", StartedAt: 5})
	if !created || s.PlatformSource != "claude" || s.StartedAt != 5 || s.GenerationStatus != "idle" {
		t.Fatalf("started %+v, %v", s, created)
	}
	hook := memory.HookRecord{Project: f.p.Name, SessionID: "h1", OccurredAt: 9, Event: &memory.HookEvent{Type: "tool_use", SourceID: "t1"}}
	answer, err := f.Hook(t.Context(), f.caller, hook)
	if err != nil {
		t.Fatal(err)
	}
	note, err := f.Remember(t.Context(), f.caller, Note{Project: f.p.ID, ContentSessionID: "h1", Content: "n"})
	if err != nil {
		t.Fatal(err)
	}
	again, created := start(t, f, memory.SessionInput{ExternalSessionID: "h1"})
	if created {
		t.Error("started twice")
	}
	for path, got := range map[string]string{
		"hook":            answer.SessionID,
		"content id":      string(f.store1(t, f.input(func(in *memory.EventInput) { in.ContentSessionID = "h1" })).Event.SessionID),
		"server id":       string(f.store1(t, f.input(func(in *memory.EventInput) { in.ServerSessionID = s.ID; *in.OccurredAt++ })).Event.SessionID),
		"note":            string(note.SessionID),
		"started anew":    again.ID,
		"after a restart": restarted(t, f, hook),
	} {
		if got != s.ID {
			t.Errorf("%s: session %q, want %q", path, got, s.ID)
		}
	}
	if n, err := f.store.CountSessionEvents(t.Context(), s.Scope(), s.ID); err != nil || n != 3 {
		t.Errorf("the session has %d events, %v", n, err)
	}
}

// restarted tells the record to a Capture that remembers nothing.
func restarted(t *testing.T, f fixture, r memory.HookRecord) string {
	t.Helper()
	answer, err := New(f.store, Options{}).Hook(t.Context(), f.caller, r)
	if err != nil || !answer.Duplicate {
		t.Errorf("told again: %+v, %v", answer, err)
	}
	return answer.SessionID
}

func TestEventsBeforeTheStart(t *testing.T) {
	f := newFixture(t, Options{})
	e := f.store1(t, f.input(nil)).Event
	s, err := f.store.Session(t.Context(), e.Scope(), string(e.SessionID))
	if err != nil || s.StartedAt != e.OccurredAt {
		t.Errorf("started at %d, %v; want with its first event", s.StartedAt, err)
	}
	answer, err := f.Hook(t.Context(), f.caller, memory.HookRecord{Project: f.p.ID, SessionID: "c1"})
	if err != nil || answer.SessionID != s.ID {
		t.Errorf("the hook that comes later: %+v, %v", answer, err)
	}
}

func TestStartsWithoutExternalID(t *testing.T) {
	f := newFixture(t, Options{})
	one, c1 := start(t, f, memory.SessionInput{AgentID: "a"})
	same, c2 := start(t, f, memory.SessionInput{AgentID: "a"})
	other, _ := start(t, f, memory.SessionInput{AgentID: "b"})
	if one.ID != same.ID || !c1 || !c2 || other.ID == one.ID {
		t.Errorf("%s %v, %s %v, %s", one.ID, c1, same.ID, c2, other.ID)
	}
}

func TestAnotherExternalIDIsAnotherSession(t *testing.T) {
	f := newFixture(t, Options{})
	one, _ := start(t, f, memory.SessionInput{ExternalSessionID: "e1", ContentSessionID: "c"})
	two, created := start(t, f, memory.SessionInput{ExternalSessionID: "e2", ContentSessionID: "c"})
	if one.ID == two.ID || !created {
		t.Error("two external ids, one session")
	}
}

func TestRacingStarts(t *testing.T) {
	f := newFixture(t, Options{})
	var wg sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		wg.Go(func() {
			s, _, err := f.StartSession(t.Context(), f.caller, memory.SessionInput{ProjectID: f.p.ID, ExternalSessionID: "e"})
			if err != nil {
				t.Error(err)
			}
			ids[i] = s.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("sessions %q", ids)
		}
	}
}

// Servers that make the same sessions at the same moment must not each wait for one
// that the other has made. So whatever order a batch has, sessions have one of their own.
func TestABatchMakesItsSessionsInOneOrder(t *testing.T) {
	f := newFixture(t, Options{})
	var ins []memory.EventInput
	for n, session := range []string{"c", "a", "d", "b", "a"} {
		ins = append(ins, f.input(func(in *memory.EventInput) {
			in.ContentSessionID, in.SourceEventID = session, fmt.Sprint("e", n)
		}))
	}
	stored, err := f.Events(t.Context(), f.caller, ins, EventOptions{})
	if err != nil {
		t.Fatal(err)
	}
	made := make(map[string]string) // session by its id, which is the larger the later it was made
	for n, s := range stored {
		if string(s.Event.SourceEventID) != fmt.Sprint("e", n) {
			t.Errorf("at %d: event %s", n, s.Event.SourceEventID)
		}
		made[string(s.Event.SessionID)] = ins[n].ContentSessionID
	}
	var order []string
	for _, id := range slices.Sorted(maps.Keys(made)) {
		order = append(order, made[id])
	}
	if want := []string{"a", "b", "c", "d"}; !slices.Equal(order, want) {
		t.Errorf("made in the order %q, want %q", order, want)
	}
}

func TestForeignSession(t *testing.T) {
	f := newFixture(t, Options{})
	s, _ := start(t, f, memory.SessionInput{ProjectID: f.q.ID, ExternalSessionID: "e"})
	_, err := f.Events(t.Context(), f.caller, []memory.EventInput{f.input(func(in *memory.EventInput) { in.ServerSessionID = s.ID })}, EventOptions{})
	if !errors.Is(err, memory.ErrForbidden) || err.Error() != "server_session_id must belong to project_id and team_id" {
		t.Errorf("a session of another project: %v", err)
	}
	bound := memory.Caller{Key: f.key(t, f.p.ID)}
	if _, _, err := f.EndSession(t.Context(), bound, s.ID); !errors.Is(err, memory.ErrNotFound) {
		t.Errorf("ending it: %v", err)
	}
}

func TestSessionInputIsChecked(t *testing.T) {
	f := newFixture(t, Options{})
	in := memory.SessionInput{ProjectID: f.p.ID, Metadata: json.RawMessage(`[1]`)}
	if _, _, err := f.StartSession(t.Context(), f.caller, in); !errors.Is(err, memory.ErrValidation) {
		t.Errorf("error %v", err)
	}
}

func TestSummaryIsOwedOncePerRevision(t *testing.T) {
	f := newFixture(t, Options{})
	s, _ := start(t, f, memory.SessionInput{ExternalSessionID: "e", ContentSessionID: "c1"})
	event := func(n int) {
		f.store1(t, f.input(func(in *memory.EventInput) { *in.OccurredAt += memory.Epoch(n) }))
	}
	end := func() (memory.Session, memory.Job) {
		s, j, err := f.EndSession(t.Context(), f.caller, s.ID)
		if err != nil {
			t.Fatal(err)
		}
		return s, j
	}
	event(1)
	ended, first := end()
	if ended.EndedAt == 0 || first.Kind != memory.KindSummary || first.SessionID != memory.Opt(s.ID) || first.Revision != 1 {
		t.Fatalf("ended %+v with %+v", ended, first)
	}
	if again, same := end(); same.ID != first.ID || again.EndedAt != ended.EndedAt {
		t.Errorf("ended again: %+v with %+v", again, same)
	}
	event(2)
	_, moved := end()
	if moved.ID != first.ID || moved.Revision != 2 || moved.QueueID == first.QueueID {
		t.Errorf("a job that waits was not moved on: %+v", moved)
	}
	// Once a worker has it, what comes later needs another.
	f.tx(t, func(tx storage.Tx) error {
		now := memory.Now()
		_, err := tx.LeaseJob(t.Context(), moved.ID, "w", now, now+1000)
		return err
	})
	event(3)
	if _, next := end(); next.ID == first.ID || next.Revision != 3 {
		t.Errorf("the next summary: %+v", next)
	}
	if b := f.books(t); b.SummaryAsked != 2 {
		t.Errorf("books %+v", b)
	}
}
