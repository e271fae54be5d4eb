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
	// Supersedes names what it takes the place of, by number or id, in the project.
	Supersedes []string `json:"supersedes,omitempty"`
}

// MemoryAnswer is the answer of the memory routes. Supersedes, which only GET tells,
// are the observations that this one took the place of, the newest first.
type MemoryAnswer struct {
	Memory     memory.Observation `json:"memory"`
	Supersedes []Cited            `json:"supersedes,omitempty"`
}

// Cited is an observation by what people and agents call it.
type Cited struct {
	ID     string `json:"id"`
	Number int64  `json:"number"`
	Title  string `json:"title"`
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
	Count   int    `json:"count"` // it and those alike that it had taken the place of
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
	out, err := c.MemoryAnswer(ctx, id)
	return out.Memory, err
}

// MemoryAnswer finds an observation by id and tells what it took the place of.
func (c *Client) MemoryAnswer(ctx context.Context, id string) (MemoryAnswer, error) {
	var out MemoryAnswer
	return out, c.do(ctx, get("/v1/memories/"+url.PathEscape(id), nil), &out)
}

// EditMemory changes an observation and returns it as it is then. It is tried again
// where a read is: to make the same change twice is to make it once.
func (c *Client) EditMemory(ctx context.Context, id string, in MemoryChange) (memory.Observation, error) {
	var out MemoryAnswer
	err := c.do(ctx, call{method: http.MethodPatch, path: "/v1/memories/" + url.PathEscape(id), body: in, again: true}, &out)
	return out.Memory, err
}

// DeleteMemory removes an observation for good, with those alike that it had taken
// the place of, and returns how many that were. One that is gone already is
// memory.ErrNotFound, so it is not tried again.
func (c *Client) DeleteMemory(ctx context.Context, id string) (int, error) {
	var out Deleted
	err := c.do(ctx, call{method: http.MethodDelete, path: "/v1/memories/" + url.PathEscape(id)}, &out)
	return out.Count, err
}

// ForgetRequest is the body of POST /v1/projects/:id/forget: which of the project's
// memories are to go. Those go that meet all that is given; something has to be.
type ForgetRequest struct {
	Before memory.Epoch `json:"before,omitzero"` // of what happened earlier
	Match  string       `json:"match,omitempty"` // that hold this text, case aside; nothing in it is syntax
	DryRun bool         `json:"dryRun,omitempty"`
}

// Forgotten is the answer: how many are gone, or would be, and the newest of those
// that were asked for. Count may be more: what is alike goes together.
type Forgotten struct {
	ProjectID    string  `json:"projectId"`
	DryRun       bool    `json:"dryRun"`
	Count        int     `json:"count"`
	Observations []Cited `json:"observations"`
}

// Forget removes the memories of a project, by its id, that the request names; a dry
// run only counts them.
func (c *Client) Forget(ctx context.Context, projectID string, in ForgetRequest) (Forgotten, error) {
	var out Forgotten
	err := c.do(ctx, post("/v1/projects/"+url.PathEscape(projectID)+"/forget", in), &out)
	return out, err
}

// ObservationsBatch finds observations by id or number; missing ones are left out.
func (c *Client) ObservationsBatch(ctx context.Context, in ObservationsRequest) ([]memory.Observation, error) {
	var out ObservationsAnswer
	err := c.do(ctx, ask("/v1/observations/batch", in), &out)
	return out.Observations, err
}
