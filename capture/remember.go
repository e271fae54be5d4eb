package capture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

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
	// Supersedes names what it takes the place of, by number (41 or #41) or id; at most
	// MaxSuperseded, all in the same project.
	Supersedes []string
}

// MaxSuperseded bounds Note.Supersedes.
const MaxSuperseded = 50

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
	if len(n.Supersedes) > MaxSuperseded {
		add("too_big", "supersedes", fmt.Sprintf("Too big: expected array to have <=%d items", MaxSuperseded))
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
		replaced, err := u.named(ctx, p.Scope(), n.Supersedes)
		if err != nil {
			return err
		}
		if stored, _, err = u.PutObservation(ctx, in); err != nil {
			return err
		}
		if len(replaced) > 0 {
			if err := u.Supersede(ctx, p.Scope(), stored.ID, replaced); err != nil {
				return err
			}
		}
		u.audit(memory.AuditMemoryWrite, "observation", stored.ID, stored.Scope(), "")
		u.notify(stored.Notice())
		return u.oweReindex(ctx, stored, 0)
	})
	return stored, err
}

// named finds the ids of memories that are named by number or id, each once.
func (u *unit) named(ctx context.Context, s memory.Scope, names []string) (ids []string, err error) {
	for _, name := range names {
		var found []memory.Observation
		if number, notOne := strconv.ParseInt(strings.TrimPrefix(name, "#"), 10, 64); notOne == nil {
			found, err = u.ObservationsByNumber(ctx, s, []int64{number})
		} else {
			found = make([]memory.Observation, 1)
			found[0], err = u.Observation(ctx, s, name)
		}
		if errors.Is(err, memory.ErrNotFound) || err == nil && len(found) == 0 {
			return nil, memory.Invalid(fmt.Sprintf("Invalid input: there is no memory %q in the project", name), "supersedes")
		}
		if err != nil {
			return nil, err
		}
		if !slices.Contains(ids, found[0].ID) {
			ids = append(ids, found[0].ID)
		}
	}
	return ids, nil
}
