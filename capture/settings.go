package capture

import (
	"context"
	"encoding/json"

	"claude-mem/memory"
)

// SetGeneration replaces what a project, by its id, wants of generation; the rest of
// its metadata stays. Events that come within projectsKeptFor may still go by what
// held before. A project that the caller cannot reach is memory.ErrNotFound.
func (c *Capture) SetGeneration(ctx context.Context, caller memory.Caller, id string, g memory.GenerationSettings) (p memory.Project, err error) {
	if err := g.Validate(); err != nil {
		return p, err
	}
	err = c.write(ctx, caller, func(u *unit) error {
		found, err := u.HoldProject(ctx, caller.Scope(), id)
		if err != nil {
			return err
		}
		metadata := make(map[string]any)
		if err := json.Unmarshal(found.Metadata, &metadata); err != nil {
			return memory.Errorf(memory.CodeInternal, "the metadata of project %s is no object", id)
		}
		metadata["generation"] = g
		raw, err := json.Marshal(metadata)
		if err != nil {
			return err
		}
		if p, err = u.SetProjectMetadata(ctx, found.Scope(), id, raw, u.now); err != nil {
			return err
		}
		u.audit(memory.AuditProjectChange, "project", p.ID, p.Scope(), "")
		return nil
	})
	return p, err
}
