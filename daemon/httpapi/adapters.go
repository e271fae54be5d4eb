package httpapi

import (
	"encoding/json"
	"net/http"

	"claude-mem/capture"
	"claude-mem/client"
	"claude-mem/memory"
)

// The adapters put two routes of the original worker into the words of ours.

const (
	legacyAdapter  = "claude-code-compat"
	legacyPlatform = "claude-code" // of clients that do not say
)

// legacyObservation is client.LegacyObservation as it comes in: of the tool-use id
// there are two spellings.
type legacyObservation struct {
	ContentSessionID string          `json:"contentSessionId"`
	ToolName         string          `json:"tool_name"`
	ToolInput        json.RawMessage `json:"tool_input"`
	ToolResponse     json.RawMessage `json:"tool_response"`
	CWD              string          `json:"cwd"`
	AgentID          string          `json:"agentId"`
	AgentType        string          `json:"agentType"`
	PlatformSource   string          `json:"platformSource"`
	ToolUseID        string          `json:"tool_use_id"`
	ToolUseID2       string          `json:"toolUseId"`
}

func (in legacyObservation) validate() error {
	var is memory.Issues
	is.Required(in.ContentSessionID, "contentSessionId")
	is.Required(in.ToolName, "tool_name")
	return is.Err()
}

// event is what the call becomes.
func (in legacyObservation) event(projectID string) (memory.EventInput, error) {
	payload, err := json.Marshal(struct {
		memory.ToolUse
		ToolUseID string `json:"toolUseId,omitempty"`
	}{memory.ToolUse{ToolName: in.ToolName, Input: in.ToolInput, Response: in.ToolResponse, CWD: in.CWD}, first(in.ToolUseID, in.ToolUseID2)})
	now := memory.Now()
	return memory.EventInput{
		ProjectID: projectID, ContentSessionID: in.ContentSessionID, SourceType: "hook", SourceAdapter: legacyAdapter,
		SourceEventID: first(in.ToolUseID, in.ToolUseID2), EventType: memory.EventToolUse, PlatformSource: first(in.PlatformSource, legacyPlatform),
		AgentID: in.AgentID, AgentType: in.AgentType, Payload: payload,
		Metadata: json.RawMessage(`{"compat":"sessions/observations"}`), OccurredAt: &now,
	}, err
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (a *API) legacyObservation(r *request) (answer, error) {
	var in legacyObservation
	if err := r.decode(&in); err != nil {
		return answer{}, err
	}
	if err := in.validate(); err != nil {
		return answer{}, err
	}
	project, err := r.boundProject()
	if err != nil {
		return answer{}, err
	}
	ev, err := in.event(project)
	if err != nil {
		return answer{}, err
	}
	stored, err := a.Capture.Events(r.Context(), r.caller, []memory.EventInput{ev}, capture.EventOptions{Generate: true})
	if err != nil {
		no := false
		return a.legacyFailure(r, err, client.LegacyFailure{Stored: &no, Reason: "internal_error"})
	}
	e := stored[0].Event
	out := client.LegacyQueued{Status: "queued", ObservationCount: 1, EventID: e.ID, Transport: client.TransportQueuedOnly}
	out.SessionID, out.ServerSessionID = string(e.SessionID), string(e.SessionID)
	if j := stored[0].Job; j != nil {
		out.GenerationJobID, out.Transport = &j.ID, transportOf(*j)
	}
	return ok(out)
}

func (a *API) legacySummary(r *request) (answer, error) {
	var in client.LegacySummary
	if err := r.decode(&in); err != nil {
		return answer{}, err
	}
	var is memory.Issues
	is.ID(in.ContentSessionID, "contentSessionId")
	is.MaxBytes(in.PlatformSource, memory.MaxIDBytes, "platformSource")
	if err := is.Err(); err != nil {
		return answer{}, err
	}
	project, err := r.boundProject()
	if err != nil {
		return answer{}, err
	}
	if in.AgentID != "" { // what a sub-agent did is summed up with its parent's session
		return ok(client.LegacySkipped{Status: "skipped", Reason: "subagent_context"})
	}
	s, job, err := a.Capture.Stop(r.Context(), r.caller, capture.LastWord{
		Project: project, ContentSessionID: in.ContentSessionID, PlatformSource: first(in.PlatformSource, legacyPlatform),
		SourceAdapter: legacyAdapter, Message: in.LastMessage, Metadata: json.RawMessage(`{"compat":"sessions/summarize"}`),
	})
	if err != nil {
		return a.legacyFailure(r, err, client.LegacyFailure{Status: "error", Reason: "internal_error"})
	}
	return ok(client.LegacyQueued{
		Status: "queued", SessionID: s.ID, ServerSessionID: s.ID, GenerationJobID: &job.ID, Transport: transportOf(job),
	})
}

// boundProject is the project of the key; the original's clients name none.
func (r *request) boundProject() (string, error) {
	if r.caller.Key.ProjectID == "" {
		return "", memory.Errorf(memory.CodeBadRequest, "Legacy %s requires a project-scoped API key", r.route.Pattern)
	}
	return string(r.caller.Key.ProjectID), nil
}

// legacyFailure answers in the original's words where the failure is ours.
func (a *API) legacyFailure(r *request, err error, body client.LegacyFailure) (answer, error) {
	if memory.CodeOf(err) != memory.CodeInternal {
		return answer{}, err
	}
	a.Log.ErrorContext(r.Context(), "a legacy route failed", "path", r.route.Pattern, "requestId", r.caller.RequestID, "err", err)
	return answer{http.StatusInternalServerError, body}, nil
}
