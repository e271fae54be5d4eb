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

// Job finds a job by id.
func (c *Client) Job(ctx context.Context, id string) (memory.Job, error) {
	var out JobAnswer
	err := c.do(ctx, get("/v1/jobs/"+url.PathEscape(id), nil), &out)
	return out.GenerationJob, err
}

// Jobs lists the jobs of the key's scope.
func (c *Client) Jobs(ctx context.Context, f JobFilter) (JobList, error) {
	q := url.Values{}
	setText(q, "status", string(f.Status))
	setText(q, "source_type", f.SourceType)
	if f.Since > 0 {
		q.Set("since", f.Since.Time().Format(time.RFC3339Nano))
	}
	setInt(q, "limit", f.Limit)
	setInt(q, "offset", f.Offset)
	var out JobList
	return out, c.do(ctx, get("/v1/jobs", q), &out)
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
