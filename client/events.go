package client

import (
	"context"
	"net/url"

	"claude-mem/memory"
)

// EventOptions say what becomes of events besides being stored.
type EventOptions struct {
	// NoGenerate stores without owing an observation.
	NoGenerate bool
	// Wait answers when the job is done, or after 30 s. Batches do not wait.
	Wait bool
}

func (o EventOptions) query() url.Values {
	q := url.Values{}
	if o.NoGenerate {
		q.Set("generate", "false")
	}
	if o.Wait {
		q.Set("wait", "true")
	}
	return q
}

// Values of JobTicket.Transport.
const (
	TransportEnqueued   = "enqueued"    // a message is on its way
	TransportQueuedOnly = "queued_only" // the job stands; the reconciler will announce it
	TransportSkipped    = "skipped"     // the job was there before
)

// JobTicket is a job as the ingest routes tell of it.
type JobTicket struct {
	ID          string           `json:"id"`
	Status      memory.JobStatus `json:"status"`
	QueueID     string           `json:"bullmqJobId"`
	SourceType  string           `json:"sourceType"`
	SourceID    string           `json:"sourceId"`
	Transport   string           `json:"transport"`
	Attempts    *int             `json:"attempts,omitempty"`    // only when waited for
	MaxAttempts *int             `json:"maxAttempts,omitempty"` // only when waited for
	CreatedAt   memory.Epoch     `json:"createdAtEpoch"`
	UpdatedAt   memory.Epoch     `json:"updatedAtEpoch"`
}

// NewJobTicket tells of j; waited adds the attempts.
func NewJobTicket(j memory.Job, transport string, waited bool) *JobTicket {
	t := &JobTicket{
		ID: j.ID, Status: j.Status, QueueID: j.QueueID, SourceType: j.SourceType, SourceID: j.SourceID,
		Transport: transport, CreatedAt: j.CreatedAt, UpdatedAt: j.UpdatedAt,
	}
	if waited {
		t.Attempts, t.MaxAttempts = &j.Attempts, &j.MaxAttempts
	}
	return t
}

// EventResult is the answer of POST /v1/events, and one entry of a batch's.
type EventResult struct {
	Event         memory.Event `json:"event"`
	GenerationJob *JobTicket   `json:"generationJob,omitempty"` // nil: none was asked for
	WaitTimedOut  bool         `json:"waitTimedOut,omitempty"`
}

// EventBatch is the answer of POST /v1/events/batch, in the order of the request.
type EventBatch struct {
	Events []EventResult `json:"events"`
}

// EventAnswer is the answer of GET /v1/events/:id.
type EventAnswer struct {
	Event memory.Event `json:"event"`
}

// EventObservations is the answer of GET /v1/events/:id/observations.
type EventObservations struct {
	EventID      string                      `json:"eventId"`
	Observations []memory.SourcedObservation `json:"observations"`
}

// PutEvent stores an event. The same event again is the first one.
func (c *Client) PutEvent(ctx context.Context, in memory.EventInput, o EventOptions) (EventResult, error) {
	var out EventResult
	req := post("/v1/events", in)
	req.query = o.query()
	return out, c.do(ctx, req, &out)
}

// PutEvents stores 1 to memory.MaxBatch events, all or none.
func (c *Client) PutEvents(ctx context.Context, in []memory.EventInput, o EventOptions) ([]EventResult, error) {
	var out EventBatch
	req := post("/v1/events/batch", in)
	req.query = EventOptions{NoGenerate: o.NoGenerate}.query()
	err := c.do(ctx, req, &out)
	return out.Events, err
}

// Event finds an event by id.
func (c *Client) Event(ctx context.Context, id string) (memory.Event, error) {
	var out EventAnswer
	err := c.do(ctx, get("/v1/events/"+url.PathEscape(id), nil), &out)
	return out.Event, err
}

// EventObservations lists what was made from an event, in the order it was made.
func (c *Client) EventObservations(ctx context.Context, id string) ([]memory.SourcedObservation, error) {
	var out EventObservations
	err := c.do(ctx, get("/v1/events/"+url.PathEscape(id)+"/observations", nil), &out)
	return out.Observations, err
}
