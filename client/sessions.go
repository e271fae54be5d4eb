package client

import (
	"context"
	"net/url"

	"claude-mem/memory"
)

// SessionResult is the answer of the session routes.
type SessionResult struct {
	Session       memory.Session `json:"session"`
	GenerationJob *JobTicket     `json:"generationJob,omitempty"` // the summary owed; only at the end
}

// SessionList is the answer of GET /v1/sessions, newest first.
type SessionList struct {
	Sessions []memory.Session `json:"sessions"`
}

// Sessions lists the sessions of a project, given by id or name; a limit of 0
// means 20, and 100 is the most.
func (c *Client) Sessions(ctx context.Context, projectID string, limit, offset int) ([]memory.Session, error) {
	q := url.Values{"projectId": {projectID}}
	setInt(q, "limit", limit)
	setInt(q, "offset", offset)
	var out SessionList
	err := c.do(ctx, get("/v1/sessions", q), &out)
	return out.Sessions, err
}

// Hook tells what one hook call amounts to. It is not tried again; telling the
// same record twice stores its event once, so the caller may.
func (c *Client) Hook(ctx context.Context, r memory.HookRecord) (memory.HookAnswer, error) {
	var out memory.HookAnswer
	return out, c.do(ctx, post("/v1/hooks", r), &out)
}

// StartSession finds or makes the session.
func (c *Client) StartSession(ctx context.Context, in memory.SessionInput) (memory.Session, error) {
	var out SessionResult
	err := c.do(ctx, post("/v1/sessions/start", in), &out)
	return out.Session, err
}

// Session finds a session by the server's own id.
func (c *Client) Session(ctx context.Context, id string) (memory.Session, error) {
	var out SessionResult
	err := c.do(ctx, get("/v1/sessions/"+url.PathEscape(id), nil), &out)
	return out.Session, err
}

// EndSession ends a session and owes its summary, if anything happened in it.
func (c *Client) EndSession(ctx context.Context, id string) (SessionResult, error) {
	var out SessionResult
	return out, c.do(ctx, post("/v1/sessions/"+url.PathEscape(id)+"/end", struct{}{}), &out)
}
