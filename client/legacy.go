package client

import (
	"context"
)

// LegacyObservation is the body of POST /api/sessions/observations, with which clients
// of the original worker tell of a tool call.
type LegacyObservation struct {
	ContentSessionID string `json:"contentSessionId"`
	ToolName         string `json:"tool_name"`
	ToolInput        any    `json:"tool_input,omitempty"`
	ToolResponse     any    `json:"tool_response,omitempty"`
	CWD              string `json:"cwd,omitempty"`
	AgentID          string `json:"agentId,omitempty"`
	AgentType        string `json:"agentType,omitempty"`
	PlatformSource   string `json:"platformSource,omitempty"`
	ToolUseID        string `json:"tool_use_id,omitempty"`
}

// LegacySummary is the body of POST /api/sessions/summarize.
type LegacySummary struct {
	ContentSessionID string `json:"contentSessionId"`
	LastMessage      string `json:"last_assistant_message,omitempty"`
	AgentID          string `json:"agentId,omitempty"` // set: nothing is done
	PlatformSource   string `json:"platformSource,omitempty"`
}

// LegacyQueued is the answer of both. SessionID and ServerSessionID are the same.
type LegacyQueued struct {
	Status           string  `json:"status"`                     // queued
	ObservationCount int     `json:"observationCount,omitempty"` // of observations: 1
	SessionID        string  `json:"sessionId"`
	ServerSessionID  string  `json:"serverSessionId"`
	EventID          string  `json:"eventId,omitempty"` // of observations
	GenerationJobID  *string `json:"generationJobId"`   // nil: none is owed yet
	Transport        string  `json:"transport"`
}

// LegacySkipped is the answer of summarize for a sub-agent.
type LegacySkipped struct {
	Status string `json:"status"` // skipped
	Reason string `json:"reason"`
}

// LegacyFailure is the answer when we failed, in the shapes of the original's two
// routes, with a 500.
type LegacyFailure struct {
	Stored *bool  `json:"stored,omitempty"` // of observations: false
	Status string `json:"status,omitempty"` // of summarize: error
	Reason string `json:"reason"`
}

// LegacyObserve tells of a tool call as a client of the original worker does. The key
// has to be bound to a project.
func (c *Client) LegacyObserve(ctx context.Context, in LegacyObservation) (LegacyQueued, error) {
	var out LegacyQueued
	return out, c.do(ctx, post("/api/sessions/observations", in), &out)
}

// LegacySummarize ends a session as a client of the original worker does; of a
// sub-agent the Status is skipped, and nothing else is set.
func (c *Client) LegacySummarize(ctx context.Context, in LegacySummary) (LegacyQueued, error) {
	var out LegacyQueued
	return out, c.do(ctx, post("/api/sessions/summarize", in), &out)
}
