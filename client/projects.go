package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"claude-mem/memory"
)

// ProjectList is the answer of GET /v1/projects.
type ProjectList struct {
	Projects []memory.Project `json:"projects"`
}

// ProjectRequest is the body of POST /v1/projects.
type ProjectRequest struct {
	Name     string          `json:"name"` // unique in the team; no id
	Metadata json.RawMessage `json:"metadata,omitempty"`
}

// Validate checks lengths and shapes.
func (in ProjectRequest) Validate() error {
	var is memory.Issues
	is.ID(in.Name, "name")
	is.Object(in.Metadata, "metadata")
	if err := is.Err(); err != nil {
		return err
	}
	return memory.ValidateGeneration(in.Metadata, "metadata")
}

// ProjectAnswer is the answer of POST /v1/projects and GET /v1/projects/:id.
type ProjectAnswer struct {
	Project memory.Project `json:"project"`
}

// Stats is the answer of GET /v1/stats: what is stored, and how generation stands.
type Stats struct {
	ProjectID string       `json:"projectId,omitempty"` // empty: all the key reaches
	Projects  int64        `json:"projects"`
	Sessions  int64        `json:"sessions"`
	Events    int64        `json:"events"`
	Books     memory.Books `json:"books"`
	Lanes     []LaneHealth `json:"lanes"`
	// Transport is the queue's own count, over all tenants as Lanes is; absent where
	// one project is counted, or the transport cannot be reached.
	Transport []TransportLane `json:"transport,omitempty"`
	Spool     *SpoolState     `json:"spool,omitempty"`
}

// Purged is the answer of DELETE /v1/projects/:id/memory: what is gone.
type Purged struct {
	Purged    bool          `json:"purged"`
	ProjectID string        `json:"projectId"`
	Counts    memory.Purged `json:"counts"`
}

// PurgeProject removes all that a project, by its id, remembers. The project stays.
// It is not tried again, for the counts would be those of the second time; to call
// again when it was broken off removes the rest.
func (c *Client) PurgeProject(ctx context.Context, id string) (memory.Purged, error) {
	var out Purged
	err := c.do(ctx, call{method: http.MethodDelete, path: "/v1/projects/" + url.PathEscape(id) + "/memory"}, &out)
	return out.Counts, err
}

// TransportLane is how many messages the transport holds for a lane. A message is a
// wake-up call: what is owed stands in storage.
type TransportLane struct {
	Lane    memory.Lane `json:"kind"`
	Waiting int64       `json:"waiting"`
	Active  int64       `json:"active"`
	Stalled int64       `json:"stalled"` // of the active, those that nobody holds any more
}

// projectsPage is how many projects the server lists at once.
const projectsPage = 1000

// Projects lists all projects the key reaches, by name.
func (c *Client) Projects(ctx context.Context) ([]memory.Project, error) {
	var all []memory.Project
	for {
		q := url.Values{}
		setInt(q, "offset", len(all))
		var page ProjectList
		if err := c.do(ctx, get("/v1/projects", q), &page); err != nil {
			return nil, err
		}
		all = append(all, page.Projects...)
		if len(page.Projects) < projectsPage {
			return all, nil
		}
	}
}

// CreateProject makes a project, or returns the team's project of that name.
func (c *Client) CreateProject(ctx context.Context, in ProjectRequest) (memory.Project, error) {
	var out ProjectAnswer
	err := c.do(ctx, ask("/v1/projects", in), &out)
	return out.Project, err
}

// ProjectChange is the body of PATCH /v1/projects/:id.
type ProjectChange struct {
	Generation memory.GenerationSettings `json:"generation"` // in place of what it was
}

// SetGeneration replaces what a project, by its id, wants of generation.
func (c *Client) SetGeneration(ctx context.Context, id string, g memory.GenerationSettings) (memory.Project, error) {
	var out ProjectAnswer
	err := c.do(ctx, call{method: http.MethodPatch, path: "/v1/projects/" + url.PathEscape(id), body: ProjectChange{g}, again: true}, &out)
	return out.Project, err
}

// Project finds a project by its id.
func (c *Client) Project(ctx context.Context, id string) (memory.Project, error) {
	var out ProjectAnswer
	err := c.do(ctx, get("/v1/projects/"+url.PathEscape(id), nil), &out)
	return out.Project, err
}

// Stats counts what is stored in a project, or with an empty id in all of them.
func (c *Client) Stats(ctx context.Context, projectID string) (Stats, error) {
	q := url.Values{}
	setText(q, "projectId", projectID)
	var out Stats
	return out, c.do(ctx, get("/v1/stats", q), &out)
}

// Reindexed is the answer of the reindex routes: how many of a project's observations
// can be found by meaning.
type Reindexed struct {
	ProjectID    string `json:"projectId"`
	Model        string `json:"model"`
	Indexed      int64  `json:"indexed"`
	Observations int64  `json:"observations"`
	// Waiting says why nothing comes at the moment, such as a budget that is used up; ""
	// where nothing is known to be in the way.
	Waiting string `json:"waiting,omitempty"`
	// Job is how the last run over the project stands, "" if there was none.
	Job memory.JobStatus `json:"job,omitempty"`
	// Result says what a run came to that is over: how many the model took and refused,
	// or why it failed.
	Result string `json:"result,omitempty"`
}

// Reindex owes the vectors that a project, by its id, lacks. Where no embedding model
// is configured the answer names none, and nothing is owed.
func (c *Client) Reindex(ctx context.Context, id string) (Reindexed, error) {
	var out Reindexed
	return out, c.do(ctx, post("/v1/projects/"+url.PathEscape(id)+"/reindex", struct{}{}), &out)
}

// Indexed tells how far that has come.
func (c *Client) Indexed(ctx context.Context, id string) (Reindexed, error) {
	var out Reindexed
	return out, c.do(ctx, get("/v1/projects/"+url.PathEscape(id)+"/reindex", nil), &out)
}
