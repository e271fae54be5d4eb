package memory

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Event is one thing an agent did. It is written once and never changed.
type Event struct {
	ID             string          `json:"id"`
	ProjectID      string          `json:"projectId"`
	TeamID         string          `json:"teamId"`
	SessionID      Opt             `json:"serverSessionId"`
	SourceAdapter  string          `json:"sourceAdapter"`
	SourceEventID  Opt             `json:"sourceEventId"`
	EventType      string          `json:"eventType"`
	PlatformSource Opt             `json:"platformSource"`
	AgentID        Opt             `json:"agentId,omitempty"`   // set: a sub-agent did it
	AgentType      Opt             `json:"agentType,omitempty"` //
	Payload        json.RawMessage `json:"payload"`
	Metadata       json.RawMessage `json:"metadata"` // an object
	OccurredAt     Epoch           `json:"occurredAtEpoch"`
	ReceivedAt     Epoch           `json:"receivedAtEpoch"`
	CreatedAt      Epoch           `json:"createdAtEpoch"`

	// DedupeKey is unique in the project: the same thing told twice is one event.
	DedupeKey string `json:"-"`
	// Generate records that an observation was asked for; the books are kept by it.
	Generate bool `json:"-"`
}

// Scope is the tenant that owns the event.
func (e Event) Scope() Scope { return Scope{TeamID: e.TeamID, ProjectID: e.ProjectID} }

// Event types that our hooks write. Clients may use others.
const (
	EventToolUse          = "tool_use"          // payload ToolUse
	EventUserPrompt       = "user_prompt"       // payload Prompt
	EventAssistantMessage = "assistant_message" // payload AssistantMessage
)

// ToolUse is the payload of an EventToolUse. Error is set when the call failed.
type ToolUse struct {
	ToolName   string          `json:"tool_name"`
	Input      json.RawMessage `json:"tool_input,omitempty"`
	Response   json.RawMessage `json:"tool_response,omitempty"`
	Error      string          `json:"error,omitempty"`
	Interrupt  bool            `json:"is_interrupt,omitempty"`
	CWD        string          `json:"cwd,omitempty"`
	DurationMS int64           `json:"duration_ms,omitempty"`
}

// Prompt is the payload of an EventUserPrompt.
type Prompt struct {
	Prompt string `json:"prompt"`
	CWD    string `json:"cwd,omitempty"`
}

// AssistantMessage is the payload of an EventAssistantMessage: what the agent
// said when it stopped.
type AssistantMessage struct {
	Message string `json:"message"`
	CWD     string `json:"cwd,omitempty"`
}

// SourceTypes lists what may stand in EventInput.SourceType.
func SourceTypes() []string { return []string{"hook", "worker", "provider", "server", "api"} }

// EventInput is an event as a client tells it.
type EventInput struct {
	ProjectID        string          `json:"projectId"` // id, or name of a project
	ServerSessionID  string          `json:"serverSessionId,omitempty"`
	ContentSessionID string          `json:"contentSessionId,omitempty"`
	MemorySessionID  string          `json:"memorySessionId,omitempty"`
	SourceType       string          `json:"sourceType"`
	SourceAdapter    string          `json:"-"` // set by our own adapters; default SourceType
	SourceEventID    string          `json:"sourceEventId,omitempty"`
	EventType        string          `json:"eventType"`
	PlatformSource   string          `json:"platformSource,omitempty"`
	AgentID          string          `json:"agentId,omitempty"`
	AgentType        string          `json:"agentType,omitempty"`
	Payload          json.RawMessage `json:"payload,omitempty"`
	Metadata         json.RawMessage `json:"metadata,omitempty"` // an object
	OccurredAt       *Epoch          `json:"occurredAtEpoch"`
}

// MaxBatch is how many events one batch may hold.
const MaxBatch = 500

// Validate checks that the required fields are there and that all are in bounds.
func (in EventInput) Validate() error {
	var is Issues
	is.ID(in.ProjectID, "projectId")
	if types := SourceTypes(); !slices.Contains(types, in.SourceType) {
		is.Add("invalid_value", fmt.Sprintf(`Invalid option: expected one of "%s"`, strings.Join(types, `"|"`)), "sourceType")
	}
	is.ID(in.EventType, "eventType")
	is.MaxBytes(in.ServerSessionID, MaxIDBytes, "serverSessionId")
	is.MaxBytes(in.ContentSessionID, MaxIDBytes, "contentSessionId")
	is.MaxBytes(in.MemorySessionID, MaxIDBytes, "memorySessionId")
	is.MaxBytes(in.SourceEventID, MaxIDBytes, "sourceEventId")
	is.MaxBytes(in.PlatformSource, MaxIDBytes, "platformSource")
	is.MaxBytes(in.AgentID, MaxIDBytes, "agentId")
	is.MaxBytes(in.AgentType, MaxIDBytes, "agentType")
	is.Object(in.Metadata, "metadata")
	switch {
	case in.OccurredAt == nil:
		is.Add("invalid_type", "Invalid input: expected number, received undefined", "occurredAtEpoch")
	case *in.OccurredAt < 0:
		is.Add("too_small", "Too small: expected number to be >=0", "occurredAtEpoch")
	case *in.OccurredAt > maxEpoch:
		is.Add("too_big", fmt.Sprintf("Too big: expected number to be <=%d", maxEpoch), "occurredAtEpoch")
	}
	return is.Err()
}

// maxEpoch is the largest integer that JSON clients represent exactly.
const maxEpoch = 1<<53 - 1
