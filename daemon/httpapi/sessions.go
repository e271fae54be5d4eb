package httpapi

import (
	"net/http"

	"claude-mem/client"
	"claude-mem/memory"
	"claude-mem/storage"
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

// listSessions lists those of one project, or of everything that the key reaches.
func (a *API) listSessions(r *request) (answer, error) {
	q := r.query()
	scope, err := a.scopeOf(r, q)
	if err != nil {
		return answer{}, err
	}
	page := storage.Page{Limit: q.int("limit", 20, 1, 100), Offset: q.int("offset", 0, 0, 1<<31-1)}
	all, err := a.Recall.Conversations(r.Context(), scope, page)
	if err != nil {
		return answer{}, err
	}
	names := make(map[string]string)
	out := client.SessionList{Sessions: make([]client.ListedSession, len(all))}
	for i, one := range all {
		name, known := names[one.ProjectID]
		if !known {
			p, err := a.Store.Project(r.Context(), one.Scope(), one.ProjectID)
			if err != nil {
				return answer{}, err
			}
			name = p.Name
			names[one.ProjectID] = name
		}
		out.Sessions[i] = client.ListedSession{
			Session: one.Session, ProjectName: name, Topic: memory.Opt(one.Topic), Summary: one.Summary, Prompts: one.Prompts,
			ToolCalls: one.ToolCalls, Observations: one.Observations, LastEventAt: one.LastEventAt,
		}
	}
	return ok(out)
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
