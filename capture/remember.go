package capture

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"claude-mem/internal/id"
	"claude-mem/internal/privacy"
	"claude-mem/memory"
)

// Note is something that a person or an agent wants remembered as it is.
type Note struct {
	Project          string // id, or name
	ServerSessionID  string
	ContentSessionID string
	Kind             string // one word; "" means memory.KindManual
	Content          string // 1 to MaxNoteBytes bytes, of which not all may be private
	Metadata         json.RawMessage
	// Supersedes names what it takes the place of, by number (41 or #41) or id; at most
	// MaxSuperseded, all in the same project.
	Supersedes []string
}

// MaxSuperseded bounds Note.Supersedes.
const MaxSuperseded = 50

// MaxNoteBytes bounds the content of a Note.
const MaxNoteBytes = 256 << 10

// cleaned is the note as it is stored, if there is nothing wrong with it.
func (n Note) cleaned() (Note, error) {
	var is memory.Issues
	is.ID(n.Project, "projectId")
	n.Kind = cmp.Or(n.Kind, memory.KindManual)
	checkKind(&is, n.Kind)
	if is.Required(n.Content, "content"); n.Content != "" {
		n.Content = cleanContent(&is, n.Content)
	}
	if len(n.Supersedes) > MaxSuperseded {
		is.Add("too_big", fmt.Sprintf("Too big: expected array to have <=%d items", MaxSuperseded), "supersedes")
	}
	is.Object(n.Metadata, "metadata")
	return n, is.Err()
}

// checkKind finds fault with a kind that is no word: it stands in lists, and is asked for.
func checkKind(is *memory.Issues, kind string) {
	odd := func(r rune) bool { return r == utf8.RuneError || !unicode.IsGraphic(r) || unicode.IsSpace(r) }
	if kind == "" || len(kind) > memory.MaxIDBytes || strings.ContainsFunc(kind, odd) {
		is.Add("invalid_value", fmt.Sprintf("Invalid input: expected one word of 1 to %d bytes", memory.MaxIDBytes), "kind")
	}
}

// cleanContent takes out what is private, and finds fault if nothing else is there.
func cleanContent(is *memory.Issues, content string) string {
	is.MaxBytes(content, MaxNoteBytes, "content")
	clean := privacy.Text(content[:min(len(content), MaxNoteBytes)])
	if strings.TrimSpace(clean) == "" {
		is.Add("invalid_value", "Invalid input: nothing is left of it once what is private is cut out", "content")
	}
	return clean
}

// Remember stores a note as an observation; no provider is asked.
func (c *Capture) Remember(ctx context.Context, caller memory.Caller, n Note) (memory.Observation, error) {
	n, err := n.cleaned()
	if err != nil {
		return memory.Observation{}, err
	}
	p, err := c.ResolveProject(ctx, caller, n.Project, Write)
	if err != nil {
		return memory.Observation{}, err
	}
	now := memory.Now()
	o := memory.Observation{
		ID: id.New(), ProjectID: p.ID, TeamID: p.TeamID,
		Kind: n.Kind, Content: n.Content,
		OccurredAt: now, CreatedAt: now, UpdatedAt: now,
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
