package httpapi

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"claude-mem/capture"
	"claude-mem/client"
	"claude-mem/memory"
	"claude-mem/recall"
	"claude-mem/storage"
)

// maxTokens bounds the texts that clients ask for.
const maxTokens = 20000

// checkAsk checks what search and context have in common.
func checkAsk(projectID, query string, limit, maxLimit int) error {
	var is memory.Issues
	is.Required(projectID, "projectId")
	if query == "" {
		is.Add("too_small", "Too small: expected string to have >=1 characters", "query")
	}
	if limit > maxLimit {
		is.Add("too_big", fmt.Sprintf("Too big: expected number to be <=%d", maxLimit), "limit")
	}
	if limit < 0 {
		is.Add("too_small", "Too small: expected number to be >0", "limit")
	}
	return is.Err()
}

// search of a project that was never written to finds nothing; it is no error, since
// a repository exists before its first session.
func (a *API) search(r *request) (answer, error) {
	var in client.SearchRequest
	if err := r.decode(&in); err != nil {
		return answer{}, err
	}
	out, err := a.find(r, in)
	if err != nil {
		return answer{}, err
	}
	return ok(out)
}

// find searches on behalf of the caller, and audits it.
func (a *API) find(r *request, in client.SearchRequest) (out client.SearchResponse, err error) {
	if err := checkAsk(in.ProjectID, in.Query, in.Limit, recall.MaxLimit); err != nil {
		return out, err
	}
	p, err := a.Capture.ResolveProject(r.Context(), r.caller, in.ProjectID, capture.Read)
	if err != nil {
		return out, err
	}
	found, err := a.Recall.Find(r.Context(), p.Scope(), recall.SearchInput{
		Query: in.Query, Limit: in.Limit, Offset: in.Offset, Semantic: true, Now: time.Now(),
		Filter: storage.ObservationFilter{
			Kinds: in.Kinds, Concepts: in.Concepts, Files: in.Files, Since: in.Since, Until: in.Until,
		},
	})
	if err != nil {
		return out, err
	}
	hits := found.Hits
	out.Observations, out.Semantic = make([]client.SearchHit, len(hits)), string(found.Semantic)
	for _, r := range found.Respelled {
		out.Respelled = append(out.Respelled, client.Respelled(r))
	}
	recall.MarkStaleHits(a.disk(p), hits)
	for i, h := range hits {
		out.Observations[i] = client.SearchHit{Observation: h.Observation, Score: h.Score, Matched: h.Matched}
	}
	noteObservations(a, r, "search", p.Scope(), hits, func(h storage.Hit) string { return h.ID })
	return out, nil
}

func (a *API) queryContext(r *request) (answer, error) {
	var in client.ContextRequest
	if err := r.decode(&in); err != nil {
		return answer{}, err
	}
	out, err := a.about(r, in)
	if err != nil {
		return answer{}, err
	}
	return ok(out)
}

// about builds the text on a query on behalf of the caller, and audits it.
func (a *API) about(r *request, in client.ContextRequest) (client.ContextResponse, error) {
	if err := checkAsk(in.ProjectID, in.Query, in.Limit, 50); err != nil {
		return client.ContextResponse{}, err
	}
	p, err := a.Capture.ResolveProject(r.Context(), r.caller, in.ProjectID, capture.Read)
	if err != nil {
		return client.ContextResponse{}, err
	}
	told, err := a.Recall.Context(r.Context(), p.Scope(), recall.ContextInput{
		Query: in.Query, Limit: in.Limit, TokenBudget: min(max(in.TokenBudget, 0), maxTokens), Disk: a.disk(p),
	})
	return a.contextTold(r, "context", p.Scope(), told, err)
}

// sessionContext shows people and tools what a session would be told, byte for byte
// what SessionStart injects.
func (a *API) sessionContext(r *request) (answer, error) {
	q := r.query()
	p, err := a.namedProject(r, q)
	if err != nil {
		return answer{}, err
	}
	tree := memory.WorkingTree{Branch: q.Get("branch"), Changed: q.Values["changed"]}
	tree.Changed = tree.Changed[:min(len(tree.Changed), memory.MaxChangedFiles)]
	in := a.sessionLimits(p, &tree)
	if n := q.int("tokenBudget", 0, 0, maxTokens); n > 0 {
		in.TokenBudget = n
	}
	var told recall.Context
	if in.TokenBudget > 0 { // else sessions are told nothing
		told, err = a.Recall.SessionContext(r.Context(), p.Scope(), in)
	}
	out, err := a.contextTold(r, "session_context", p.Scope(), told, err)
	if err != nil {
		return answer{}, err
	}
	return ok(out)
}

// contextTold is what the caller is told, and audits it.
func (a *API) contextTold(r *request, mode string, s memory.Scope, told recall.Context, err error) (client.ContextResponse, error) {
	if err != nil {
		return client.ContextResponse{}, err
	}
	if told.Observations == nil {
		told.Observations = []memory.Observation{}
	}
	noteObservations(a, r, mode, s, told.Observations, observationID)
	return client.ContextResponse{Context: told.Text, Observations: told.Observations, Tokens: told.Tokens}, nil
}

func (a *API) timeline(r *request) (answer, error) {
	q := r.query()
	p, err := a.namedProject(r, q)
	if err != nil {
		return answer{}, err
	}
	anchor, err := a.anchor(r, p.Scope(), q.Get("anchor"))
	if err != nil {
		return answer{}, err
	}
	found, err := a.Recall.Timeline(r.Context(), p.Scope(), recall.TimelineInput{
		Anchor: anchor, Query: q.Get("query"),
		Before: q.int("before", recall.DefaultNeighbours, 0, recall.MaxNeighbours),
		After:  q.int("after", recall.DefaultNeighbours, 0, recall.MaxNeighbours),
	})
	if err != nil {
		return answer{}, missing(err, "Observation not found")
	}
	recall.MarkStale(a.disk(p), found.Observations)
	noteObservations(a, r, "timeline", p.Scope(), found.Observations, observationID)
	return ok(client.TimelineResponse{Anchor: found.Anchor, Observations: found.Observations})
}

// anchor is the number of the observation that is named by number (41 or #41) or by id;
// 0 if none is. It is no filter: a wrong one must not become the newest.
func (a *API) anchor(r *request, s memory.Scope, name string) (int64, error) {
	if name == "" {
		return 0, nil
	}
	if n, err := strconv.ParseInt(strings.TrimPrefix(name, "#"), 10, 64); err == nil {
		return n, nil
	}
	o, err := a.Store.Observation(r.Context(), s, name)
	return o.Number, missing(err, "Observation not found")
}

// namedProject finds the project that the query names.
func (a *API) namedProject(r *request, q query) (memory.Project, error) {
	ref := q.Get("projectId")
	if ref == "" {
		return memory.Project{}, issue("invalid_type", "Invalid input: expected string, received undefined", "projectId")
	}
	return a.Capture.ResolveProject(r.Context(), r.caller, ref, capture.Read)
}
