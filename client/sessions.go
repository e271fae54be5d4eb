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
	Sessions []ListedSession `json:"sessions"`
}

// ListedSession is a session and what it was about.
type ListedSession struct {
	memory.Session
	ProjectName string `json:"projectName"`
	// Topic is the title of the newest summary, or else how the first prompt begins.
	Topic memory.Opt `json:"topic"`
	// Summary is the number of the newest summary; 0 (and absent): there is none yet.
	Summary      int64        `json:"summaryNumber,omitzero"`
	Prompts      int64        `json:"prompts"`
	ToolCalls    int64        `json:"toolCalls"`    // those of sub-agents too
	Observations int64        `json:"observations"` // that nothing replaces, the summary among them
	LastEventAt  memory.Epoch `json:"lastEventAtEpoch"`
}

// Sessions lists the sessions of a project, given by id or name, or with an empty one
// all that the key reaches; a limit of 0 means 20, and 100 is the most.
func (c *Client) Sessions(ctx context.Context, projectID string, limit, offset int) ([]ListedSession, error) {
	q := url.Values{}
	setText(q, "projectId", projectID)
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
