package mcp

import (
	"context"
	"encoding/json"
	"fmt"

	"claude-mem/client"
	"claude-mem/memory"
)

type addArgs struct {
	Content          string         `json:"content" jsonschema:"what to remember; its first line is the title"`
	Kind             string         `json:"kind,omitempty" jsonschema:"bugfix, feature, refactor, change, discovery or decision; default manual"`
	ProjectID        string         `json:"projectId,omitempty" jsonschema:"another project's id or name; default: the current one"`
	ServerSessionID  string         `json:"serverSessionId,omitempty" jsonschema:"the session it belongs to"`
	ContentSessionID string         `json:"contentSessionId,omitempty" jsonschema:"the session it belongs to, by the agent's own id"`
	Metadata         map[string]any `json:"metadata,omitempty" jsonschema:"anything more, such as files_modified or concepts"`
}

func addTool(d Door) tool[addArgs] {
	return tool[addArgs]{
		name: "observation_add", title: "Remember", hints: writes(false),
		doc: "Remember something for later sessions: a decision and its reason, a dead end, a fact that took long to find. Sessions are recorded by themselves; add only what they would not show. Never add secrets.",
		bound: func(s schemaOf) {
			s.text("content", 1, 50000)
			s.text("kind", 1, 64)
			s["metadata"].Type, s["metadata"].Types = "object", nil
		},
		call: func(ctx context.Context, in addArgs) (string, error) {
			m, project, err := open(ctx, d, in.ProjectID)
			if err != nil {
				return "", err
			}
			ask := client.MemoryRequest{
				ProjectID: project, Kind: in.Kind, Content: in.Content,
				ServerSessionID: in.ServerSessionID, ContentSessionID: in.ContentSessionID,
			}
			if raw, err := json.Marshal(in.Metadata); err != nil || json.Unmarshal(raw, &ask.Metadata) != nil {
				return "", memory.Invalid("it is no JSON object", "metadata")
			}
			o, err := m.Remember(ctx, ask)
			if err != nil {
				return "", err
			}
			return fmt.Sprintf("Remembered as #%d.", o.Number), nil
		},
	}
}

type eventArgs struct {
	EventType        string `json:"eventType" jsonschema:"such as tool_use, user_prompt or a name of your own"`
	Payload          any    `json:"payload,omitempty" jsonschema:"what happened, any JSON"`
	SourceType       string `json:"sourceType,omitempty" jsonschema:"who tells, default api"`
	ProjectID        string `json:"projectId,omitempty" jsonschema:"another project's id or name; default: the current one"`
	ServerSessionID  string `json:"serverSessionId,omitempty" jsonschema:"the session it belongs to"`
	ContentSessionID string `json:"contentSessionId,omitempty" jsonschema:"the session it belongs to, by the agent's own id"`
	MemorySessionID  string `json:"memorySessionId,omitempty" jsonschema:"the session's id with the memory's provider"`
	PlatformSource   string `json:"platformSource,omitempty" jsonschema:"the agent that acted, such as codex"`
	OccurredAt       int64  `json:"occurredAtEpoch,omitempty" jsonschema:"when, in milliseconds since 1970; default now"`
	Generate         *bool  `json:"generate,omitempty" jsonschema:"false: store it and make no observation of it"`
}

func eventTool(d Door) tool[eventArgs] {
	return tool[eventArgs]{
		name: "observation_record_event", title: "Record an event", hints: writes(true),
		doc: "Record something that happened, for an observation to be made of it in the background. For agents without hooks; where hooks are installed they do this. The same event twice is one.",
		bound: func(s schemaOf) {
			s.text("eventType", 1, memory.MaxIDBytes)
			for _, t := range memory.SourceTypes() {
				s["sourceType"].Enum = append(s["sourceType"].Enum, t)
			}
			s.number("occurredAtEpoch", 0, 1<<53-1)
			s["generate"].Type, s["generate"].Types = "boolean", nil
		},
		call: func(ctx context.Context, in eventArgs) (string, error) {
			m, project, err := open(ctx, d, in.ProjectID)
			if err != nil {
				return "", err
			}
			return record(ctx, m, project, in)
		},
	}
}

// record stores an event and says what becomes of it.
func record(ctx context.Context, m Memory, project string, in eventArgs) (string, error) {
	at := memory.Epoch(in.OccurredAt)
	if at == 0 {
		at = memory.Now()
	}
	e := memory.EventInput{
		ProjectID: project, ServerSessionID: in.ServerSessionID, ContentSessionID: in.ContentSessionID, MemorySessionID: in.MemorySessionID,
		SourceType: in.SourceType, EventType: in.EventType, PlatformSource: in.PlatformSource, OccurredAt: &at,
	}
	if e.SourceType == "" {
		e.SourceType = "api"
	}
	if in.Payload != nil {
		payload, err := json.Marshal(in.Payload)
		if err != nil {
			return "", memory.Invalid("it is no JSON", "payload")
		}
		e.Payload = payload
	}
	stored, err := m.PutEvent(ctx, e, client.EventOptions{NoGenerate: in.Generate != nil && !*in.Generate})
	if err != nil {
		return "", err
	}
	text := "Recorded as event " + stored.Event.ID + "."
	if j := stored.GenerationJob; j != nil {
		text += " Its observation is owed by job " + j.ID + " (observation_generation_status)."
	}
	return text, nil
}

type statusArgs struct {
	JobID string `json:"jobId" jsonschema:"the job that observation_record_event named"`
}

func statusTool(d Door) tool[statusArgs] {
	return tool[statusArgs]{
		name: "observation_generation_status", title: "How far an observation is", hints: reads(),
		doc:   "Tell how far the making of an observation is: queued, processing, completed, failed or cancelled, and why.",
		bound: func(s schemaOf) { s.text("jobId", 1, memory.MaxIDBytes) },
		call: func(ctx context.Context, in statusArgs) (string, error) {
			m, err := d.Open(ctx)
			if err != nil {
				return "", err
			}
			j, err := m.Job(ctx, in.JobID)
			if memory.CodeOf(err) == memory.CodeNotFound {
				return "", memory.Errorf(memory.CodeNotFound, "there is no job %s; give the one that observation_record_event named", in.JobID)
			}
			if err != nil {
				return "", err
			}
			text := fmt.Sprintf("%s, attempt %d of %d", j.Status, j.Attempts, j.MaxAttempts)
			if j.LastError != "" {
				text += ": " + string(j.LastError)
			}
			return text, nil
		},
	}
}
