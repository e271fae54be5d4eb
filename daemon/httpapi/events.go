package httpapi

import (
	"context"
	"errors"
	"net/http"

	"claude-mem/capture"
	"claude-mem/client"
	"claude-mem/memory"
)

// postEvent answers 201 for an event that was told before as well: to the client
// it makes no difference, and the contract has it so.
func (a *API) postEvent(r *request) (answer, error) {
	o, err := ingestOptions(r)
	if err != nil {
		return answer{}, err
	}
	var in memory.EventInput
	if err := r.decode(&in); err != nil {
		return answer{}, err
	}
	results, err := a.ingest(r, []memory.EventInput{in}, o)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusCreated, results[0]}, nil
}

// postEvents waits, if asked to, for all jobs of the batch within one time limit.
func (a *API) postEvents(r *request) (answer, error) {
	o, err := ingestOptions(r)
	if err != nil {
		return answer{}, err
	}
	data, err := r.readJSON()
	if err != nil {
		return answer{}, err
	}
	ins, err := decodeBatch(data)
	if err != nil {
		return answer{}, err
	}
	results, err := a.ingest(r, ins, o)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusCreated, client.EventBatch{Events: results}}, nil
}

// ingest says what becomes of events besides being stored.
type ingest struct{ generate, wait bool }

// ingestOptions reads generate (default true) and wait (default false).
func ingestOptions(r *request) (o ingest, err error) {
	o = ingest{generate: true}
	q := r.URL.Query()
	for name, dst := range map[string]*bool{"generate": &o.generate, "wait": &o.wait} {
		switch v := q.Get(name); v {
		case "":
		case "true", "false":
			*dst = v == "true"
		default: // "1" or "yes" might mean either to somebody
			return o, issue("invalid_union", "Invalid input", name)
		}
	}
	return o, nil
}

// ingest stores the events and, if asked to, waits for their jobs.
func (a *API) ingest(r *request, ins []memory.EventInput, o ingest) ([]client.EventResult, error) {
	stored, err := a.Capture.Events(r.Context(), r.caller, ins, capture.EventOptions{Generate: o.generate})
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	if o.wait {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, a.MaxWait)
		defer cancel()
	}
	out := make([]client.EventResult, len(stored))
	for i, s := range stored {
		out[i].Event = s.Event
		if s.Job == nil {
			continue
		}
		job, transport := *s.Job, transportOf(*s.Job)
		if o.wait { // the answer is the job as it became, but the transport as it was
			job, err = a.Hub.await(ctx, a.Store, job)
			if err != nil {
				return nil, err
			}
			out[i].WaitTimedOut = !job.Status.Terminal()
		}
		out[i].GenerationJob = client.NewJobTicket(job, transport, o.wait)
	}
	return out, nil
}

// transportOf says whether a message for the job is on its way.
func transportOf(j memory.Job) string {
	if j.Status.Terminal() {
		return client.TransportSkipped
	}
	return client.TransportEnqueued
}

func (a *API) getEvent(r *request) (answer, error) {
	e, err := a.Store.Event(r.Context(), r.caller.Scope(), r.params.ByName("id"))
	if err != nil {
		return answer{}, missing(err, "Event not found")
	}
	return ok(client.EventAnswer{Event: e})
}

// getEventObservations looks the event up first: an event without observations and
// no event are two things.
func (a *API) getEventObservations(r *request) (answer, error) {
	e, err := a.Store.Event(r.Context(), r.caller.Scope(), r.params.ByName("id"))
	if err != nil {
		return answer{}, missing(err, "Event not found")
	}
	found, err := a.Store.EventObservations(r.Context(), e.Scope(), e.ID)
	if err != nil {
		return answer{}, err
	}
	if found == nil {
		found = []memory.SourcedObservation{}
	}
	noteObservations(a, r, "event_observations", e.Scope(), found, func(o memory.SourcedObservation) string { return o.ID })
	return ok(client.EventObservations{EventID: e.ID, Observations: found})
}

// missing says in the contract's words what was not found.
func missing(err error, message string) error {
	if errors.Is(err, memory.ErrNotFound) {
		return memory.Errorf(memory.CodeNotFound, "%s", message)
	}
	return err
}
