package httpapi

import (
	"encoding/json"
	"strings"
	"testing"

	"claude-mem/client"
	"claude-mem/memory"
	"claude-mem/storage"
)

// boundKey is what clients of the original's worker hold.
func (w *world) boundKey() string {
	return w.mint(memory.APIKey{Scopes: []string{memory.ScopeMemoriesWrite, memory.ScopeMemoriesRead}, ProjectID: memory.Opt(w.p.ID)})
}

func TestLegacyObservation(t *testing.T) {
	w := newWorld(t, nil)
	key := w.boundKey()
	body := `{"contentSessionId":"legacy","tool_name":"Bash","tool_input":{"command":"ls"},"tool_response":"a","cwd":"/srv",
		"agentId":"a1","agentType":"Explore","tool_use_id":"toolu_1"}`
	got := into[client.LegacyQueued](w.do("POST", "/api/sessions/observations", key, body).want(200))
	e, err := w.store.Event(t.Context(), w.p.Scope(), got.EventID)
	if err != nil {
		t.Fatal(err)
	}
	var use memory.ToolUse
	if err := json.Unmarshal(e.Payload, &use); err != nil || use.ToolName != "Bash" || string(use.Input) != `{"command":"ls"}` || use.CWD != "/srv" {
		t.Errorf("payload %s, %v", e.Payload, err)
	}
	if e.SourceAdapter != "claude-code-compat" || e.EventType != "tool_use" || e.SourceEventID != "toolu_1" || e.PlatformSource != "claude" ||
		e.AgentID != "a1" || e.AgentType != "Explore" || string(e.Metadata) != `{"compat":"sessions/observations"}` {
		t.Errorf("event %+v, metadata %s", e, e.Metadata)
	}
	if got.SessionID != string(e.SessionID) || got.ServerSessionID != got.SessionID || got.ObservationCount != 1 || got.Status != "queued" {
		t.Errorf("answer %+v", got)
	}
	j, err := w.store.Job(t.Context(), w.p.Scope(), *got.GenerationJobID)
	if err != nil || j.SourceID != e.ID || j.SourceAdapter != "claude-code-compat" {
		t.Errorf("job %+v, %v", j, err)
	}
	// Told again under the other spelling it is the first.
	again := into[client.LegacyQueued](w.do("POST", "/api/sessions/observations", key, `{"contentSessionId":"legacy","tool_name":"Bash","toolUseId":"toolu_1"}`).want(200))
	if again.EventID != got.EventID || *again.GenerationJobID != *got.GenerationJobID {
		t.Errorf("again %+v", again)
	}
	w.do("POST", "/api/sessions/observations", key, `{"contentSessionId":"`+strings.Repeat("x", 600)+`","tool_name":"Bash"}`).want(400)
}

func TestLegacySummary(t *testing.T) {
	w := newWorld(t, nil)
	key := w.boundKey()
	w.do("POST", "/api/sessions/observations", key, `{"contentSessionId":"legacy","tool_name":"Bash"}`).want(200)
	got := into[client.LegacyQueued](w.do("POST", "/api/sessions/summarize", key, `{"contentSessionId":"legacy","last_assistant_message":"The importer gives up now."}`).want(200))
	events, err := w.store.SessionEvents(t.Context(), w.p.Scope(), got.SessionID, storage.Page{})
	if err != nil || len(events) != 2 {
		t.Fatalf("events %+v, %v", events, err)
	}
	last := events[1]
	if last.EventType != memory.EventAssistantMessage || !strings.Contains(string(last.Payload), `"message":"The importer gives up now."`) || last.SourceAdapter != "claude-code-compat" {
		t.Errorf("the last word is %+v: %s", last, last.Payload)
	}
	j, err := w.store.Job(t.Context(), w.p.Scope(), *got.GenerationJobID)
	if err != nil || j.Kind != memory.KindSummary || j.Revision != 2 {
		t.Errorf("job %+v, %v", j, err)
	}
	s, err := w.store.Session(t.Context(), w.p.Scope(), got.SessionID)
	if err != nil || s.EndedAt == 0 {
		t.Errorf("session %+v, %v", s, err)
	}
	again := into[client.LegacyQueued](w.do("POST", "/api/sessions/summarize", key, `{"contentSessionId":"legacy"}`).want(200))
	if *again.GenerationJobID != j.ID {
		t.Errorf("with nothing new: %+v", again)
	}
	sub := into[client.LegacySkipped](w.do("POST", "/api/sessions/summarize", key, `{"contentSessionId":"other","agentId":"a1"}`).want(200))
	if sub.Status != "skipped" || sub.Reason != "subagent_context" {
		t.Errorf("of a sub-agent: %+v", sub)
	}
	if _, err := w.store.SessionByContentID(t.Context(), w.p.Scope(), "other"); err == nil {
		t.Error("a sub-agent's stop made a session")
	}
}

// Clients of the worker know its words for a failure.
func TestLegacyFailures(t *testing.T) {
	w := newWorld(t, nil)
	r := &request{Request: httpRequest(t)}
	no := false
	for _, body := range []client.LegacyFailure{{Stored: &no, Reason: "internal_error"}, {Status: "error", Reason: "internal_error"}} {
		ans, err := w.legacyFailure(r, memory.Errorf(memory.CodeInternal, "secret path"), body)
		raw, _ := json.Marshal(ans.body)
		if err != nil || ans.status != 500 || strings.Contains(string(raw), "secret") {
			t.Errorf("%d %s, %v", ans.status, raw, err)
		}
	}
	if _, err := w.legacyFailure(r, memory.ErrForbidden, client.LegacyFailure{}); memory.CodeOf(err) != memory.CodeForbidden {
		t.Errorf("the caller's fault becomes %v", err)
	}
	if !strings.Contains(w.log.String(), "secret path") {
		t.Error("the log does not say why")
	}
}
