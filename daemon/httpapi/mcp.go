package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"claude-mem/capture"
	"claude-mem/client"
	"claude-mem/mcp"
	"claude-mem/memory"
	"claude-mem/recall"
	"claude-mem/storage"
)

// mcp answers one message of the Model Context Protocol. What is wrong with the HTTP
// around it is refused as on every route.
func (a *API) mcp(r *request) (answer, error) {
	body, err := r.readJSON()
	if err != nil {
		return answer{}, err
	}
	if body == nil || outlineOf(body).depth > maxDepth {
		return answer{}, memory.Errorf(memory.CodeBadRequest, "expected a message of JSON-RPC as application/json, nested at most %d deep", maxDepth)
	}
	hr := r.Clone(r.Context())
	hr.Header.Set("Accept", "application/json, text/event-stream") // what the protocol asks of clients; the answer is JSON
	hr.Body = io.NopCloser(bytes.NewReader(body))
	var w kept
	mcp.Handler(mcpReader{a, r}, mcp.Options{Version: a.System.Version(), Log: a.Log}).ServeHTTP(&w, hr)
	return w.answer()
}

// kept keeps what a handler writes, so that it is answered like anything else. It is
// bounded by what the tools write.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header {
	if k.header == nil {
		k.header = make(http.Header)
	}
	return k.header
}

func (k *kept) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
}

func (k *kept) Write(p []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	return k.body.Write(p)
}

// answer is what was written. The protocol's own answers are JSON or nothing; a text is
// a complaint about the request.
func (k *kept) answer() (answer, error) {
	k.WriteHeader(http.StatusOK)
	switch {
	case strings.HasPrefix(k.Header().Get("Content-Type"), "application/json"):
		return answer{k.status, json.RawMessage(k.body.Bytes())}, nil
	case k.status < http.StatusBadRequest:
		return answer{status: k.status}, nil
	}
	return answer{}, memory.Errorf(memory.CodeBadRequest, "%s", strings.TrimSpace(k.body.String()))
}

// mcpReader reads for the tools on behalf of the one who sent the request.
type mcpReader struct {
	*API
	r *request
}

// Search is the tool search.
func (m mcpReader) Search(ctx context.Context, in client.SearchRequest) (out client.SearchResponse, err error) {
	if in.ProjectID, err = m.project(ctx, in.ProjectID); err != nil {
		return out, err
	}
	return m.find(m.r, in)
}

// Context is the tool context.
func (m mcpReader) Context(ctx context.Context, in client.ContextRequest) (out client.ContextResponse, err error) {
	if in.ProjectID, err = m.project(ctx, in.ProjectID); err != nil {
		return out, err
	}
	return m.about(m.r, in)
}

// Recent is the tool recent.
func (m mcpReader) Recent(ctx context.Context, project string, limit int) ([]memory.Observation, error) {
	project, err := m.project(ctx, project)
	if err != nil {
		return nil, err
	}
	p, err := m.Capture.ResolveProject(ctx, m.r.caller, project, capture.Read)
	if err != nil {
		return nil, err
	}
	all, err := m.Store.Observations(ctx, p.Scope(), storage.ObservationFilter{WithoutSubagents: true, WithoutSuperseded: true}, storage.Page{Limit: limit})
	if err != nil {
		return nil, err
	}
	recall.MarkStale(m.disk(p), all)
	noteObservations(m.API, m.r, "recent", p.Scope(), all, observationID)
	return all, nil
}

// maxNamed is how many projects an error lists.
const maxNamed = 20

// project is the one asked for, else the only one that the caller reaches.
func (m mcpReader) project(ctx context.Context, asked string) (string, error) {
	if asked != "" {
		return asked, nil
	}
	all, err := m.Store.Projects(ctx, m.r.caller.Scope(), storage.Page{Limit: maxNamed})
	if err != nil {
		return "", err
	}
	switch len(all) {
	case 0:
		return "", memory.Errorf(memory.CodeNotFound, "nothing is remembered yet")
	case 1:
		return all[0].ID, nil
	}
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.Name
	}
	return "", memory.Errorf(memory.CodeValidation, "say which project; there are: %s", strings.Join(names, ", "))
}
