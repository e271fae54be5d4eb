package httpapi

import (
	"context"
	"strings"
	"testing"

	"claude-mem/client"
	"claude-mem/memory"
	"claude-mem/storage"
)

// remember stores a memory in project p.
func (w *world) remember(content string) memory.Observation {
	w.t.Helper()
	return into[client.MemoryAnswer](w.do("POST", "/v1/memories", w.key, text(w.t, map[string]any{
		"projectId": w.p.ID, "content": content, "metadata": map[string]any{"title": "first", "mine": 1},
	})).want(201)).Memory
}

// found searches project p.
func (w *world) found(query string) []client.SearchHit {
	w.t.Helper()
	return into[client.SearchResponse](w.do("POST", "/v1/search", w.key, text(w.t, map[string]any{"projectId": w.p.ID, "query": query})).want(200)).Observations
}

// audited lists what is in the log of an action, newest first.
func (w *world) audited(action string) []memory.AuditEntry {
	w.t.Helper()
	w.Flush(w.t.Context())
	entries, err := w.store.Audit(w.t.Context(), memory.Scope{TeamID: w.ours.ID}, storage.AuditFilter{Action: action}, storage.Page{})
	if err != nil {
		w.t.Fatal(err)
	}
	return entries
}

func TestPatchMemory(t *testing.T) {
	w := newWorld(t, nil)
	o := w.remember("the retry budget is three")
	secret := "ghp_" + strings.Repeat("a1B2", 9)
	got := into[client.MemoryAnswer](w.do("PATCH", "/v1/memories/"+o.ID, w.key, text(t, map[string]any{"content": "the deadline is five " + secret})).want(200)).Memory
	if got.Number != o.Number || got.Kind != o.Kind || got.Metadata.Title != "first" || got.UpdatedAt < o.UpdatedAt {
		t.Errorf("changed more than the content: %+v", got)
	}
	if strings.Contains(got.Content, secret) || !strings.HasPrefix(got.Content, "the deadline is five") {
		t.Errorf("content %q", got.Content)
	}
	if len(w.found("budget")) != 0 || len(w.found("deadline")) != 1 {
		t.Error("the search does not know of the change")
	}
	got = into[client.MemoryAnswer](w.do("PATCH", "/v1/memories/"+o.ID, w.key, `{"kind":"decision","metadata":{"title":"second"},"projectId":"`+w.p.ID+`"}`).want(200)).Memory
	if got.Kind != "decision" || got.Metadata.Title != "second" || got.Metadata.Extra != nil {
		t.Errorf("changed to %+v", got)
	}
	log := w.audited(memory.AuditMemoryWrite)
	if len(log) != 3 || !strings.Contains(string(log[0].Details), `"changed":["kind","metadata"]`) {
		t.Errorf("audit %+v", log)
	}
	for _, c := range []struct {
		body   string
		status int
		says   string
	}{
		{`{}`, 400, "expected kind, content or metadata"},
		{`{"kind":null,"metadata":null}`, 400, "expected kind, content or metadata"},
		{`{"content":""}`, 400, `"content"`},
		{`{"kind":""}`, 400, `"kind"`},
		{`{"content":7}`, 400, `"content"`},
		{`{"metadata":[]}`, 400, `"metadata"`},
		{`{"kind":"x","projectId":"` + w.q.ID + `"}`, 400, "projectId cannot be changed"},
	} {
		if got := w.do("PATCH", "/v1/memories/"+o.ID, w.key, c.body); got.Code != c.status || !strings.Contains(got.Body.String(), c.says) {
			t.Errorf("%s: %d %s", c.body, got.Code, got.Body)
		}
	}
	w.do("PATCH", "/v1/memories/nope", w.key, `{"kind":"x"}`).want(404)
}

func TestDeleteMemory(t *testing.T) {
	w := newWorld(t, nil)
	o := w.remember("the retry budget is three")
	if got := into[client.Deleted](w.do("DELETE", "/v1/memories/"+o.ID, w.key, "").want(200)); !got.Deleted || got.ID != o.ID {
		t.Errorf("answer %+v", got)
	}
	if got := w.do("DELETE", "/v1/memories/"+o.ID, w.key, "").want(404); into[client.ErrorBody](got).Message != "Memory not found" {
		t.Errorf("again: %s", got.Body)
	}
	if len(w.found("budget")) != 0 {
		t.Error("a search still finds it")
	}
	if log := w.audited(memory.AuditObservationGone); len(log) != 1 || string(log[0].ResourceID) != o.ID || log[0].RequestID == "" {
		t.Errorf("audit %+v", log)
	}
}

func TestPurgeProject(t *testing.T) {
	w := newWorld(t, nil)
	w.remember("the retry budget is three")
	w.do("POST", "/v1/events", w.key, w.event(nil)).want(201)
	got := into[client.Purged](w.do("DELETE", "/v1/projects/"+w.p.ID+"/memory", w.key, "").want(200))
	if want := (memory.Purged{Observations: 1, Events: 1, Sessions: 1, Jobs: 1}); !got.Purged || got.ProjectID != w.p.ID || got.Counts != want {
		t.Errorf("answer %+v", got)
	}
	if len(w.found("budget")) != 0 {
		t.Error("a search still finds something")
	}
	if got := into[client.JobList](w.do("GET", "/v1/projects/"+w.p.ID+"/jobs", w.key, "").want(200)); got.Total != 0 {
		t.Errorf("jobs %+v", got)
	}
	w.do("POST", "/v1/events", w.key, w.event(nil)).want(201) // the project is still there
}

// Reading is audited, with who read what.
func TestReadsAreAudited(t *testing.T) {
	w := newWorld(t, nil)
	o := w.remember("the retry budget is three")
	ev := into[client.EventResult](w.do("POST", "/v1/events", w.key, w.event(nil)).want(201))
	project := "?projectId=" + w.p.ID
	for _, r := range []struct{ method, path, body, mode string }{
		{"GET", "/v1/memories/" + o.ID, "", "get"},
		{"GET", "/v1/events/" + ev.Event.ID + "/observations", "", "event_observations"},
		{"POST", "/v1/observations/batch", text(t, map[string]any{"ids": []string{o.ID}}), "batch"},
		{"POST", "/v1/search", text(t, map[string]any{"projectId": w.p.ID, "query": "retry"}), "search"},
		{"POST", "/v1/context", text(t, map[string]any{"projectId": w.p.ID, "query": "retry"}), "context"},
		{"GET", "/v1/context" + project, "", "session_context"},
		{"GET", "/v1/timeline" + project + "&query=retry", "", "timeline"},
		{"POST", "/v1/hooks", text(t, map[string]any{"project": w.p.ID, "sessionId": "h", "want": map[string]any{"session": true}}), "hook"},
		{"GET", "/v1/jobs", "", "jobs_list"},
		{"GET", "/v1/teams/" + w.ours.ID + "/jobs", "", "team_jobs"},
		{"GET", "/v1/projects/" + w.p.ID + "/jobs", "", "project_jobs"},
	} {
		got := w.do(r.method, r.path, w.key, r.body).want(200)
		log := w.audited(memory.AuditObservationRead)
		if len(log) == 0 || string(log[0].RequestID) != got.Header().Get("X-Request-Id") || log[0].APIKeyID == "" {
			t.Errorf("%s: %+v", r.path, log)
			continue
		}
		details := string(log[0].Details)
		listsIDs := !strings.Contains(r.mode, "jobs") && r.mode != "event_observations"
		if !strings.Contains(details, `"mode":"`+r.mode+`"`) || strings.Contains(details, o.ID) != listsIDs || strings.Contains(details, "retry") {
			t.Errorf("%s: details %s", r.path, details)
		}
	}
}

// counting counts attempts to write, which fail if told to.
type counting struct {
	storage.Store
	writes int
	err    error
}

func (c *counting) InTx(ctx context.Context, fn func(storage.Tx) error) error {
	c.writes++
	if c.err != nil {
		return c.err
	}
	return c.Store.InTx(ctx, fn)
}

// A search writes nothing; and where nothing can be written it is answered all the same,
// without trying each time.
func TestReadsDoNotWaitForWrites(t *testing.T) {
	w := newWorld(t, nil)
	o := w.remember("the retry budget is three")
	store := &counting{Store: w.API.Store}
	w.API.Store = store
	search := text(t, map[string]any{"projectId": w.p.ID, "query": "retry"})
	for range 20 {
		w.do("POST", "/v1/search", w.key, search).want(200)
	}
	if store.writes != 0 {
		t.Errorf("%d writes of 20 searches", store.writes)
	}
	store.err = memory.ErrUnavailable
	r := &request{Request: httpRequest(t), caller: memory.Caller{Key: memory.APIKey{TeamID: w.ours.ID}}}
	for range 2 * maxUnwritten {
		w.noteRead(r, "search", w.p.Scope(), 1, o.ID)
	}
	w.do("POST", "/v1/search", w.key, search).want(200)
	if store.writes != 1 {
		t.Errorf("%d attempts to write", store.writes)
	}
	store.err = nil
	w.Flush(t.Context())
	if n := len(w.reads.take()); n != 0 || !strings.Contains(w.log.String(), "lost=") {
		t.Errorf("%d wait, log %s", n, w.log)
	}
	if n := len(w.audited(memory.AuditObservationRead)); n == 0 {
		t.Error("nothing is audited once it can be written again")
	}
}

// What cannot be written is kept for later, but not without bound.
func TestReadsOfAStoreThatIsDown(t *testing.T) {
	w := newWorld(t, nil)
	r := &request{Request: httpRequest(t), caller: memory.Caller{Key: memory.APIKey{TeamID: w.ours.ID}}}
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2*maxUnwritten + 10 {
		w.noteRead(r, "search", memory.Scope{TeamID: w.ours.ID}, 0)
	}
	if n := len(w.reads.take()); n == 0 || n > maxUnwritten {
		t.Errorf("%d wait", n)
	}
	if !strings.Contains(w.log.String(), "reads are not audited") {
		t.Errorf("log %s", w.log)
	}
}
