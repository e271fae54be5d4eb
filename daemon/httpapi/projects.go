package httpapi

import (
	"cmp"
	"errors"
	"net/http"

	"claude-mem/capture"
	"claude-mem/client"
	"claude-mem/memory"
	"claude-mem/storage"
)

func (a *API) listProjects(r *request) (answer, error) {
	q := r.query()
	page := storage.Page{Limit: q.int("limit", storage.MaxPage, 1, storage.MaxPage), Offset: q.int("offset", 0, 0, 1<<31-1)}
	all, err := a.Store.Projects(r.Context(), r.caller.Scope(), page)
	if err != nil {
		return answer{}, err
	}
	if all == nil {
		all = []memory.Project{}
	}
	return ok(client.ProjectList{Projects: all})
}

// createProject answers 200 where the team had a project of that name.
func (a *API) createProject(r *request) (answer, error) {
	var in client.ProjectRequest
	if err := r.decode(&in); err != nil {
		return answer{}, err
	}
	if err := in.Validate(); err != nil {
		return answer{}, err
	}
	p, created, err := a.Capture.CreateProject(r.Context(), r.caller, in.Name, in.Metadata)
	if err != nil {
		return answer{}, err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return answer{status, client.ProjectAnswer{Project: p}}, nil
}

func (a *API) getProject(r *request) (answer, error) {
	p, err := a.Store.Project(r.Context(), r.caller.Scope(), r.params.ByName("id"))
	if err != nil {
		return answer{}, missing(err, "Project not found")
	}
	return ok(client.ProjectAnswer{Project: p})
}

// purgeProject answers with what is gone; a project that is empty already is no error.
func (a *API) purgeProject(r *request) (answer, error) {
	id := r.params.ByName("id")
	r.takeTime()
	counts, err := a.Capture.Purge(r.Context(), r.caller, id)
	if err != nil {
		return answer{}, missing(err, "Project not found")
	}
	return ok(client.Purged{Purged: true, ProjectID: id, Counts: counts})
}

// scopeOf is the project that a query names, or else everything that the key reaches.
func (a *API) scopeOf(r *request, q query) (memory.Scope, error) {
	if q.Get("projectId") == "" {
		return r.caller.Scope(), nil
	}
	p, err := a.namedProject(r, q)
	return p.Scope(), err
}

// stats counts one project, or everything that the key reaches.
func (a *API) stats(r *request) (answer, error) {
	scope, err := a.scopeOf(r, r.query())
	if err != nil {
		return answer{}, err
	}
	counts, err := a.Store.Counts(r.Context(), scope)
	if err != nil {
		return answer{}, err
	}
	books, err := a.Store.Books(r.Context(), scope)
	if err != nil {
		return answer{}, err
	}
	lanes, err := a.System.Lanes(r.Context())
	if err != nil {
		return answer{}, err
	}
	out := client.Stats{
		ProjectID: scope.ProjectID, Projects: counts.Projects, Sessions: counts.Sessions, Events: counts.Events,
		Books: books, Lanes: lanes, Spool: a.System.Spool(),
	}
	if scope.ProjectID == "" {
		if out.Transport, err = a.System.Transport(r.Context()); err != nil {
			a.Log.WarnContext(r.Context(), "the transport cannot be counted", "requestId", r.caller.RequestID, "err", err)
		}
	}
	return ok(out)
}

func (a *API) forget(r *request) (answer, error) {
	var in client.ForgetRequest
	if err := r.decode(&in); err != nil {
		return answer{}, err
	}
	if in.Before <= 0 && in.Match == "" {
		return answer{}, issue("invalid_type", "Invalid input: expected before or match; DELETE /v1/projects/:id/memory removes everything", "before")
	}
	p, err := a.Store.Project(r.Context(), r.caller.Scope(), r.params.ByName("id"))
	if err != nil {
		return answer{}, missing(err, "Project not found")
	}
	r.takeTime()
	which := capture.Forgetting{Before: in.Before, Match: in.Match}
	var all capture.Forgotten
	if in.DryRun {
		all, err = a.Capture.Forgettable(r.Context(), p.Scope(), which)
	} else {
		all, err = a.Capture.ForgetAll(r.Context(), r.caller, p.Scope(), which)
	}
	if err != nil {
		return answer{}, err
	}
	out := client.Forgotten{ProjectID: p.ID, DryRun: in.DryRun, Count: all.Count, Observations: []client.Cited{}}
	for _, o := range all.Newest {
		out.Observations = append(out.Observations, client.Cited{ID: o.ID, Number: o.Number, Title: o.Title()})
	}
	return ok(out)
}

// reindex answers how far it has come; the model is empty if there is none, and then
// nothing is owed.
func (a *API) reindex(r *request) (answer, error) {
	if err := r.decode(&struct{}{}); err != nil {
		return answer{}, err
	}
	if err := a.Capture.Reindex(r.Context(), r.caller, r.params.ByName("id")); err != nil {
		return answer{}, missing(err, "Project not found")
	}
	return a.indexed(r)
}

func (a *API) indexed(r *request) (answer, error) {
	p, err := a.Store.Project(r.Context(), r.caller.Scope(), r.params.ByName("id"))
	if err != nil {
		return answer{}, missing(err, "Project not found")
	}
	books, err := a.Store.Books(r.Context(), p.Scope())
	if err != nil {
		return answer{}, err
	}
	out := client.Reindexed{ProjectID: p.ID, Model: a.EmbeddingModel, Observations: books.Observations}
	if out.Model == "" {
		return ok(out)
	}
	if out.Indexed, err = a.Store.CountVectors(r.Context(), p.Scope(), out.Model); err != nil {
		return answer{}, err
	}
	switch j, err := a.Store.JobOfSource(r.Context(), p.Scope(), memory.KindReindex, p.ID); {
	case errors.Is(err, memory.ErrNotFound):
	case err != nil:
		return answer{}, err
	default:
		out.Job = j.Status
		if j.Status.Terminal() {
			out.Result = string(cmp.Or(j.Result, j.LastError))
		} else if out.Indexed < out.Observations {
			out.Waiting = string(j.LastError)
		}
	}
	return ok(out)
}
