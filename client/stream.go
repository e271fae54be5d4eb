package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"claude-mem/memory"
)

// The types of StreamEvent.
const (
	StreamObservation = "observation.created"
	StreamJob         = "job.updated" // ended, put back, or cancelled
	StreamSession     = "session.updated"
)

// StreamEvent is something that happened; what it is about is set, as it is now.
type StreamEvent struct {
	Type        string              `json:"-"` // one of the Stream… types
	Observation *memory.Observation `json:"observation,omitempty"`
	Job         *memory.Job         `json:"generationJob,omitempty"`
	Session     *memory.Session     `json:"session,omitempty"`
}

// Stream calls fn with what happens from now on, in a project given by id or name or,
// with "", in all that the key reaches. It ends with fn's error, with ctx, or with
// memory.ErrUnavailable when the server ends it: because it stops, because fn is too
// slow, or because the key is not good any more. What happens between two calls has to
// be looked up. The Transport must not bound how long an answer takes.
func (c *Client) Stream(ctx context.Context, projectID string, fn func(StreamEvent) error) error {
	q := url.Values{}
	setText(q, "projectId", projectID)
	req, err := c.request(ctx, get("/v1/stream", q), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/event-stream")
	res, err := c.http.Do(req)
	if err != nil {
		return c.unavailable(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		data, _ := io.ReadAll(io.LimitReader(res.Body, c.limit))
		return answerError(res, data)
	}
	return c.events(ctx, res.Body, fn)
}

// events reads the events of an answer until it ends.
func (c *Client) events(ctx context.Context, body io.Reader, fn func(StreamEvent) error) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, int(c.limit))
	kind := ""
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "event":
			kind = value
		case "data":
			e := StreamEvent{Type: kind}
			if err := json.Unmarshal([]byte(value), &e); err != nil {
				return memory.Errorf(memory.CodeInternal, "what streams at %s is no claude-mem server: %w", c.base, err)
			}
			if err := fn(e); err != nil {
				return err
			}
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err := lines.Err()
	if err == nil {
		err = errors.New("the server ended the stream")
	}
	return c.unavailable(err)
}
