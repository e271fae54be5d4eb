package client

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"claude-mem/memory"
)

// SearchRequest is the body of POST /v1/search. Query is any text; nothing in it
// is syntax. A zero filter does not narrow.
type SearchRequest struct {
	ProjectID string       `json:"projectId"` // id, or name of a project
	Query     string       `json:"query"`
	Limit     int          `json:"limit,omitempty"` // at most 100; 0 means 20
	Offset    int          `json:"offset,omitempty"`
	Kinds     []string     `json:"kinds,omitempty"`
	Concepts  []string     `json:"concepts,omitempty"`
	Files     []string     `json:"files,omitempty"` // a path, or the end of one
	Since     memory.Epoch `json:"since,omitzero"`
	Until     memory.Epoch `json:"until,omitzero"` // exclusive
}

// SearchHit is an observation that matched, with how well and by which words.
// Scores of different searches do not compare.
type SearchHit struct {
	memory.Observation
	Score   float64  `json:"score,omitempty"`
	Matched []string `json:"matched,omitempty"`
}

// The values of SearchResponse.Semantic besides "".
const (
	SemanticOn          = "on"
	SemanticUnavailable = "unavailable"
)

// SearchResponse is the answer, best first.
type SearchResponse struct {
	Observations []SearchHit `json:"observations"`
	// Semantic is SemanticOn if what is near in meaning is among them, SemanticUnavailable
	// if it would be and the embedding model did not answer in time, or the vectors are
	// still being read, "" if there is no model.
	Semantic string `json:"semantic,omitempty"`
	// Respelled are words of the query that no memory of the project has, and what was
	// looked for instead.
	Respelled []Respelled `json:"respelled,omitempty"`
}

// Respelled is a word, and the nearest to it that memories have.
type Respelled struct {
	Asked string   `json:"asked"`
	Found []string `json:"found"`
}

// Notice tells it to who asked.
func (r Respelled) Notice() string {
	return "Searched also for " + strings.Join(r.Found, " and ") + ": no memory has " + r.Asked + "."
}

// ContextRequest is the body of POST /v1/context: what is known about Query, as
// text for a model.
type ContextRequest struct {
	ProjectID   string `json:"projectId"`
	Query       string `json:"query"`
	Limit       int    `json:"limit,omitempty"`       // observations, at most 50; 0 means 10
	TokenBudget int    `json:"tokenBudget,omitempty"` // of the text; 0 means the server's default
}

// SessionContextRequest asks for the session-start context (GET /v1/context).
type SessionContextRequest struct {
	ProjectID   string
	TokenBudget int // 0 means the server's default
	// Tree is what the session would work on; what bears on it is listed first.
	Tree memory.WorkingTree
}

// ContextResponse is the text to inject and what it was made from. Tokens is the
// server's estimate of the text's size.
type ContextResponse struct {
	Context      string               `json:"context"`
	Observations []memory.Observation `json:"observations"`
	Tokens       int                  `json:"tokens"`
}

// TimelineRequest asks for what happened around a moment: that of the observation
// with number Anchor, or else of the best match for Query.
type TimelineRequest struct {
	ProjectID     string
	Anchor        int64
	Query         string
	Before, After *int // observations on each side, at most 100; nil means 10
}

// TimelineResponse is in the order things happened, the anchor among them.
type TimelineResponse struct {
	Anchor       int64                `json:"anchor"`
	Observations []memory.Observation `json:"observations"`
}

// Search ranks the project's observations by how well they match.
func (c *Client) Search(ctx context.Context, in SearchRequest) (SearchResponse, error) {
	var out SearchResponse
	return out, c.do(ctx, ask("/v1/search", in), &out)
}

// Context builds a text from what matches the query.
func (c *Client) Context(ctx context.Context, in ContextRequest) (ContextResponse, error) {
	var out ContextResponse
	return out, c.do(ctx, ask("/v1/context", in), &out)
}

// SessionContext builds the text that a session starts with.
func (c *Client) SessionContext(ctx context.Context, in SessionContextRequest) (ContextResponse, error) {
	q := url.Values{"projectId": {in.ProjectID}}
	setInt(q, "tokenBudget", in.TokenBudget)
	setText(q, "branch", in.Tree.Branch)
	for _, name := range in.Tree.Changed[:min(len(in.Tree.Changed), memory.MaxChangedFiles)] {
		q.Add("changed", name)
	}
	var out ContextResponse
	return out, c.do(ctx, get("/v1/context", q), &out)
}

// Timeline lists what happened before and after.
func (c *Client) Timeline(ctx context.Context, in TimelineRequest) (TimelineResponse, error) {
	q := url.Values{"projectId": {in.ProjectID}}
	if in.Anchor != 0 {
		q.Set("anchor", strconv.FormatInt(in.Anchor, 10))
	}
	setText(q, "query", in.Query)
	for name, n := range map[string]*int{"before": in.Before, "after": in.After} {
		if n != nil {
			q.Set(name, strconv.Itoa(*n))
		}
	}
	var out TimelineResponse
	return out, c.do(ctx, get("/v1/timeline", q), &out)
}
