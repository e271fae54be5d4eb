package memory

import "encoding/json"

// Session is one conversation with an agent. It is found again by
// (project, ExternalSessionID), or by ContentSessionID where a client has no other.
type Session struct {
	ID                string          `json:"id"`
	ProjectID         string          `json:"projectId"`
	TeamID            string          `json:"teamId"`
	ExternalSessionID Opt             `json:"externalSessionId"`
	ContentSessionID  Opt             `json:"contentSessionId"`
	AgentID           Opt             `json:"agentId"`
	AgentType         Opt             `json:"agentType"`
	PlatformSource    Opt             `json:"platformSource"`
	GenerationStatus  string          `json:"generationStatus"` // idle | queued | processing | failed
	Metadata          json.RawMessage `json:"metadata"`
	StartedAt         Epoch           `json:"startedAtEpoch"`
	EndedAt           Epoch           `json:"endedAtEpoch"`
	LastGeneratedAt   Epoch           `json:"lastGeneratedAtEpoch"`
	CreatedAt         Epoch           `json:"createdAtEpoch"`
	UpdatedAt         Epoch           `json:"updatedAtEpoch"`

	// DedupeKey is unique in the project: two starts with one key are one session.
	DedupeKey string `json:"-"`
}

// SessionBranch is the name, in a session's metadata, of the git branch that was
// checked out when a hook started it.
const SessionBranch = "branch"

// Branch is the git branch that the session started on, or "".
func (s Session) Branch() string {
	var fields map[string]json.RawMessage
	var name string
	if json.Unmarshal(s.Metadata, &fields) == nil {
		_ = json.Unmarshal(fields[SessionBranch], &name) // a client's own field of another type is none
	}
	return name
}

// SessionDigest counts what a session consists of.
type SessionDigest struct {
	SessionID    string
	Prompts      int64
	ToolCalls    int64  // those of sub-agents too
	Observations int64  // that nothing replaces, the summary among them
	Summary      int64  // number of the newest summary; 0: there is none
	FirstPrompt  string // id of the event; "": there is none
	LastEventAt  Epoch  // 0: there is no event
}

// Scope is the tenant that owns the session.
func (s Session) Scope() Scope { return Scope{TeamID: s.TeamID, ProjectID: s.ProjectID} }

// SessionInput is what a client says about a session when it starts one.
type SessionInput struct {
	ProjectID         string          `json:"projectId"` // id, or name of a project
	ExternalSessionID string          `json:"externalSessionId,omitempty"`
	ContentSessionID  string          `json:"contentSessionId,omitempty"`
	AgentID           string          `json:"agentId,omitempty"`
	AgentType         string          `json:"agentType,omitempty"`
	PlatformSource    string          `json:"platformSource,omitempty"`
	Metadata          json.RawMessage `json:"metadata,omitempty"` // an object
	StartedAt         Epoch           `json:"startedAtEpoch,omitzero"`
}

// MaxIDBytes bounds ids and names that clients choose.
const MaxIDBytes = 512

// Validate checks lengths and shapes.
func (in SessionInput) Validate() error {
	var is Issues
	is.ID(in.ProjectID, "projectId")
	is.MaxBytes(in.ExternalSessionID, MaxIDBytes, "externalSessionId")
	is.MaxBytes(in.ContentSessionID, MaxIDBytes, "contentSessionId")
	is.MaxBytes(in.AgentID, MaxIDBytes, "agentId")
	is.MaxBytes(in.AgentType, MaxIDBytes, "agentType")
	is.MaxBytes(in.PlatformSource, MaxIDBytes, "platformSource")
	is.Object(in.Metadata, "metadata")
	return is.Err()
}
