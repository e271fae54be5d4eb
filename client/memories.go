package client

import (
	"context"
	"net/http"
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

// MemoryChange is the body of PATCH /v1/memories/:id; a nil field leaves things as
// they are. Metadata takes the place of the metadata there was.
type MemoryChange struct {
	Kind     *string          `json:"kind,omitempty"`
	Content  *string          `json:"content,omitempty"`
	Metadata *memory.Metadata `json:"metadata,omitempty"`
}

// Deleted is the answer of DELETE /v1/memories/:id.
type Deleted struct {
	Deleted bool   `json:"deleted"`
	ID      string `json:"id"`
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

// EditMemory changes an observation and returns it as it is then. It is tried again
// where a read is: to make the same change twice is to make it once.
func (c *Client) EditMemory(ctx context.Context, id string, in MemoryChange) (memory.Observation, error) {
	var out MemoryAnswer
	err := c.do(ctx, call{method: http.MethodPatch, path: "/v1/memories/" + url.PathEscape(id), body: in, again: true}, &out)
	return out.Memory, err
}

// DeleteMemory removes an observation for good. One that is gone already is
// memory.ErrNotFound, so it is not tried again.
func (c *Client) DeleteMemory(ctx context.Context, id string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: "/v1/memories/" + url.PathEscape(id)}, &Deleted{})
}

// ObservationsBatch finds observations by id or number; missing ones are left out.
func (c *Client) ObservationsBatch(ctx context.Context, in ObservationsRequest) ([]memory.Observation, error) {
	var out ObservationsAnswer
	err := c.do(ctx, ask("/v1/observations/batch", in), &out)
	return out.Observations, err
}
