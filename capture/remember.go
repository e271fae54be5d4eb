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
	var is memory.Issues
	is.ID(n.Project, "projectId")
	is.Required(n.Content, "content")
	is.MaxBytes(n.Content, MaxNoteBytes, "content")
	is.MaxBytes(n.Kind, memory.MaxIDBytes, "kind")
	if len(n.Supersedes) > MaxSuperseded {
		is.Add("too_big", fmt.Sprintf("Too big: expected array to have <=%d items", MaxSuperseded), "supersedes")
	}
	is.Object(n.Metadata, "metadata")
	return is.Err()
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
