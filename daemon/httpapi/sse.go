package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"claude-mem/client"
	"claude-mem/memory"
)

const (
	// heartbeatEvery is how often a stream says that it is alive, and looks whether
	// its key is still good.
	heartbeatEvery = 15 * time.Second
	// sendWithin bounds one write to a client.
	sendWithin = 10 * time.Second
)

// streamEvents tells a client what happens in its scope, as server-sent events, until
// it leaves, does not keep up, loses its key, or the server stops. What happened while
// a client was away it has to look up.
func (a *API) streamEvents(r *request) (answer, error) {
	scope, q := r.caller.Scope(), r.query()
	if q.Get("projectId") != "" {
		p, err := a.namedProject(r, q)
		if err != nil {
			return answer{}, err
		}
		// One that nothing was stored under yet gets another id once something is: a
		// stream of this one would stay silent for ever.
		if _, err := a.Store.Project(r.Context(), r.caller.Scope(), p.ID); err != nil {
			return answer{}, missing(err, "Project not found")
		}
		scope = p.Scope()
	}
	s, err := a.Hub.open(scope, r.caller.Key.ID)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, writing(func(w http.ResponseWriter) { a.writeEvents(w, r, s) })}, nil
}

// writeEvents writes until the stream ends.
func (a *API) writeEvents(w http.ResponseWriter, r *request, s *stream) {
	defer a.Hub.close(s)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // or a proxy would keep what we say to itself
	out := &eventWriter{w: w, rc: http.NewResponseController(w)}
	// The server's own time limits are those of a request that ends.
	_ = out.rc.SetReadDeadline(time.Time{})
	if out.send(": listening\n\n") != nil {
		return
	}
	beat := time.NewTicker(a.Heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			if !a.mayGoOn(r) || out.send(": heartbeat\n\n") != nil {
				return
			}
		case n, open := <-s.notices:
			if !open || !a.tell(r, out, s.scope, n) {
				return
			}
		}
	}
}

// mayGoOn looks at the key again: a stream must not outlive it.
func (a *API) mayGoOn(r *request) bool {
	if a.System.Refuse() != nil {
		return false
	}
	_, err := a.authenticate(r.Request, r.route.Scope)
	return err == nil || errors.Is(err, memory.ErrUnavailable)
}

// tell reads what the notice is about, within the scope, and sends it. It reports
// whether the client is still there.
func (a *API) tell(r *request, out *eventWriter, scope memory.Scope, n memory.Notice) bool {
	events, err := a.eventsOf(r.Context(), scope, n)
	if errors.Is(err, memory.ErrNotFound) {
		return true // it is gone already
	}
	if err != nil {
		a.Log.WarnContext(r.Context(), "a stream misses something", "requestId", r.caller.RequestID, "err", err)
		return r.Context().Err() == nil
	}
	for _, e := range events {
		data, err := encode(e)
		if err != nil || out.send("event: "+e.Type+"\ndata: "+string(data)+"\n\n") != nil {
			return false
		}
		if e.Observation != nil {
			a.noteRead(r, "stream", e.Observation.Scope(), 1, e.Observation.ID)
		}
	}
	return true
}

// eventsOf are the events that a notice stands for: of a job that brought
// observations these come first.
func (a *API) eventsOf(ctx context.Context, scope memory.Scope, n memory.Notice) ([]client.StreamEvent, error) {
	switch n.Kind {
	case memory.NoticeSession:
		s, err := a.Store.Session(ctx, scope, n.ID)
		return []client.StreamEvent{{Type: client.StreamSession, Session: &s}}, err
	case memory.NoticeObservation:
		o, err := a.Store.Observation(ctx, scope, n.ID)
		return []client.StreamEvent{{Type: client.StreamObservation, Observation: &o}}, err
	}
	j, err := a.Store.Job(ctx, scope, n.ID)
	if err != nil {
		return nil, err
	}
	var events []client.StreamEvent
	if j.Status == memory.JobCompleted {
		made, err := a.Store.JobObservations(ctx, j)
		if err != nil {
			return nil, err
		}
		for i := range made {
			events = append(events, client.StreamEvent{Type: client.StreamObservation, Observation: &made[i]})
		}
	}
	return append(events, client.StreamEvent{Type: client.StreamJob, Job: &j}), nil
}

// eventWriter sends events one by one.
type eventWriter struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

func (e *eventWriter) send(text string) error {
	_ = e.rc.SetWriteDeadline(time.Now().Add(sendWithin))
	if _, err := e.w.Write([]byte(text)); err != nil {
		return err
	}
	return e.rc.Flush()
}
