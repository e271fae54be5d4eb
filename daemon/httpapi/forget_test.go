package httpapi

import (
	"testing"

	"claude-mem/client"
	"claude-mem/memory"
)

func TestMemorySupersedes(t *testing.T) {
	w := newWorld(t, nil)
	put := func(content string, supersedes ...any) memory.Observation {
		return into[client.MemoryAnswer](w.do("POST", "/v1/memories", w.key, text(t, map[string]any{
			"projectId": w.p.ID, "content": content, "supersedes": supersedes,
		})).want(201)).Memory
	}
	first, second := put("Indentation is by tabs"), put("Indentation is by spaces")
	newest := put("Indentation is what gofmt makes it", first.Number, second.ID)
	got := into[client.MemoryAnswer](w.do("GET", "/v1/memories/"+newest.ID, w.key, "").want(200))
	if len(got.Supersedes) != 2 || got.Supersedes[0].ID != second.ID || got.Supersedes[1].Number != first.Number {
		t.Errorf("what it replaces: %+v", got.Supersedes)
	}
	old := into[client.MemoryAnswer](w.do("GET", "/v1/memories/"+first.ID, w.key, "").want(200))
	if string(old.Memory.SupersededBy) != newest.ID || old.Supersedes != nil {
		t.Errorf("what is replaced: %+v", old)
	}
	if hits := w.found("indentation"); len(hits) != 1 || hits[0].ID != newest.ID {
		t.Errorf("found %+v", hits)
	}
	w.do("POST", "/v1/memories", w.key, text(t, map[string]any{
		"projectId": w.q.ID, "content": "x", "supersedes": []any{first.Number},
	})).want(400) // of another project
	w.do("POST", "/v1/memories", w.key, text(t, map[string]any{
		"projectId": w.p.ID, "content": "x", "supersedes": []any{true},
	})).want(400)
}

func TestForget(t *testing.T) {
	w := newWorld(t, nil)
	for _, content := range []string{"Staging is at staging.example.com", "STAGING is slow", "Production is elsewhere"} {
		w.do("POST", "/v1/memories", w.key, text(t, map[string]any{"projectId": w.p.ID, "content": content})).want(201)
	}
	path := "/v1/projects/" + w.p.ID + "/forget"
	dry := into[client.Forgotten](w.do("POST", path, w.key, `{"match":"staging","dryRun":true}`).want(200))
	if dry.Count != 2 || len(dry.Observations) != 2 || !dry.DryRun || len(w.found("staging")) != 2 {
		t.Errorf("dry run: %+v", dry)
	}
	if gone := into[client.Forgotten](w.do("POST", path, w.key, `{"match":"staging"}`).want(200)); gone.Count != 2 || gone.DryRun {
		t.Errorf("%+v", gone)
	}
	if hits := w.found("staging"); len(hits) != 0 {
		t.Errorf("found after all: %+v", hits)
	}
	if entries := w.audited(memory.AuditObservationGone); len(entries) != 2 {
		t.Errorf("%d audited", len(entries))
	}
	w.do("POST", path, w.key, `{}`).want(400)
	w.do("POST", path, w.mint(memory.APIKey{Scopes: []string{memory.ScopeObservationsRead}}), `{"match":"x"}`).want(403)
	w.do("POST", "/v1/projects/"+w.foreign.ID+"/forget", w.key, `{"match":"x"}`).want(404)
	if gone := into[client.Forgotten](w.do("POST", path, w.key, text(t, map[string]any{"before": memory.Now() + 1000})).want(200)); gone.Count != 1 {
		t.Errorf("by time: %+v", gone)
	}
}
