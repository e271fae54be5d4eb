package httpapi

import (
	"fmt"
	"strings"
	"testing"

	"claude-mem/capture"
	"claude-mem/client"
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
			"project": w.p.Name, "sessionId": "h " + name, "want": want,
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

// hear is what a session is told when it wants that.
func (w *world) hear(session string, want map[string]any) string {
	w.t.Helper()
	return into[memory.HookAnswer](w.do("POST", "/v1/hooks", w.key, text(w.t, map[string]any{
		"project": w.p.Name, "sessionId": session, "want": want,
	})).want(200)).Context
}

func TestASessionHearsOfAMemoryOnce(t *testing.T) {
	w := newWorld(t, nil)
	w.do("POST", "/v1/memories", w.key, text(t, map[string]any{
		"projectId": w.p.Name, "kind": "decision", "content": "The retry budget of the importer is three attempts.",
		"metadata": map[string]any{"title": "Retry budget of the importer", "files_modified": []string{"importer/retry.go"}},
	})).want(201)
	wants := map[string]map[string]any{
		"start":  {"session": true},
		"prompt": {"prompt": "What is the retry budget of the importer?"},
		"file":   {"file": "importer/retry.go"},
	}
	for _, first := range []string{"start", "prompt", "file"} {
		session := "after " + first
		if w.hear(session, wants[first]) == "" {
			t.Errorf("%s: not told", first)
		}
		for _, then := range []string{"prompt", "file"} {
			if got := w.hear(session, wants[then]); got != "" {
				t.Errorf("told by %s, and again by %s: %s", first, then, got)
			}
		}
	}
	if w.hear("after start", map[string]any{"session": true, "resumed": true}) == "" || w.hear("after start", wants["prompt"]) != "" {
		t.Error("a session that was resumed has what it was told")
	}
	w.hear("after prompt", map[string]any{"session": true}) // its conversation was compacted
	w.do("POST", "/v1/memories", w.key, text(t, map[string]any{
		"projectId": w.p.Name, "content": "The retry budget of the exporter is four attempts.",
	})).want(201)
	if got := w.hear("after prompt", map[string]any{"prompt": "What is the retry budget of the exporter?"}); !strings.Contains(got, "four") {
		t.Errorf("what is new is not told: %q", got)
	}
}

func TestWhatASessionDidItselfIsNotToldToIt(t *testing.T) {
	w := newWorld(t, nil)
	w.do("POST", "/v1/memories", w.key, text(t, map[string]any{
		"projectId": w.p.Name, "content": "The retry budget of the importer is three attempts.", "contentSessionId": "mine",
	})).want(201)
	prompt := map[string]any{"prompt": "What is the retry budget of the importer?"}
	if got := w.hear("mine", prompt); got != "" {
		t.Errorf("its own words: %s", got)
	}
	if w.hear("another", prompt) == "" {
		t.Error("another session is not told")
	}
}

func TestToldIsBounded(t *testing.T) {
	var seen told
	for i := range maxTold + 1 {
		seen.add(toldThing{session: "s", number: int64(i)})
	}
	if len(seen.seen) > maxTold || !seen.has(toldThing{session: "s", number: maxTold}) {
		t.Errorf("%d things are remembered, the newest among them: %v", len(seen.seen), seen.has(toldThing{session: "s", number: maxTold}))
	}
	seen.add(toldThing{session: "other", number: 1})
	seen.forget("s")
	if seen.has(toldThing{session: "s", number: maxTold}) || !seen.has(toldThing{session: "other", number: 1}) || len(seen.of) != 1 {
		t.Errorf("after one session was forgotten: %+v", seen.of)
	}
}

func TestHookTellsOfTheWorkingTree(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.Observations = 3 })
	put := func(title, file string) {
		w.do("POST", "/v1/memories", w.key, text(t, map[string]any{
			"projectId": w.p.Name, "content": title, "metadata": map[string]any{"title": title, "files_modified": []string{file}},
		})).want(201)
	}
	put("The day ends at the place of delivery", "delivery/day.go")
	for i := range 9 {
		put(fmt.Sprintf("Change %d of the report", i), "report/table.go")
	}
	if got := w.hear("one", map[string]any{"session": true}); strings.Contains(got, "day ends") {
		t.Errorf("the old one is there anyway: %s", got)
	}
	tree := map[string]any{"branch": "fix/day", "changed": []string{"delivery/day.go"}}
	if got := w.hear("two", map[string]any{"session": true, "tree": tree}); !strings.Contains(got, "day ends") {
		t.Errorf("a changed file's memory is missing: %s", got)
	}
	s, err := w.store.SessionByExternalID(t.Context(), w.p.Scope(), "two")
	if err != nil || s.Branch() != "fix/day" {
		t.Errorf("the session's branch: %q, %v", s.Branch(), err)
	}
	got := w.do("GET", "/v1/context?projectId="+w.p.ID+"&branch=fix/day&changed=delivery/day.go", w.key, "").want(200)
	if !strings.Contains(got.Body.String(), "day ends") {
		t.Errorf("GET /v1/context: %s", got.Body)
	}
}

func TestOnlyKindsThatAreSetAreTold(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.Kinds = []string{"decision"} })
	for _, kind := range []string{"decision", "discovery"} {
		w.do("POST", "/v1/memories", w.key, text(t, map[string]any{
			"projectId": w.p.Name, "kind": kind, "content": "The retry budget of imports, by " + kind,
			"metadata": map[string]any{"files_modified": []string{"importer/retry.go"}},
		})).want(201)
	}
	for name, want := range map[string]map[string]any{
		"session": {"session": true}, "prompt": {"prompt": "which retry budget have imports?"}, "file": {"file": "importer/retry.go"},
	} {
		if got := w.hear(name, want); !strings.Contains(got, "by decision") || strings.Contains(got, "by discovery") {
			t.Errorf("%s: %s", name, got)
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
	// Nor is anybody shown what no session is told, unless they ask for so many tokens.
	shown := func(query string) string {
		return into[client.ContextResponse](w.do("GET", "/v1/context?projectId="+w.p.ID+query, w.key, "").want(200)).Context
	}
	if got := shown(""); got != "" {
		t.Errorf("switched off, but shown: %q", got)
	}
	w = newWorld(t, func(c *Config) { c.Limits.Tokens = 0 })
	w.do("POST", "/v1/memories", w.key, text(t, map[string]any{"projectId": w.p.Name, "content": "retry budget"})).want(201)
	if got := shown("&tokenBudget=200"); !strings.Contains(got, "retry budget") {
		t.Errorf("asked for 200 tokens: %q", got)
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
