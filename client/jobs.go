package client

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"claude-mem/memory"
)

// JobAnswer is the answer of GET /v1/jobs/:id.
type JobAnswer struct {
	GenerationJob memory.Job `json:"generationJob"`
}

// JobFilter narrows a list of jobs; a zero field does not.
type JobFilter struct {
	Status     memory.JobStatus
	SourceType string
	Since      memory.Epoch // created at or after
	Limit      int          // at most 200; 0 means 50
	Offset     int
}

// JobList is the answer of the job lists, newest first. Total counts all that match.
type JobList struct {
	Jobs      []memory.Job `json:"jobs"`
	Total     int64        `json:"total"`
	Limit     int          `json:"limit"`
	Offset    int          `json:"offset"`
	RequestID string       `json:"requestId"`
}

// JobRetried is the answer of POST /v1/jobs/:id/retry.
type JobRetried struct {
	GenerationJob memory.Job `json:"generationJob"`
	RetriedCount  int        `json:"retriedCount"`  // how often the job was put back so far
	AlreadyQueued bool       `json:"alreadyQueued"` // it waits already; nothing was done
	RequestID     string     `json:"requestId"`
}

// JobCancelled is the answer of POST /v1/jobs/:id/cancel.
type JobCancelled struct {
	GenerationJob    memory.Job `json:"generationJob"`
	AlreadyCancelled bool       `json:"alreadyCancelled"` // nothing was done
	RequestID        string     `json:"requestId"`
}

// Job finds a job by id.
func (c *Client) Job(ctx context.Context, id string) (memory.Job, error) {
	var out JobAnswer
	err := c.do(ctx, get("/v1/jobs/"+url.PathEscape(id), nil), &out)
	return out.GenerationJob, err
}

// Jobs lists the jobs of the key's scope.
func (c *Client) Jobs(ctx context.Context, f JobFilter) (JobList, error) {
	return c.jobs(ctx, "/v1/jobs", f)
}

// TeamJobs lists the jobs of the team; of another team than the key's it is
// memory.ErrNotFound.
func (c *Client) TeamJobs(ctx context.Context, teamID string, f JobFilter) (JobList, error) {
	return c.jobs(ctx, "/v1/teams/"+url.PathEscape(teamID)+"/jobs", f)
}

// ProjectJobs lists the jobs of a project, by its id.
func (c *Client) ProjectJobs(ctx context.Context, projectID string, f JobFilter) (JobList, error) {
	return c.jobs(ctx, "/v1/projects/"+url.PathEscape(projectID)+"/jobs", f)
}

// RetryJob puts a failed or cancelled job back to queued. One in progress or
// completed is memory.ErrConflict; one that is queued already is left as it is, so
// that the call may be tried again.
func (c *Client) RetryJob(ctx context.Context, id string) (JobRetried, error) {
	var out JobRetried
	return out, c.do(ctx, ask("/v1/jobs/"+url.PathEscape(id)+"/retry", struct{}{}), &out)
}

// CancelJob makes sure that nothing more comes of a job. A completed one is
// memory.ErrConflict; one that is cancelled already is left as it is, so that the
// call may be tried again.
func (c *Client) CancelJob(ctx context.Context, id string) (JobCancelled, error) {
	var out JobCancelled
	return out, c.do(ctx, ask("/v1/jobs/"+url.PathEscape(id)+"/cancel", struct{}{}), &out)
}

func (c *Client) jobs(ctx context.Context, path string, f JobFilter) (JobList, error) {
	q := url.Values{}
	setText(q, "status", string(f.Status))
	setText(q, "source_type", f.SourceType)
	if f.Since > 0 {
		q.Set("since", f.Since.Time().Format(time.RFC3339Nano))
	}
	setInt(q, "limit", f.Limit)
	setInt(q, "offset", f.Offset)
	var out JobList
	return out, c.do(ctx, get(path, q), &out)
}

// setText sets the parameter unless it is empty.
func setText(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

// setInt sets the parameter unless it is zero.
func setInt(q url.Values, name string, value int) {
	if value != 0 {
		q.Set(name, strconv.Itoa(value))
	}
}
