package capture

import (
	"context"
	"encoding/json"
	"fmt"

	"claude-mem/internal/id"
	"claude-mem/internal/privacy"
	"claude-mem/memory"
)

// Note is something that a person or an agent wants remembered as it is.
type Note struct {
	Project          string // id, or name
	ServerSessionID  string
	ContentSessionID string
	Kind             string // "" means memory.KindManual
	Content          string // 1 to MaxNoteBytes bytes
	Metadata         json.RawMessage
}

// MaxNoteBytes bounds the content of a Note.
const MaxNoteBytes = 256 << 10

func (n Note) validate() error {
	var issues []memory.Issue
	add := func(code, field, message string) {
		issues = append(issues, memory.Issue{Code: code, Path: []string{field}, Message: message})
	}
	if n.Project == "" {
		add("invalid_type", "projectId", "Invalid input: expected string, received undefined")
	}
	if len(n.Project) > memory.MaxIDBytes {
		add("too_big", "projectId", fmt.Sprintf("Too big: expected string to have <=%d bytes", memory.MaxIDBytes))
	}
	if n.Content == "" {
		add("invalid_type", "content", "Invalid input: expected string, received undefined")
	}
	if len(n.Content) > MaxNoteBytes {
		add("too_big", "content", fmt.Sprintf("Too big: expected string to have <=%d bytes", MaxNoteBytes))
	}
	if len(n.Kind) > memory.MaxIDBytes {
		add("too_big", "kind", fmt.Sprintf("Too big: expected string to have <=%d bytes", memory.MaxIDBytes))
	}
	if len(n.Metadata) > 0 && n.Metadata[0] != '{' && string(n.Metadata) != "null" {
		add("invalid_type", "metadata", "Invalid input: expected object")
	}
	if issues == nil {
		return nil
	}
	return &memory.Error{Code: memory.CodeValidation, Issues: issues}
}

// Remember stores a note as an observation; no provider is asked.
func (c *Capture) Remember(ctx context.Context, caller memory.Caller, n Note) (memory.Observation, error) {
	if err := n.validate(); err != nil {
		return memory.Observation{}, err
	}
	p, err := c.ResolveProject(ctx, caller, n.Project, Write)
	if err != nil {
		return memory.Observation{}, err
	}
	now := memory.Now()
	o := memory.Observation{
		ID: id.New(), ProjectID: p.ID, TeamID: p.TeamID,
		Kind: cleanText(n.Kind), Content: privacy.Text(n.Content),
		OccurredAt: now, CreatedAt: now, UpdatedAt: now,
	}
	if o.Kind == "" {
		o.Kind = memory.KindManual
	}
	if err := json.Unmarshal(cleanJSON(n.Metadata), &o.Metadata); err != nil {
		return memory.Observation{}, memory.Invalid("Invalid input: expected object", "metadata")
	}
	ref := sessionRef{serverID: cleanText(n.ServerSessionID), content: cleanText(n.ContentSessionID), startedAt: now}
	var stored memory.Observation
	err = c.write(ctx, caller, func(u *unit) error {
		sid, err := u.resolveSession(ctx, p.Scope(), ref)
		if err != nil {
			return err
		}
		in := o // fn may be run again
		in.SessionID = memory.Opt(sid)
		if stored, _, err = u.PutObservation(ctx, in); err != nil {
			return err
		}
		u.audit(memory.AuditMemoryWrite, "observation", stored.ID, stored.Scope(), "")
		u.notify(stored.Notice())
		return nil
	})
	return stored, err
}
