package client

import (
	"context"
	"net/url"

	"claude-mem/memory"
)

// MemoryRequest is the body of POST /v1/memories: something a person or an agent
// wants remembered as it is.
type MemoryRequest struct {
	ProjectID        string          `json:"projectId"` // id, or name of a project
	ServerSessionID  string          `json:"serverSessionId,omitempty"`
	ContentSessionID string          `json:"contentSessionId,omitempty"`
	Kind             string          `json:"kind,omitempty"` // default memory.KindManual
	Content          string          `json:"content"`
	Metadata         memory.Metadata `json:"metadata,omitzero"`
}

// MemoryAnswer is the answer of the memory routes.
type MemoryAnswer struct {
	Memory memory.Observation `json:"memory"`
}

// ObservationsRequest is the body of POST /v1/observations/batch: ids, or the
// numbers that people cite, or both.
type ObservationsRequest struct {
	IDs     []string `json:"ids,omitempty"`
	Numbers []int64  `json:"numbers,omitempty"`
}

// ObservationsAnswer is the answer: those there are, in the order asked.
type ObservationsAnswer struct {
	Observations []memory.Observation `json:"observations"`
}

// Remember stores a manual observation. No provider is asked.
func (c *Client) Remember(ctx context.Context, in MemoryRequest) (memory.Observation, error) {
	var out MemoryAnswer
	err := c.do(ctx, post("/v1/memories", in), &out)
	return out.Memory, err
}

// Memory finds an observation by id.
func (c *Client) Memory(ctx context.Context, id string) (memory.Observation, error) {
	var out MemoryAnswer
	err := c.do(ctx, get("/v1/memories/"+url.PathEscape(id), nil), &out)
	return out.Memory, err
}

// ObservationsBatch finds observations by id or number; missing ones are left out.
func (c *Client) ObservationsBatch(ctx context.Context, in ObservationsRequest) ([]memory.Observation, error) {
	var out ObservationsAnswer
	err := c.do(ctx, ask("/v1/observations/batch", in), &out)
	return out.Observations, err
}
