package httpapi

import (
	"net/http"

	"claude-mem/client"
	"claude-mem/memory"
)

// startSession answers 200 where the external id was known, else 201: that is how
// clients tell a resumed conversation.
func (a *API) startSession(r *request) (answer, error) {
	var in memory.SessionInput
	if err := r.decode(&in); err != nil {
		return answer{}, err
	}
	s, created, err := a.Capture.StartSession(r.Context(), r.caller, in)
	if err != nil {
		return answer{}, err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return answer{status, client.SessionResult{Session: s}}, nil
}

func (a *API) getSession(r *request) (answer, error) {
	s, err := a.Store.Session(r.Context(), r.caller.Scope(), r.params.ByName("id"))
	if err != nil {
		return answer{}, missing(err, "Session not found")
	}
	return ok(client.SessionResult{Session: s})
}

// endSession takes no body; one that comes is not read.
func (a *API) endSession(r *request) (answer, error) {
	s, job, err := a.Capture.EndSession(r.Context(), r.caller, r.params.ByName("id"))
	if err != nil {
		return answer{}, missing(err, "Session not found")
	}
	return ok(client.SessionResult{Session: s, GenerationJob: client.NewJobTicket(job, transportOf(job), false)})
}
