package httpapi

import (
	"fmt"
	"strings"
	"testing"

	"claude-mem/capture"
	"claude-mem/memory"
)

var generating = capture.EventOptions{Generate: true}

func TestHookAnswersWithContext(t *testing.T) {
	w := newWorld(t, nil)
	w.do("POST", "/v1/memories", w.key, text(t, map[string]any{
		"projectId": w.p.Name, "kind": "decision", "content": "The retry budget of the importer is three attempts.",
		"metadata": map[string]any{"title": "Retry budget of the importer", "files_modified": []string{"importer/retry.go"}},
	})).want(201)
	for name, want := range map[string]map[string]any{
		"session": {"session": true},
		"prompt":  {"prompt": "What is the retry budget of the importer?"},
		"file":    {"file": "/src/p/importer/retry.go"},
	} {
		got := into[memory.HookAnswer](w.do("POST", "/v1/hooks", w.key, text(t, map[string]any{
			"project": w.p.Name, "sessionId": "h", "want": want,
		})).want(200))
		if !strings.Contains(got.Context, "Retry budget of the importer") || got.SessionID == "" {
			t.Errorf("%s: answer %+v", name, got)
		}
	}
}

func TestHookTellsOfAFileOncePerSession(t *testing.T) {
	w := newWorld(t, nil)
	about := func(session, file string) string {
		return into[memory.HookAnswer](w.do("POST", "/v1/hooks", w.key, text(t, map[string]any{
			"project": w.p.Name, "sessionId": session, "want": map[string]any{"file": file},
		})).want(200)).Context
	}
	const file = "/src/p/importer/retry.go"
	if got := about("one", file); got != "" {
		t.Fatalf("nothing is known yet: %q", got)
	}
	w.do("POST", "/v1/memories", w.key, text(t, map[string]any{
		"projectId": w.p.Name, "content": "The retry budget is three attempts.",
		"metadata": map[string]any{"title": "Retry budget", "files_modified": []string{"importer/retry.go"}},
	})).want(201)
	if about("one", file) == "" {
		t.Error("what became known since is not told")
	}
	if got := about("one", file); got != "" {
		t.Errorf("told twice: %q", got)
	}
	if about("two", file) == "" {
		t.Error("another session is not told")
	}
}

func TestToldIsBounded(t *testing.T) {
	var seen told
	for i := range maxTold + 1 {
		seen.add("session", fmt.Sprint(i))
	}
	if len(seen.files) > maxTold || !seen.has("session", fmt.Sprint(maxTold)) {
		t.Errorf("%d files are remembered, the newest among them: %v", len(seen.files), seen.has("session", fmt.Sprint(maxTold)))
	}
}

func TestHookWithoutContext(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits = ContextLimits{} })
	w.do("POST", "/v1/memories", w.key, text(t, map[string]any{"projectId": w.p.Name, "content": "retry budget"})).want(201)
	body := text(t, map[string]any{"project": w.p.Name, "sessionId": "h", "want": map[string]any{"session": true}})
	if got := into[memory.HookAnswer](w.do("POST", "/v1/hooks", w.key, body).want(200)); got.Context != "" {
		t.Errorf("switched off: %q", got.Context)
	}
	w = newWorld(t, nil)
	w.do("POST", "/v1/memories", w.key, text(t, map[string]any{"projectId": w.p.Name, "content": "retry budget"})).want(201)
	writeOnly := w.mint(memory.APIKey{Scopes: []string{memory.ScopeEventsWrite}})
	if got := into[memory.HookAnswer](w.do("POST", "/v1/hooks", writeOnly, body).want(200)); got.Context != "" || got.SessionID == "" {
		t.Errorf("a key that may not read: %+v", got)
	}
}

func TestHookTwice(t *testing.T) {
	w := newWorld(t, nil)
	body := `{"project":"/src/new","sessionId":"h","event":{"type":"tool_use","sourceEventId":"t1","payload":{}}}`
	first := into[memory.HookAnswer](w.do("POST", "/v1/hooks", w.key, body).want(200))
	again := into[memory.HookAnswer](w.do("POST", "/v1/hooks", w.key, body).want(200))
	if first.EventID == "" || again.EventID != first.EventID || first.Duplicate || !again.Duplicate {
		t.Errorf("first %+v, again %+v", first, again)
	}
}
