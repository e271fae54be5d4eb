package httpapi

import (
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
