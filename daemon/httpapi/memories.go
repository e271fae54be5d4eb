package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"claude-mem/capture"
	"claude-mem/client"
	"claude-mem/memory"
	"claude-mem/recall"
	"claude-mem/storage"
)

// memoryRequest is client.MemoryRequest before anything is known of its metadata.
type memoryRequest struct {
	ProjectID        string          `json:"projectId"`
	ServerSessionID  string          `json:"serverSessionId"`
	ContentSessionID string          `json:"contentSessionId"`
	Kind             string          `json:"kind"`
	Content          string          `json:"content"`
	Metadata         json.RawMessage `json:"metadata"`
	Supersedes       []handle        `json:"supersedes"`
}

// handle names a memory by number or id: 41, "41", "#41", "0199…".
type handle string

// UnmarshalJSON takes a text or a whole number.
func (h *handle) UnmarshalJSON(b []byte) error {
	var n int64
	if err := json.Unmarshal(b, &n); err == nil {
		*h = handle(strconv.FormatInt(n, 10))
		return nil
	}
	return json.Unmarshal(b, (*string)(h))
}

// postMemory leaves the metadata unread: capture takes out what is private before
// anybody looks into it.
func (a *API) postMemory(r *request) (answer, error) {
	var in memoryRequest
	if err := r.decode(&in); err != nil {
		return answer{}, err
	}
	o, err := a.Capture.Remember(r.Context(), r.caller, capture.Note{
		Project: in.ProjectID, ServerSessionID: in.ServerSessionID, ContentSessionID: in.ContentSessionID,
		Kind: in.Kind, Content: in.Content, Metadata: in.Metadata, Supersedes: texts(in.Supersedes),
	})
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusCreated, client.MemoryAnswer{Memory: o}}, nil
}

func texts(handles []handle) []string {
	out := make([]string, len(handles))
	for i, h := range handles {
		out[i] = string(h)
	}
	return out
}

func (a *API) getMemory(r *request) (answer, error) {
	o, err := a.Store.Observation(r.Context(), r.caller.Scope(), r.params.ByName("id"))
	if err != nil {
		return answer{}, missing(err, "Memory not found")
	}
	replaced, err := a.Store.Observations(r.Context(), o.Scope(), storage.ObservationFilter{SupersededBy: o.ID}, storage.Page{Limit: maxObservations})
	if err != nil {
		return answer{}, err
	}
	out := client.MemoryAnswer{Memory: o}
	for _, old := range replaced {
		out.Supersedes = append(out.Supersedes, client.Cited{ID: old.ID, Number: old.Number, Title: old.Title()})
	}
	a.noteRead(r, readOne, o.Scope(), 1, o.ID)
	return ok(out)
}

// memoryChange is client.MemoryChange before anything is known of its metadata.
type memoryChange struct {
	ProjectID *string         `json:"projectId"`
	Kind      *string         `json:"kind"`
	Content   *string         `json:"content"`
	Metadata  json.RawMessage `json:"metadata"`
}

func (a *API) patchMemory(r *request) (answer, error) {
	var in memoryChange
	if err := r.decode(&in); err != nil {
		return answer{}, err
	}
	if string(in.Metadata) == "null" {
		in.Metadata = nil
	}
	o, err := a.Capture.Edit(r.Context(), r.caller, r.params.ByName("id"), capture.Change{
		Project: in.ProjectID, Kind: in.Kind, Content: in.Content, Metadata: in.Metadata,
	})
	if err != nil {
		return answer{}, missing(err, "Memory not found")
	}
	return ok(client.MemoryAnswer{Memory: o})
}

func (a *API) deleteMemory(r *request) (answer, error) {
	id := r.params.ByName("id")
	n, err := a.Capture.Forget(r.Context(), r.caller, id)
	if err != nil {
		return answer{}, missing(err, "Memory not found")
	}
	return ok(client.Deleted{Deleted: true, ID: id, Count: n})
}

func observationID(o memory.Observation) string { return o.ID }

// maxObservations is how many observations one batch may ask for.
const maxObservations = 200

// postObservations finds by id, then by number, each in the order asked.
func (a *API) postObservations(r *request) (answer, error) {
	var in client.ObservationsRequest
	if err := r.decode(&in); err != nil {
		return answer{}, err
	}
	if n := len(in.IDs) + len(in.Numbers); n == 0 || n > maxObservations {
		return answer{}, issue("invalid_type", fmt.Sprintf("Invalid input: expected 1 to %d ids or numbers", maxObservations), "ids")
	}
	out := client.ObservationsAnswer{Observations: []memory.Observation{}}
	for _, oid := range in.IDs {
		o, err := a.Store.Observation(r.Context(), r.caller.Scope(), oid)
		if errors.Is(err, memory.ErrNotFound) {
			continue
		}
		if err != nil {
			return answer{}, err
		}
		out.Observations = append(out.Observations, o)
	}
	numbered, err := a.Store.ObservationsByNumber(r.Context(), r.caller.Scope(), in.Numbers)
	if err != nil {
		return answer{}, err
	}
	out.Observations = append(out.Observations, numbered...)
	if err := a.markStale(r, out.Observations); err != nil {
		return answer{}, err
	}
	noteObservations(a, r, "batch", r.caller.Scope(), out.Observations, observationID)
	return ok(out)
}

// markStale marks observations of any projects.
func (a *API) markStale(r *request, all []memory.Observation) error {
	if !a.LocalFiles {
		return nil
	}
	for i := range all {
		p, err := a.Capture.ResolveProject(r.Context(), r.caller, all[i].ProjectID, capture.Read)
		if err != nil {
			return err
		}
		recall.MarkStale(a.disk(p), all[i:i+1])
	}
	return nil
}
