package memory_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"claude-mem/memory"
)

// wantIssue fails unless err is a validation error that names the field.
func wantIssue(t *testing.T, err error, field string) {
	t.Helper()
	e, ok := errors.AsType[*memory.Error](err)
	if !ok || e.Code != memory.CodeValidation {
		t.Errorf("%s: error %v, want a validation error", field, err)
		return
	}
	if !slices.ContainsFunc(e.Issues, func(is memory.Issue) bool { return strings.Join(is.Path, ".") == field }) {
		t.Errorf("issues %v do not name %s", e.Issues, field)
	}
}

func TestAbsentValuesAreNull(t *testing.T) {
	got, err := json.Marshal(memory.Session{ID: "s1", ExternalSessionID: "x", StartedAt: 1500})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"externalSessionId":"x"`, `"contentSessionId":null`, `"startedAtEpoch":1500`, `"endedAtEpoch":null`,
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	var back memory.Session
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatal(err)
	}
	if back.EndedAt != 0 || back.ContentSessionID != "" || back.StartedAt != 1500 {
		t.Errorf("read back as %+v", back)
	}
}

func TestEpoch(t *testing.T) {
	at := time.Date(2026, 11, 23, 4, 5, 6, 789_654_321, time.UTC)
	if got, want := memory.EpochOf(at).Time(), at.Truncate(time.Millisecond); !got.Equal(want) {
		t.Errorf("EpochOf(t).Time() = %v, want %v", got, want)
	}
	if memory.EpochOf(time.Time{}) != 0 || !memory.Epoch(0).Time().IsZero() {
		t.Error("the zero time and epoch 0 are not one")
	}
	if got := memory.Epoch(1000).Add(1500 * time.Millisecond); got != 2500 {
		t.Errorf("Add = %d, want 2500", got)
	}
	for in, want := range map[string]memory.Epoch{"1795399000000": 1795399000000, "12.9": 12, "1e3": 1000, "null": 0} {
		var e memory.Epoch
		if err := json.Unmarshal([]byte(in), &e); err != nil || e != want {
			t.Errorf("Epoch from %s = %d, %v; want %d", in, e, err, want)
		}
	}
	var e memory.Epoch
	if err := json.Unmarshal([]byte(`"soon"`), &e); err == nil {
		t.Error("a text was taken for a time")
	}
}

func TestErrorsMatchByCode(t *testing.T) {
	cause := errors.New("disk full")
	err := fmt.Errorf("store event: %w", memory.Errorf(memory.CodeUnavailable, "storage is away: %w", cause))
	if !errors.Is(err, memory.ErrUnavailable) || errors.Is(err, memory.ErrNotFound) {
		t.Error("errors.Is does not go by the code")
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	if got := memory.CodeOf(err); got != memory.CodeUnavailable {
		t.Errorf("CodeOf = %s", got)
	}
	if got := memory.CodeOf(cause); got != memory.CodeInternal {
		t.Errorf("CodeOf of a foreign error = %s, want InternalError", got)
	}
	if got := memory.Invalid("must be short", "metadata", "title").Error(); got != "metadata.title: must be short" {
		t.Errorf("message = %q", got)
	}
}

func TestKeyAllows(t *testing.T) {
	tests := []struct {
		holds, asks string
		want        bool
	}{
		{memory.ScopeEventsWrite, memory.ScopeEventsWrite, true},
		{memory.ScopeEventsWrite, memory.ScopeSessionsWrite, false},
		{memory.ScopeMemoriesWrite, memory.ScopeEventsWrite, true},
		{memory.ScopeMemoriesWrite, memory.ScopeSessionsWrite, true},
		{memory.ScopeMemoriesWrite, memory.ScopeMemoriesRead, false},
		{memory.ScopeMemoriesRead, memory.ScopeObservationsRead, true},
		{memory.ScopeMemoriesRead, memory.ScopeJobsRead, true},
		{memory.ScopeMemoriesRead, memory.ScopeEventsWrite, false},
		{memory.ScopeAdmin, memory.ScopeMemoriesWrite, true},
		{memory.ScopeAll, memory.ScopeAdmin, true},
		{memory.ScopeMemoriesWrite, memory.ScopeAdmin, false},
	}
	for _, tt := range tests {
		k := memory.APIKey{Scopes: []string{tt.holds}}
		if got := k.Allows(tt.asks); got != tt.want {
			t.Errorf("a key with %s allows %s: %v, want %v", tt.holds, tt.asks, got, tt.want)
		}
	}
	if (memory.APIKey{}).Allows("") {
		t.Error("a key without scopes allows something")
	}
}

func TestKeyUsable(t *testing.T) {
	for name, tt := range map[string]struct {
		key  memory.APIKey
		want bool
	}{
		"plain":         {memory.APIKey{}, true},
		"not yet over":  {memory.APIKey{ExpiresAt: 101}, true},
		"just expired":  {memory.APIKey{ExpiresAt: 100}, false},
		"revoked":       {memory.APIKey{RevokedAt: 1}, false},
		"revoked later": {memory.APIKey{RevokedAt: 200}, false},
	} {
		if got := tt.key.Usable(100); got != tt.want {
			t.Errorf("%s: usable %v, want %v", name, got, tt.want)
		}
	}
}

func TestEventInputValidate(t *testing.T) {
	at := memory.Epoch(1795399000000)
	good := memory.EventInput{ProjectID: "p", SourceType: "hook", EventType: "tool_use", OccurredAt: &at}
	if err := good.Validate(); err != nil {
		t.Fatalf("a good event: %v", err)
	}
	long := strings.Repeat("x", memory.MaxIDBytes+1)
	negative, huge := memory.Epoch(-1), memory.Epoch(1<<60)
	for field, spoil := range map[string]func(*memory.EventInput){
		"projectId":        func(in *memory.EventInput) { in.ProjectID = "" },
		"sourceType":       func(in *memory.EventInput) { in.SourceType = "mail" },
		"eventType":        func(in *memory.EventInput) { in.EventType = "" },
		"serverSessionId":  func(in *memory.EventInput) { in.ServerSessionID = long },
		"contentSessionId": func(in *memory.EventInput) { in.ContentSessionID = long },
		"sourceEventId":    func(in *memory.EventInput) { in.SourceEventID = long },
		"metadata":         func(in *memory.EventInput) { in.Metadata = json.RawMessage(`[1]`) },
		"occurredAtEpoch":  func(in *memory.EventInput) { in.OccurredAt = nil },
	} {
		in := good
		spoil(&in)
		wantIssue(t, in.Validate(), field)
	}
	for _, bad := range []*memory.Epoch{&negative, &huge} {
		in := good
		in.OccurredAt = bad
		wantIssue(t, in.Validate(), "occurredAtEpoch")
	}
}

func TestSessionInputValidate(t *testing.T) {
	if err := (memory.SessionInput{ProjectID: "p"}).Validate(); err != nil {
		t.Fatalf("a session with a project alone: %v", err)
	}
	wantIssue(t, memory.SessionInput{}.Validate(), "projectId")
	wantIssue(t, memory.SessionInput{ProjectID: "p", Metadata: json.RawMessage(`"x"`)}.Validate(), "metadata")
}

func TestHookRecordValidate(t *testing.T) {
	good := memory.HookRecord{
		Project: "/src/app", SessionID: "s", OccurredAt: 1,
		Event: &memory.HookEvent{Type: memory.EventToolUse, SourceID: "toolu_1"},
	}
	if err := good.Validate(); err != nil {
		t.Fatalf("a good record: %v", err)
	}
	for field, spoil := range map[string]func(*memory.HookRecord){
		"project":             func(r *memory.HookRecord) { r.Project = "" },
		"sessionId":           func(r *memory.HookRecord) { r.SessionID = "" },
		"occurredAtEpoch":     func(r *memory.HookRecord) { r.OccurredAt = -1 },
		"event.type":          func(r *memory.HookRecord) { r.Event = &memory.HookEvent{SourceID: "x"} },
		"event.sourceEventId": func(r *memory.HookRecord) { r.Event = &memory.HookEvent{Type: "tool_use"} },
		"event.agentType": func(r *memory.HookRecord) {
			r.Event = &memory.HookEvent{Type: "tool_use", SourceID: "x", AgentType: strings.Repeat("a", memory.MaxIDBytes+1)}
		},
		"want.tree.branch": func(r *memory.HookRecord) {
			r.Want.Tree = &memory.WorkingTree{Branch: strings.Repeat("b", memory.MaxIDBytes+1)}
		},
	} {
		r := good
		spoil(&r)
		wantIssue(t, r.Validate(), field)
	}
}

func TestMetadataRoundTrip(t *testing.T) {
	for name, in := range map[string]string{
		"what providers write": `{"concepts":["gotcha"],"facts":["a","b"],"files_modified":["x.go"],"narrative":"n","provider":"local","title":"t"}`,
		"a client's own":       `{"colour":{"r":1},"title":"t"}`,
		"known name, odd type": `{"facts":"just one","title":7}`,
		"empty values":         `{"facts":[],"files_read":null,"subtitle":"","title":"t"}`,
		"a summary":            `{"summary":{"request":"r","investigated":"","learned":"","completed":"c","next_steps":"","notes":""}}`,
		"nothing":              `{}`,
	} {
		var m memory.Metadata
		if err := json.Unmarshal([]byte(in), &m); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		out, err := json.Marshal(m)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(in, string(out)); diff != "" {
			t.Errorf("%s came back changed (-in +out):\n%s", name, diff)
		}
	}
	var m memory.Metadata
	if err := json.Unmarshal([]byte(`[]`), &m); err == nil {
		t.Error("an array was taken for metadata")
	}
}

func FuzzMetadata(f *testing.F) {
	f.Add([]byte(`{"title":"t","facts":["a",1],"summary":{"request":3},"x":null}`))
	f.Add([]byte(`{"title":"a \"b\" \u00e9\n","facts":[ "a, [b]" ,"c\\",""],"files_read":["x","y"],"concepts":[["a"],"b"]}`))
	f.Add([]byte("{\"title\":\"\xff\",\"facts\":[\"\xc3\"],\"concepts\":[]}"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var m memory.Metadata
		if json.Unmarshal(in, &m) != nil {
			return
		}
		readsLikeJSON(t, in, m)
		once, err := json.Marshal(m)
		if err != nil {
			t.Fatalf("does not marshal: %v", err)
		}
		var again memory.Metadata
		if err := json.Unmarshal(once, &again); err != nil {
			t.Fatalf("does not read back: %v", err)
		}
		twice, _ := json.Marshal(again)
		if string(once) != string(twice) {
			t.Errorf("not stable:\n%s\n%s", once, twice)
		}
	})
}

// readsLikeJSON compares the texts of m with what encoding/json makes of them.
func readsLikeJSON(t *testing.T, in []byte, m memory.Metadata) {
	t.Helper()
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(in, &raw); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{"title": m.Title, "narrative": m.Narrative, "model": m.Model} {
		var want string
		if json.Unmarshal(raw[name], &want) != nil {
			want = ""
		}
		if got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for name, got := range map[string][]string{"facts": m.Facts, "concepts": m.Concepts, "files_read": m.FilesRead} {
		var want []string
		if json.Unmarshal(raw[name], &want) != nil || len(want) == 0 {
			want = nil
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s are %q, want %q", name, got, want)
		}
	}
}

func TestContent(t *testing.T) {
	m := memory.Metadata{Title: "T", Subtitle: "S", Narrative: "N", Facts: []string{"one", "two"}}
	if got, want := m.Content(), "T\n\nS\n\nN\n\n- one\n- two"; got != want {
		t.Errorf("Content() = %q, want %q", got, want)
	}
	s := memory.Metadata{Title: "T", Summary: &memory.Summary{Request: "fix it", NextSteps: "ship"}}
	if got, want := s.Content(), "T\n\nRequest: fix it\n\nNext steps: ship"; got != want {
		t.Errorf("Content() of a summary = %q, want %q", got, want)
	}
	o := memory.Observation{Content: "\n first line \nsecond"}
	if got := o.Title(); got != "first line" {
		t.Errorf("Title() without a title = %q", got)
	}
}

func TestBooksClosed(t *testing.T) {
	b := memory.Books{EventsAsked: 5, SummaryAsked: 1, Written: 2, Skipped: 1, Queued: 1, Failed: 1, Cancelled: 1}
	if !b.Closed() {
		t.Errorf("%+v does not close", b)
	}
	b.EventsAsked++
	if b.Closed() {
		t.Error("a lost event goes unnoticed")
	}
}

func TestProjectsCalled(t *testing.T) {
	all := []memory.Project{{ID: "1", Name: "/src/api"}, {ID: "2", Name: `C:\old\api`}, {ID: "3", Name: "api-docs"}, {ID: "4", Name: "docs"}}
	for ref, want := range map[string]string{
		"1": "1", "/src/api": "1", "api": "1 2", "old/api": "2", `old\api`: "2", "docs": "4", "pi": "", "": "", "/": "",
	} {
		var ids []string
		for _, p := range memory.ProjectsCalled(all, ref) {
			ids = append(ids, p.ID)
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%q: projects %q, want %q", ref, got, want)
		}
	}
}
