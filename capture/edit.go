package capture

import (
	"context"
	"encoding/json"
	"errors"

	"claude-mem/memory"
)

// Change says what is to be different about a memory; a nil field leaves things as
// they are.
type Change struct {
	Project  *string // may only name the project that the memory is in
	Kind     *string
	Content  *string
	Metadata json.RawMessage // an object; it takes the place of the one there was
}

// cleaned is the change as it is made, if there is nothing wrong with it.
func (ch Change) cleaned() (Change, error) {
	var is memory.Issues
	if ch.Kind != nil {
		checkKind(&is, *ch.Kind)
	}
	if ch.Content != nil {
		clean := cleanContent(&is, *ch.Content)
		ch.Content = &clean
	}
	if len(ch.Metadata) > 0 && ch.Metadata[0] != '{' {
		is.Add("invalid_type", "Invalid input: expected object", "metadata")
	}
	if ch.Kind == nil && ch.Content == nil && len(ch.Metadata) == 0 {
		is.Add("invalid_type", "Invalid input: expected kind, content or metadata")
	}
	return ch, is.Err()
}

// apply changes the memory and returns the names of the fields it set.
func (ch Change) apply(o *memory.Observation) (fields []string, err error) {
	if ch.Kind != nil {
		o.Kind, fields = *ch.Kind, append(fields, "kind")
	}
	if ch.Content != nil {
		o.Content, fields = *ch.Content, append(fields, "content")
	}
	if len(ch.Metadata) > 0 {
		fields = append(fields, "metadata")
		if err := json.Unmarshal(cleanJSON(ch.Metadata), &o.Metadata); err != nil {
			return nil, memory.Invalid("Invalid input: expected object", "metadata")
		}
	}
	return fields, nil
}

// Edit changes a memory. One that the caller cannot reach is memory.ErrNotFound.
func (c *Capture) Edit(ctx context.Context, caller memory.Caller, id string, ch Change) (o memory.Observation, err error) {
	if ch, err = ch.cleaned(); err != nil {
		return o, err
	}
	err = c.write(ctx, caller, func(u *unit) error {
		old, err := u.HoldObservation(ctx, caller.Scope(), id)
		if err != nil {
			return err
		}
		if ch.Project != nil && *ch.Project != old.ProjectID {
			return memory.Invalid("projectId cannot be changed", "projectId")
		}
		fields, err := ch.apply(&old)
		if err != nil {
			return err
		}
		old.UpdatedAt = u.now
		if o, err = u.UpdateObservation(ctx, old); err != nil {
			return err
		}
		u.auditWith(memory.AuditMemoryWrite, "observation", o.ID, o.Scope(), auditDetails{Changed: fields})
		return u.oweReindex(ctx, o, int64(o.UpdatedAt))
	})
	return o, err
}

// purgeRows is how many rows one transaction of a purge removes: others wait for it.
const purgeRows = 500

// Purge removes all that a project remembers from before now: observations, events,
// sessions and jobs, those that are being worked on too. The project, its keys and
// the audit log stay. A project that the caller cannot reach is memory.ErrNotFound.
//
// It takes many transactions. If it is broken off, what it had removed is gone and
// audited; to purge again removes the rest.
func (c *Capture) Purge(ctx context.Context, caller memory.Caller, projectID string) (memory.Purged, error) {
	var all memory.Purged
	project, err := c.store.Project(ctx, caller.Scope(), projectID)
	if err != nil {
		return all, err
	}
	before, outcome := memory.Now(), "complete"
	for {
		var step memory.Purged
		err = c.write(ctx, caller, func(u *unit) (err error) {
			step, err = u.PurgeStep(ctx, project.Scope(), project.ID, before, purgeRows)
			return err
		})
		if err != nil || step == (memory.Purged{}) {
			break
		}
		all.Add(step)
	}
	if err != nil {
		outcome = "incomplete"
	}
	// Whoever asked may have gone, but what was done has to be in the log.
	noted := c.write(context.WithoutCancel(ctx), caller, func(u *unit) error {
		u.auditWith(memory.AuditProjectPurged, "project", project.ID, project.Scope(), auditDetails{Outcome: outcome, Purged: &all})
		return nil
	})
	return all, errors.Join(err, noted)
}
