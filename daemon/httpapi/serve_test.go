package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"claude-mem/client"
	"claude-mem/memory"
	"claude-mem/storage"
)

func TestPublicRoutes(t *testing.T) {
	w := newWorld(t, nil)
	for path, want := range map[string]string{
		"/healthz":       `{"status":"ok","runtime":"local"}`,
		"/api/readiness": `{"status":"ready"}`,
		"/api/version":   `{"version":"v1"}`,
	} {
		if got := w.do("GET", path, "", "").want(200); got.Body.String() != want {
			t.Errorf("%s: %s", path, got.Body)
		}
	}
	w.do("GET", "/api/health", "", "").want(200)
	w.do("GET", "/v1/info", "", "").want(200)
	w.system.sick, w.system.stopping = true, true
	w.do("GET", "/api/health", "", "").want(503)
	w.do("GET", "/api/readiness", "", "").want(503)
}

func TestUnknownRoutes(t *testing.T) {
	w := newWorld(t, nil)
	for _, c := range []struct{ method, path string }{
		{"GET", "/"}, {"GET", "/v1/nope"}, {"GET", "/v1/events"},
		{"POST", "/v1/sessions/start/"}, {"GET", "/v1//jobs"},
	} {
		got := w.do(c.method, c.path, w.key, "").want(404)
		if body := into[client.ErrorBody](got); body.Error != memory.CodeNotFound || body.Message != "Cannot "+c.method+" "+c.path {
			t.Errorf("%s %s: %s", c.method, c.path, got.Body)
		}
	}
}

func TestRequestIDs(t *testing.T) {
	w := newWorld(t, nil)
	for sent, kept := range map[string]bool{
		"req-abc-123": true, "A.b:c_9": true,
		"": false, "two words": false, "line\nbreak": false, "é": false, strings.Repeat("x", 129): false, `"><script>`: false,
	} {
		got := w.do("GET", "/healthz", "", "", func(r *http.Request) { r.Header.Set("X-Request-Id", sent) }).Header().Get("X-Request-Id")
		if (got == sent) != kept || !kept && uuid.Validate(got) != nil {
			t.Errorf("%q became %q", sent, got)
		}
	}
	e := into[client.EventResult](w.do("POST", "/v1/events", w.key, w.event(nil), func(r *http.Request) { r.Header.Set("X-Request-Id", "mine") }))
	audit, err := w.store.Audit(t.Context(), e.Event.Scope(), storage.AuditFilter{RequestID: "mine"}, storage.Page{})
	if err != nil || len(audit) == 0 {
		t.Errorf("no audit row has the request id: %v", err)
	}
	if j, err := w.store.JobByID(t.Context(), e.GenerationJob.ID); err != nil || j.RequestID != "mine" {
		t.Errorf("the job has request id %q, %v", j.RequestID, err)
	}
}

func TestFailuresOfOurs(t *testing.T) {
	w := newWorld(t, nil)
	fail := func(path string, handle func() error) {
		w.router.GET(path, w.handler(Route{handle: func(*API, *request) (answer, error) { return answer{}, handle() }}))
	}
	fail("/panic", func() error { panic("secret detail") })
	fail("/error", func() error { return errors.New("secret detail") })
	fail("/internal", func() error { return memory.Errorf(memory.CodeInternal, "secret detail") })
	fail("/busy", func() error {
		return &memory.Error{Code: memory.CodeUnavailable, Message: "later", RetryAfter: 1500 * time.Millisecond}
	})
	for _, path := range []string{"/panic", "/error", "/internal"} {
		got := w.do("GET", path, "", "", func(r *http.Request) { r.Header.Set("X-Request-Id", "r1") }).want(500)
		if got.Body.String() != `{"error":"InternalError","message":"Internal error","requestId":"r1"}` {
			t.Errorf("%s: %s", path, got.Body)
		}
		if log := w.log.String(); !strings.Contains(log, "secret detail") || !strings.Contains(log, "r1") {
			t.Errorf("%s: log %s", path, log)
		}
		w.log.Reset()
	}
	if got := w.do("GET", "/busy", "", "").want(503); got.Header().Get("Retry-After") != "2" {
		t.Errorf("Retry-After %q", got.Header().Get("Retry-After"))
	}
	w.router.GET("/unsayable", w.handler(Route{handle: func(*API, *request) (answer, error) { return ok(func() {}) }}))
	w.do("GET", "/unsayable", "", "").want(500)
}

func TestWaitIsWoken(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxWait = time.Minute })
	go finishFirstJob(w)
	got := into[client.EventResult](w.do("POST", "/v1/events?wait=true", w.key, w.event(nil)).want(201))
	j := got.GenerationJob
	if j == nil || j.Status != memory.JobCompleted || j.Attempts == nil || *j.Attempts != 1 || got.WaitTimedOut || j.Transport != "enqueued" {
		t.Errorf("answer %+v, job %+v", got, j)
	}
	if n := len(w.Hub.waiters); n != 0 {
		t.Errorf("%d waiters are left", n)
	}
}

// finishFirstJob plays the worker.
func finishFirstJob(w *world) {
	ctx := w.t.Context()
	for ctx.Err() == nil {
		jobs, _, err := w.store.Jobs(ctx, memory.Scope{TeamID: w.ours.ID}, storage.JobFilter{}, storage.Page{})
		if err != nil || len(jobs) == 0 {
			continue
		}
		now := memory.Now()
		w.tx(func(tx storage.Tx) error {
			if _, err := tx.LeaseJob(ctx, jobs[0].ID, "w", now, now+60_000); err != nil {
				return err
			}
			_, err := tx.FinishJob(ctx, jobs[0].ID, "w", storage.Outcome{Status: memory.JobCompleted, Result: "skipped: test", At: now})
			return err
		})
		w.Hub.Publish(jobs[0].Notice())
		return
	}
}

func TestWaitTimesOut(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxWait = time.Millisecond })
	got := into[client.EventResult](w.do("POST", "/v1/events?wait=true", w.key, w.event(nil)).want(201))
	if !got.WaitTimedOut || got.GenerationJob.Status != memory.JobQueued || got.GenerationJob.Attempts == nil {
		t.Errorf("answer %+v, job %+v", got, got.GenerationJob)
	}
	batch := into[client.EventBatch](w.do("POST", "/v1/events/batch?wait=true", w.key, "["+w.event(nil)+"]").want(201))
	if !batch.Events[0].WaitTimedOut {
		t.Errorf("batch %+v", batch)
	}
}

func TestNobodyWaitsForAClosedHub(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxWait = time.Minute })
	go w.Hub.Close()
	for range 2 { // the second comes too late to wait at all
		if got := into[client.EventResult](w.do("POST", "/v1/events?wait=true", w.key, w.event(nil)).want(201)); !got.WaitTimedOut {
			t.Errorf("answer %+v", got)
		}
	}
}

func TestWaiterWhoLeaves(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxWait = time.Minute })
	ctx, cancel := context.WithCancel(t.Context())
	stored, err := w.Capture.Events(t.Context(), memory.Caller{Key: memory.APIKey{TeamID: w.ours.ID}}, []memory.EventInput{{
		ProjectID: w.p.ID, SourceType: "api", EventType: "x", OccurredAt: new(memory.Epoch),
	}}, generating)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := w.Hub.await(ctx, w.store, *stored[0].Job); !errors.Is(err, context.Canceled) {
		t.Errorf("await: %v", err)
	}
	if n := len(w.Hub.waiters); n != 0 {
		t.Errorf("%d waiters are left", n)
	}
}

func TestMetrics(t *testing.T) {
	w := newWorld(t, nil)
	w.do("GET", "/v1/events/nope", w.key, "").want(404)
	w.do("GET", "/v1/projects", "", "").want(401)
	w.do("BREW", "/pot", "", "").want(404)
	text := w.do("GET", "/metrics", "", "").want(200).Body.String()
	for _, line := range []string{
		`claude_mem_http_requests_total{method="GET",route="/v1/events/:id",status="404"} 1`,
		`claude_mem_http_requests_total{method="GET",route="/v1/projects",status="401"} 1`,
		`claude_mem_http_requests_total{method="other",route="none",status="404"} 1`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	for _, ours := range []string{w.ours.ID, w.p.ID, "nope", "/pot"} {
		if strings.Contains(text, ours) {
			t.Errorf("the metrics name %s", ours)
		}
	}
}
