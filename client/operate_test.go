package client

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"claude-mem/memory"
)

// changes are the calls that change something or ask about it, with what each has to
// send, and how often when the server says that it is away.
func changes(ctx context.Context) map[string]struct {
	want  string // "METHOD URI body"
	tries int32
	call  func(c *Client) error
} {
	kind, days := "note", 30
	only := func(_ any, err error) error { return err }
	return map[string]struct {
		want  string
		tries int32
		call  func(c *Client) error
	}{
		"edit":   {`PATCH /v1/memories/a%2Fb {"kind":"note"}`, 3, func(c *Client) error { return only(c.EditMemory(ctx, "a/b", MemoryChange{Kind: &kind})) }},
		"delete": {`DELETE /v1/memories/m `, 1, func(c *Client) error { return only(c.DeleteMemory(ctx, "m")) }},
		"purge":  {`DELETE /v1/projects/p/memory `, 1, func(c *Client) error { return only(c.PurgeProject(ctx, "p")) }},
		"retry":  {`POST /v1/jobs/j/retry {}`, 3, func(c *Client) error { return only(c.RetryJob(ctx, "j")) }},
		"cancel": {`POST /v1/jobs/j/cancel {}`, 3, func(c *Client) error { return only(c.CancelJob(ctx, "j")) }},
		"team jobs": {`GET /v1/teams/t/jobs?limit=5&status=failed `, 3, func(c *Client) error {
			return only(c.TeamJobs(ctx, "t", JobFilter{Status: memory.JobFailed, Limit: 5}))
		}},
		"project jobs":   {`GET /v1/projects/p/jobs `, 3, func(c *Client) error { return only(c.ProjectJobs(ctx, "p", JobFilter{})) }},
		"create project": {`POST /v1/projects {"name":"n"}`, 3, func(c *Client) error { return only(c.CreateProject(ctx, ProjectRequest{Name: "n"})) }},
		"project":        {`GET /v1/projects/p `, 3, func(c *Client) error { return only(c.Project(ctx, "p")) }},
		"audit": {`GET /v1/audit?action=a&limit=2&projectId=p&requestId=r&resourceId=x `, 3, func(c *Client) error {
			return only(c.Audit(ctx, AuditFilter{ProjectID: "p", Action: "a", ResourceID: "x", RequestID: "r", Limit: 2}))
		}},
		"mint":    {`POST /v1/keys {"label":"l","expiresInDays":30}`, 1, func(c *Client) error { return only(c.MintKey(ctx, KeyMint{Label: "l", ExpiresInDays: &days})) }},
		"connect": {`GET /v1/connect `, 3, func(c *Client) error { return only(c.Connect(ctx)) }},
		"usage":   {`GET /v1/usage?by=day&projectId=p `, 3, func(c *Client) error { return only(c.Usage(ctx, UsageFilter{ProjectID: "p", By: "day"})) }},
		"legacy observation": {`POST /api/sessions/observations {"contentSessionId":"c","tool_name":"Bash"}`, 1, func(c *Client) error {
			return only(c.LegacyObserve(ctx, LegacyObservation{ContentSessionID: "c", ToolName: "Bash"}))
		}},
		"legacy summary": {`POST /api/sessions/summarize {"contentSessionId":"c"}`, 1, func(c *Client) error {
			return only(c.LegacySummarize(ctx, LegacySummary{ContentSessionID: "c"}))
		}},
	}
}

func TestChanges(t *testing.T) {
	for name, tt := range changes(t.Context()) {
		srv, got := stub(t, 200, "{}")
		if err := tt.call(New(srv.URL, "k", Options{})); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if sent := got.Method + " " + got.URI + " " + got.Body; sent != tt.want {
			t.Errorf("%s: sent %s, want %s", name, sent, tt.want)
		}
		// What fails is known again by its kind.
		srv, _ = stub(t, http.StatusConflict, `{"error":"Conflict","message":"no"}`)
		if err := tt.call(New(srv.URL, "k", Options{})); !errors.Is(err, memory.ErrConflict) {
			t.Errorf("%s: a conflict is %v", name, err)
		}
		var tries atomic.Int32
		away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			tries.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		if err := tt.call(New(away.URL, "k", Options{})); !errors.Is(err, memory.ErrUnavailable) || tries.Load() != tt.tries {
			t.Errorf("%s: tried %d times, want %d: %v", name, tries.Load(), tt.tries, err)
		}
		away.Close()
	}
}

func TestStreamIsRead(t *testing.T) {
	body := ": listening\n\nevent: observation.created\ndata: {\"observation\":{\"id\":\"o\"}}\n\n: heartbeat\n\nevent: job.updated\ndata: {\"generationJob\":{\"id\":\"j\"}}\n\n"
	srv, got := stub(t, 200, body)
	c := New(srv.URL, "k", Options{})
	var heard []string
	err := c.Stream(t.Context(), "p", func(e StreamEvent) error {
		switch {
		case e.Observation != nil:
			heard = append(heard, e.Type+" "+e.Observation.ID)
		case e.Job != nil:
			heard = append(heard, e.Type+" "+e.Job.ID)
		}
		return nil
	})
	if !errors.Is(err, memory.ErrUnavailable) || len(heard) != 2 || heard[0] != "observation.created o" || heard[1] != "job.updated j" || got.URI != "/v1/stream?projectId=p" {
		t.Errorf("heard %v of %s, %v", heard, got.URI, err)
	}
	enough := errors.New("enough")
	if err := c.Stream(t.Context(), "p", func(StreamEvent) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("stopped with %v", err)
	}
	srv, _ = stub(t, http.StatusForbidden, `{"error":"Forbidden","message":"no"}`)
	if err := New(srv.URL, "k", Options{}).Stream(t.Context(), "", nil); !errors.Is(err, memory.ErrForbidden) {
		t.Errorf("refused with %v", err)
	}
	srv, _ = stub(t, 200, "data: not json\n\n")
	if err := New(srv.URL, "k", Options{}).Stream(t.Context(), "", nil); err == nil || errors.Is(err, memory.ErrUnavailable) {
		t.Errorf("what is no stream: %v", err)
	}
}
