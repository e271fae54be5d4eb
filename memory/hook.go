package memory

import (
	"encoding/json"
	"strconv"
)

// HookRecord is what one hook call of an agent host amounts to: the session it
// belongs to, at most one event, and what the host wants done or told. It is the
// body of POST /v1/hooks and, one to a line, the form of the spool.
//
// A record may be told any number of times; its event is stored once.
type HookRecord struct {
	Project        string      `json:"project"`   // name (absolute root path) or id
	SessionID      string      `json:"sessionId"` // the host's own session id
	PlatformSource string      `json:"platformSource"`
	OccurredAt     Epoch       `json:"occurredAtEpoch"`
	Event          *HookEvent  `json:"event,omitempty"`
	Summarize      bool        `json:"summarize,omitempty"`  // owe a summary if anything happened since the last
	EndSession     bool        `json:"endSession,omitempty"` // the conversation is over; implies Summarize
	Want           HookContext `json:"want,omitzero"`
}

// HookEvent is the event part of a HookRecord.
type HookEvent struct {
	Type      string          `json:"type"` // EventToolUse, EventUserPrompt, EventAssistantMessage
	SourceID  string          `json:"sourceEventId"`
	AgentID   string          `json:"agentId,omitempty"`
	AgentType string          `json:"agentType,omitempty"`
	Payload   json.RawMessage `json:"payload"`
}

// HookContext says what a hook wants to hand to the model: at most one of Session,
// Prompt and File is set.
type HookContext struct {
	Session bool   `json:"session,omitempty"` // the session-start context
	Prompt  string `json:"prompt,omitempty"`  // memories relevant to this prompt
	File    string `json:"file,omitempty"`    // what is known about this file

	// Resumed goes with Session: the agent still has what it was told before.
	Resumed bool `json:"resumed,omitempty"`
	// Tree goes with Session: what the agent is about to work on, if it is known.
	Tree *WorkingTree `json:"tree,omitempty"`
}

// WorkingTree is the state of the git working tree that a session runs in.
type WorkingTree struct {
	Branch string `json:"branch,omitempty"` // "" if no branch is checked out
	// Changed are the files that differ from the last commit, relative to the
	// repository's root; at most MaxChangedFiles.
	Changed []string `json:"changed,omitempty"`
}

// MaxChangedFiles is how many changed files of a WorkingTree count.
const MaxChangedFiles = 32

// HookAnswer is the daemon's answer to a HookRecord.
type HookAnswer struct {
	SessionID string `json:"serverSessionId"`
	EventID   string `json:"eventId,omitempty"`
	Duplicate bool   `json:"duplicate,omitempty"` // the event was told before
	JobID     string `json:"generationJobId,omitempty"`
	Context   string `json:"context,omitempty"` // the text to inject; "" for nothing
}

// Validate checks that the record names a project and a session, and that its
// event, if any, is whole.
func (r HookRecord) Validate() error {
	var is Issues
	is.Required(r.Project, "project")
	is.MaxBytes(r.Project, MaxIDBytes*8, "project")
	is.ID(r.SessionID, "sessionId")
	is.MaxBytes(r.PlatformSource, MaxIDBytes, "platformSource")
	if r.OccurredAt < 0 || r.OccurredAt > maxEpoch {
		is.Add("invalid_value", "Invalid input: expected milliseconds since 1970", "occurredAtEpoch")
	}
	if t := r.Want.Tree; t != nil {
		is.MaxBytes(t.Branch, MaxIDBytes, "want", "tree", "branch")
		if len(t.Changed) > MaxChangedFiles {
			is.Add("too_big", "Too big: expected at most "+strconv.Itoa(MaxChangedFiles)+" files", "want", "tree", "changed")
		}
	}
	if e := r.Event; e != nil {
		is.ID(e.Type, "event", "type")
		is.ID(e.SourceID, "event", "sourceEventId")
		is.MaxBytes(e.AgentID, MaxIDBytes, "event", "agentId")
		is.MaxBytes(e.AgentType, MaxIDBytes, "event", "agentType")
	}
	return is.Err()
}
