package capture

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"claude-mem/internal/id"
	"claude-mem/memory"
)

// Access says what a project is wanted for.
type Access int

// The kinds of access.
const (
	Read  Access = iota // makes no project
	Write               // makes the project if Options.CreateProjects allows it
	Hook                // makes the project; a project-bound key ignores the name given
)

type projectKey struct{ team, ref string }

// cachedProject is a project as it was. Its id and name stay, but what it wants of
// generation may change, also by another process.
type cachedProject struct {
	memory.Project
	until time.Time // it is asked for anew after that
}

const projectsKeptFor = 10 * time.Second

func (c *Capture) keepProject(key projectKey, p memory.Project) {
	c.projects.put(key, cachedProject{p, time.Now().Add(projectsKeptFor)})
}

// ResolveProject finds the project that ref names, by id or else by name, within
// what the caller's key may reach; all else is Forbidden. Where names make
// projects, a Read of a name that was never written to is answered by a project
// that nothing is stored under.
func (c *Capture) ResolveProject(ctx context.Context, caller memory.Caller, ref string, a Access) (memory.Project, error) {
	ref = cleanText(ref)
	if bound := string(caller.Key.ProjectID); bound != "" {
		return c.boundProject(ctx, caller, ref, bound, a)
	}
	team := memory.Scope{TeamID: caller.Key.TeamID}
	if team.TeamID == "" {
		return memory.Project{}, memory.Errorf(memory.CodeForbidden, "API key is not bound to a team")
	}
	p, err := c.findProject(ctx, team, ref)
	if !errors.Is(err, memory.ErrNotFound) {
		return p, err
	}
	// What looks like an id is one that does not exist, never a name to be.
	named := uuid.Validate(ref) != nil && (a == Hook || c.opts.CreateProjects)
	if !named {
		return memory.Project{}, memory.Errorf(memory.CodeForbidden, "project_id must belong to team_id")
	}
	p = memory.Project{ID: id.New(), TeamID: team.TeamID, Name: ref, Metadata: emptyObject()}
	if a == Read {
		p.CreatedAt = memory.Now()
		p.UpdatedAt = p.CreatedAt
		return p, nil
	}
	if p, _, err = c.ensureProject(ctx, caller, p); err == nil {
		c.keepProject(projectKey{team.TeamID, ref}, p)
	}
	return p, err
}

// boundProject is the only project that a project-bound key reaches.
func (c *Capture) boundProject(ctx context.Context, caller memory.Caller, ref, bound string, a Access) (memory.Project, error) {
	p, err := c.findProject(ctx, memory.Scope{TeamID: caller.Key.TeamID}, bound)
	if err != nil {
		return p, err
	}
	if a != Hook && ref != p.ID && ref != p.Name {
		return memory.Project{}, memory.Errorf(memory.CodeForbidden, "API key is scoped to a different project")
	}
	return p, nil
}

// CreateProject makes the team a project of that name, unless it has one: then that
// one is returned and created is false. A project-bound key may not.
func (c *Capture) CreateProject(ctx context.Context, caller memory.Caller, name string, metadata json.RawMessage) (p memory.Project, created bool, err error) {
	if caller.Key.ProjectID != "" {
		return p, false, memory.Errorf(memory.CodeForbidden, "Project-scoped API keys cannot create projects")
	}
	name = cleanText(name)
	if uuid.Validate(name) == nil {
		return p, false, memory.Invalid("Invalid input: a name must not look like an id", "name")
	}
	return c.ensureProject(ctx, caller, memory.Project{
		ID: id.New(), TeamID: caller.Key.TeamID, Name: name, Metadata: cleanJSON(metadata),
	})
}

// ensureProject finds the team's project of the name, or makes it of the draft, now.
func (c *Capture) ensureProject(ctx context.Context, caller memory.Caller, draft memory.Project) (p memory.Project, created bool, err error) {
	err = c.write(ctx, caller, func(u *unit) (err error) {
		in := draft // fn may be run again
		in.CreatedAt, in.UpdatedAt = u.now, u.now
		if p, err = u.EnsureProject(ctx, in); err != nil {
			return err
		}
		if created = p.ID == in.ID; created {
			u.audit(memory.AuditProjectCreate, "project", p.ID, p.Scope(), "")
		}
		return nil
	})
	return p, created && err == nil, err
}

func (c *Capture) findProject(ctx context.Context, team memory.Scope, ref string) (memory.Project, error) {
	key := projectKey{team.TeamID, ref}
	if p, ok := c.projects.get(key); ok && time.Now().Before(p.until) {
		return p.Project, nil
	}
	p, err := c.store.Project(ctx, team, ref)
	if errors.Is(err, memory.ErrNotFound) {
		p, err = c.store.ProjectByName(ctx, team, ref)
	}
	if err == nil {
		c.keepProject(key, p)
	}
	return p, err
}
