package capture

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"claude-mem/memory"
	"claude-mem/storage"
	"claude-mem/storage/sqlite"
)

func record(event, source string, change func(*memory.HookRecord)) memory.HookRecord {
	r := memory.HookRecord{
		Project: "/src/new", SessionID: "h1", PlatformSource: "claude-code", OccurredAt: 1000,
		Event: &memory.HookEvent{Type: event, SourceID: source, Payload: json.RawMessage(`{"x":1}`)},
	}
	if change != nil {
		change(&r)
	}
	return r
}

func hook(t *testing.T, f fixture, r memory.HookRecord) memory.HookAnswer {
	t.Helper()
	a, err := f.Hook(t.Context(), f.caller, r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestHookMakesProjectAndSession(t *testing.T) {
	f := newFixture(t, Options{})
	a := hook(t, f, record(memory.EventToolUse, "t1", func(r *memory.HookRecord) { r.Event.AgentID, r.Event.AgentType = "a1", "Explore" }))
	if a.SessionID == "" || a.EventID == "" || a.JobID == "" || a.Duplicate {
		t.Fatalf("answer %+v", a)
	}
	e, err := f.store.Event(t.Context(), memory.Scope{TeamID: f.team.ID}, a.EventID)
	if err != nil || e.AgentID != "a1" || e.AgentType != "Explore" || e.PlatformSource != "claude" || e.OccurredAt != 1000 {
		t.Errorf("event %+v, %v", e, err)
	}
	p, err := f.store.ProjectByName(t.Context(), memory.Scope{TeamID: f.team.ID}, "/src/new")
	if err != nil || p.ID != e.ProjectID {
		t.Errorf("project %+v, %v", p, err)
	}
	s, err := f.store.Session(t.Context(), e.Scope(), a.SessionID)
	if err != nil || s.ExternalSessionID != "h1" || s.ContentSessionID != "h1" || s.AgentID != "" {
		t.Errorf("session %+v, %v", s, err)
	}
}

func TestHookOwesByEvent(t *testing.T) {
	for event, owed := range map[string]bool{memory.EventToolUse: true, memory.EventAssistantMessage: true, memory.EventUserPrompt: false} {
		f := newFixture(t, Options{})
		if a := hook(t, f, record(event, "s", nil)); (a.JobID != "") != owed {
			t.Errorf("%s: job %q", event, a.JobID)
		}
	}
}

func TestHookTwiceIsOnce(t *testing.T) {
	f := newFixture(t, Options{})
	rs := []memory.HookRecord{
		record(memory.EventUserPrompt, "p1", nil),
		record(memory.EventToolUse, "t1", nil),
		record(memory.EventAssistantMessage, "m1", func(r *memory.HookRecord) { r.Summarize = true }),
		record("", "", func(r *memory.HookRecord) { r.Event, r.EndSession = nil, true }),
	}
	var first []memory.HookAnswer
	for _, r := range rs {
		first = append(first, hook(t, f, r))
	}
	books, sent := f.books(t), f.outbox.count()
	if books.EventsAsked != 2 || books.SummaryAsked != 1 {
		t.Fatalf("books %+v", books)
	}
	for i, r := range rs {
		again := hook(t, f, r)
		if again.EventID != first[i].EventID || again.JobID != first[i].JobID || again.Duplicate != (r.Event != nil) {
			t.Errorf("record %d told again: %+v, first %+v", i, again, first[i])
		}
	}
	if rejected, err := f.HookBatch(t.Context(), f.caller, rs); err != nil || errors.Join(rejected...) != nil {
		t.Errorf("the batch: %v, %v", rejected, err)
	}
	if f.books(t) != books || f.outbox.count() != sent {
		t.Errorf("books %+v, %d messages; before %+v, %d", f.books(t), f.outbox.count(), books, sent)
	}
}

func TestHookThatOnlyAsks(t *testing.T) {
	f := newFixture(t, Options{})
	ask := record("", "", func(r *memory.HookRecord) { r.Event, r.Want.File = nil, "/src/new/x.go" })
	first := hook(t, f, ask) // makes the session
	cancelled, cancel := context.WithCancel(t.Context())
	cancel() // fails whatever has to reach the store
	again, err := f.Hook(cancelled, f.caller, ask)
	if err != nil || again.SessionID != first.SessionID {
		t.Errorf("answer %+v, %v", again, err)
	}
}

func TestEmptySessionOwesNoSummary(t *testing.T) {
	f := newFixture(t, Options{})
	a := hook(t, f, record("", "", func(r *memory.HookRecord) { r.Event, r.EndSession = nil, true }))
	if a.JobID != "" {
		t.Errorf("job %q", a.JobID)
	}
	s, err := f.store.Session(t.Context(), memory.Scope{TeamID: f.team.ID}, a.SessionID)
	if err != nil || s.EndedAt == 0 {
		t.Errorf("session %+v, %v", s, err)
	}
}

func TestHookBatchSetsAside(t *testing.T) {
	f := newFixture(t, Options{})
	rs := []memory.HookRecord{
		record(memory.EventToolUse, "t1", nil),
		record(memory.EventToolUse, "t2", func(r *memory.HookRecord) { r.SessionID = "" }),
		record(memory.EventToolUse, "t3", func(r *memory.HookRecord) { r.Project = "0199c0de-0000-7000-8000-000000000000" }),
		record(memory.EventToolUse, "t4", nil),
	}
	rejected, err := f.HookBatch(t.Context(), f.caller, rs)
	if err != nil {
		t.Fatal(err)
	}
	want := []*memory.Error{nil, memory.ErrValidation, memory.ErrForbidden, nil}
	for i, r := range rejected {
		if (r == nil) != (want[i] == nil) || r != nil && !errors.Is(r, want[i]) {
			t.Errorf("record %d: %v, want %v", i, r, want[i])
		}
	}
	if b := f.books(t); b.EventsAsked != 2 {
		t.Errorf("books %+v", b)
	}
}

// The end of a session may overtake events that lie in the spool.
func TestSpooledEventsAfterTheEnd(t *testing.T) {
	f := newFixture(t, Options{})
	hook(t, f, record(memory.EventToolUse, "t1", nil))
	ended := hook(t, f, record("", "", func(r *memory.HookRecord) { r.Event, r.EndSession = nil, true }))
	late := []memory.HookRecord{record(memory.EventToolUse, "t2", nil), record(memory.EventToolUse, "t3", nil)}
	for range 2 { // told again it changes nothing
		if _, err := f.HookBatch(t.Context(), f.caller, late); err != nil {
			t.Fatal(err)
		}
		j, err := f.store.JobByID(t.Context(), ended.JobID)
		if err != nil || j.Revision != 3 {
			t.Errorf("the summary covers %d events, %v; want 3", j.Revision, err)
		}
	}
	if b := f.books(t); b.SummaryAsked != 1 {
		t.Errorf("books %+v", b)
	}
}

// Whichever way events come that happened before the end: they are summed up, too.
func TestEventsAfterTheEndAreSummedUp(t *testing.T) {
	ended := record("", "", func(r *memory.HookRecord) { r.Event, r.EndSession, r.OccurredAt = nil, true, 2000 })
	at := func(when memory.Epoch) memory.HookRecord {
		return record(memory.EventToolUse, "late", func(r *memory.HookRecord) { r.OccurredAt = when })
	}
	for name, c := range map[string]struct {
		tell     func(f fixture) error
		revision int64 // how many events the summary covers
	}{
		"a hook that was overtaken": {func(f fixture) error {
			_, err := f.Hook(t.Context(), f.caller, at(1999))
			return err
		}, 2},
		"a hook of a session that was resumed": {func(f fixture) error {
			_, err := f.Hook(t.Context(), f.caller, at(2001))
			return err
		}, 1},
		"the spool": {func(f fixture) error {
			_, err := f.HookBatch(t.Context(), f.caller, []memory.HookRecord{at(2001)})
			return err
		}, 2},
		"the spool, one by one": {func(f fixture) error {
			spoilt := record(memory.EventToolUse, "spoilt", func(r *memory.HookRecord) { r.SessionID = "another" })
			f.Capture.store = spoiltStore{f.store, "src:spoilt"}
			rejected, err := f.HookBatch(t.Context(), f.caller, []memory.HookRecord{at(2001), spoilt})
			if err == nil && (rejected[0] != nil || !errors.Is(rejected[1], memory.ErrConflict)) {
				t.Errorf("rejected %v", rejected)
			}
			return err
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{})
			hook(t, f, record(memory.EventToolUse, "t1", nil))
			summary := hook(t, f, ended).JobID
			for range 2 { // told again it changes nothing
				if err := c.tell(f); err != nil {
					t.Fatal(err)
				}
				j, err := f.store.JobByID(t.Context(), summary)
				if err != nil || j.Revision != c.revision {
					t.Errorf("the summary covers %d events, %v; want %d", j.Revision, err, c.revision)
				}
			}
			if b := f.books(t); b.SummaryAsked != 1 {
				t.Errorf("books %+v", b)
			}
		})
	}
}

// spoiltStore refuses the event of one dedupe key.
type spoiltStore struct {
	*sqlite.Store
	key string
}

func (s spoiltStore) InTx(ctx context.Context, fn func(tx storage.Tx) error) error {
	return s.Store.InTx(ctx, func(tx storage.Tx) error { return fn(spoiltTx{tx, s.key}) })
}

type spoiltTx struct {
	storage.Tx
	key string
}

func (tx spoiltTx) PutEvent(ctx context.Context, e memory.Event) (memory.Event, bool, error) {
	if e.DedupeKey == tx.key {
		return memory.Event{}, false, memory.Errorf(memory.CodeConflict, "refused")
	}
	return tx.Tx.PutEvent(ctx, e)
}

func TestHookBatchThatCannotBeStored(t *testing.T) {
	f := newFixture(t, Options{})
	if err := f.store.Close(); err != nil {
		t.Fatal(err)
	}
	rejected, err := f.HookBatch(t.Context(), f.caller, []memory.HookRecord{record(memory.EventToolUse, "t1", nil)})
	if err == nil || rejected[0] != nil {
		t.Errorf("rejected %v, error %v: a record was blamed for the store", rejected, err)
	}
}

func FuzzHook(f *testing.F) {
	seed, err := json.Marshal(record(memory.EventToolUse, "t1", func(r *memory.HookRecord) { r.EndSession = true }))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(`{"project":"p","sessionId":"s","event":{"type":"x","sourceEventId":"\u0000","payload":"<private>"}}`))
	fx := newFixture(f, Options{})
	f.Fuzz(func(t *testing.T, data []byte) {
		var r memory.HookRecord
		if json.Unmarshal(data, &r) != nil {
			return
		}
		first, err := fx.Hook(t.Context(), fx.caller, r)
		if err != nil {
			if code := memory.CodeOf(err); code == memory.CodeInternal {
				t.Fatalf("a record broke us: %v", err)
			}
			return
		}
		again, err := fx.Hook(t.Context(), fx.caller, r)
		if err != nil || again.EventID != first.EventID || again.SessionID != first.SessionID {
			t.Errorf("told again: %+v, %v; first %+v", again, err, first)
		}
		fx.books(t)
	})
}
