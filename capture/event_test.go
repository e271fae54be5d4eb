package capture

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"claude-mem/memory"
	"claude-mem/storage"
)

func TestEventIsStoredWithItsJob(t *testing.T) {
	f := newFixture(t, Options{})
	got := f.store1(t, f.input(func(in *memory.EventInput) { in.SourceEventID, in.PlatformSource = "toolu_1", "claude-code" }))
	e := got.Event
	if !got.Created || e.SessionID == "" || e.PlatformSource != "claude" || e.SourceAdapter != "hook" || string(e.Metadata) != "{}" {
		t.Errorf("stored %+v", e)
	}
	j := got.Job
	if j == nil || j.Status != memory.JobQueued || j.EventID != memory.Opt(e.ID) || j.SessionID != e.SessionID ||
		j.QueueID != memory.QueueID(*j) || j.APIKeyID != memory.Opt(f.caller.Key.ID) || j.RequestID != "req-1" {
		t.Fatalf("job %+v", j)
	}
	if d := cmp.Diff([]memory.Message{j.Message()}, f.outbox.msgs); d != "" {
		t.Errorf("messages: %s", d)
	}
	audit, err := f.store.Audit(t.Context(), e.Scope(), storage.AuditFilter{Action: memory.AuditEventReceived}, storage.Page{})
	if err != nil || len(audit) != 1 {
		t.Fatalf("audit %+v, %v", audit, err)
	}
	if a := audit[0]; a.ResourceID != memory.Opt(e.ID) || a.ActorID != "actor" || !strings.Contains(string(a.Details), j.ID) {
		t.Errorf("audit %+v", a)
	}
}

func TestTheSameEventAgain(t *testing.T) {
	tests := []struct {
		name   string
		change func(*memory.EventInput) // of the second telling
		same   bool
	}{
		{"to the letter", func(*memory.EventInput) {}, true},
		{"another payload", func(in *memory.EventInput) { in.Payload = json.RawMessage(`{"tool_name":"Edit"}`) }, false},
		{"another time", func(in *memory.EventInput) { *in.OccurredAt++ }, false},
		{"another type", func(in *memory.EventInput) { in.EventType = "note" }, false},
		{"another session", func(in *memory.EventInput) { in.ContentSessionID = "c2" }, false},
		{"another project", func(in *memory.EventInput) { in.ProjectID = "/src/q" }, false},
		{"another agent", func(in *memory.EventInput) { in.AgentID = "a" }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, Options{})
			first := f.store1(t, f.input(nil))
			again := f.store1(t, f.input(tt.change))
			if same := again.Event.ID == first.Event.ID; same != tt.same || again.Created == tt.same {
				t.Fatalf("same = %v, created = %v", same, again.Created)
			}
			if tt.same && (again.Job == nil || again.Job.ID != first.Job.ID) {
				t.Errorf("job %+v, want %s", again.Job, first.Job.ID)
			}
			want := int64(2)
			if tt.same {
				want = 1
			}
			if b := f.books(t); b.EventsAsked != want || b.Queued != want || f.outbox.count() != int(want) {
				t.Errorf("books %+v, %d messages; want %d of each", b, f.outbox.count(), want)
			}
		})
	}
}

func TestTheSameSourceEventAgain(t *testing.T) {
	f := newFixture(t, Options{})
	src := func(in *memory.EventInput) { in.SourceEventID = "toolu_1" }
	first := f.store1(t, f.input(src))
	again := f.store1(t, f.input(func(in *memory.EventInput) {
		src(in)
		*in.OccurredAt++
		in.Payload = json.RawMessage(`{"retold":true}`)
	}))
	if again.Event.ID != first.Event.ID || again.Created {
		t.Errorf("stored twice: %+v", again.Event)
	}
	other := f.store1(t, f.input(func(in *memory.EventInput) { src(in); in.ProjectID = f.q.ID }))
	if other.Event.ID == first.Event.ID {
		t.Error("another project got this project's event")
	}
}

func TestWithoutGenerate(t *testing.T) {
	f := newFixture(t, Options{})
	for range 2 {
		got, err := f.Events(t.Context(), f.caller, []memory.EventInput{f.input(nil)}, EventOptions{})
		if err != nil || got[0].Job != nil {
			t.Fatalf("job %+v, %v", got[0].Job, err)
		}
	}
	// The event is told already, so asking now owes nothing.
	if got := f.store1(t, f.input(nil)); got.Job != nil {
		t.Errorf("job %+v", got.Job)
	}
	if b := f.books(t); b.EventsAsked != 0 || f.outbox.count() != 0 {
		t.Errorf("books %+v, %d messages", b, f.outbox.count())
	}
}

func TestBatchIsAllOrNothing(t *testing.T) {
	f := newFixture(t, Options{})
	_, foreign := f.tenant(t, "other team", "/src/f")
	ok := f.input(nil)
	tests := []struct {
		name string
		bad  memory.EventInput
		want *memory.Error
		path string
	}{
		{"invalid", f.input(func(in *memory.EventInput) { in.EventType = "" }), memory.ErrValidation, "1.eventType"},
		{"foreign project", f.input(func(in *memory.EventInput) { in.ProjectID = foreign.ID }), memory.ErrForbidden, ""},
		{"unknown session", f.input(func(in *memory.EventInput) { in.ServerSessionID = "nope" }), memory.ErrForbidden, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := f.Events(t.Context(), f.caller, []memory.EventInput{ok, tt.bad}, EventOptions{Generate: true})
			if !errors.Is(err, tt.want) {
				t.Fatalf("error %v", err)
			}
			if e, _ := errors.AsType[*memory.Error](err); tt.path != "" && strings.Join(e.Issues[0].Path, ".") != tt.path {
				t.Errorf("issues %+v", e.Issues)
			}
			if b := f.books(t); b.EventsAsked != 0 || f.outbox.count() != 0 {
				t.Errorf("books %+v, %d messages", b, f.outbox.count())
			}
		})
	}
	// The session that the rolled-back batch made must not be remembered.
	if got := f.store1(t, ok); got.Event.SessionID == "" {
		t.Error("no session")
	}
}

func TestBatch(t *testing.T) {
	f := newFixture(t, Options{})
	a := f.input(nil)
	b := f.input(func(in *memory.EventInput) { *in.OccurredAt++ })
	got, err := f.Events(t.Context(), f.caller, []memory.EventInput{a, b, a}, EventOptions{Generate: true})
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Event.ID != got[2].Event.ID || got[0].Event.ID == got[1].Event.ID || got[2].Job.ID != got[0].Job.ID {
		t.Errorf("events %s %s %s", got[0].Event.ID, got[1].Event.ID, got[2].Event.ID)
	}
	if got[0].Event.SessionID != got[1].Event.SessionID {
		t.Error("one content id, two sessions")
	}
	audit, err := f.store.Audit(t.Context(), f.p.Scope(), storage.AuditFilter{Action: memory.AuditBatchReceived}, storage.Page{})
	if err != nil || len(audit) != 1 || !strings.Contains(string(audit[0].Details), `"count":2`) {
		t.Errorf("audit %+v, %v", audit, err)
	}
	for _, n := range []int{0, memory.MaxBatch + 1} {
		if _, err := f.Events(t.Context(), f.caller, make([]memory.EventInput, n), EventOptions{}); !errors.Is(err, memory.ErrValidation) {
			t.Errorf("a batch of %d: %v", n, err)
		}
	}
}

func TestPrivateNeverReachesTheStore(t *testing.T) {
	f := newFixture(t, Options{})
	secret := "ghp_" + strings.Repeat("a1B2", 9)
	got := f.store1(t, f.input(func(in *memory.EventInput) {
		in.Payload = json.RawMessage(`{"x":"a <private>hidden</private> b","y":"` + secret + `","z":"nul\u0000"}`)
		in.Metadata = json.RawMessage(`{"note":"<private>hidden</private>"}`)
	}))
	e, err := f.store.Event(t.Context(), got.Event.Scope(), got.Event.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(e.Payload), string(e.Metadata)} {
		if strings.Contains(text, "hidden") || strings.Contains(text, secret) || strings.Contains(text, `\u0000`) {
			t.Errorf("stored %s", text)
		}
	}
}

func TestTextsAreMadeFitForEveryStore(t *testing.T) {
	f := newFixture(t, Options{})
	got := f.store1(t, f.input(func(in *memory.EventInput) {
		in.ContentSessionID, in.SourceEventID = "s\x00\xff", "e\x00\xfe"
	}))
	if got.Event.SourceEventID != "e\ufffd\ufffd" {
		t.Errorf("source event id %q", got.Event.SourceEventID)
	}
}
