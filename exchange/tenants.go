package exchange

import (
	"context"
	"errors"

	"claude-mem/memory"
	"claude-mem/storage"
)

// tenants finds or makes the teams and projects of the lines.
func (im *importer) tenants(ctx context.Context, tx storage.Tx, rows []numbered, done *outcome) error {
	for _, n := range rows {
		var err error
		if n.Team != nil {
			err = im.team(ctx, tx, n, done)
		} else {
			err = im.project(ctx, tx, n, done)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// team finds the team by its id, or else by its name, or makes it.
func (im *importer) team(ctx context.Context, tx storage.Tx, n numbered, done *outcome) error {
	here, err := tx.Team(ctx, n.Team.ID)
	if errors.Is(err, memory.ErrNotFound) {
		here, err = tx.TeamByName(ctx, n.Team.Name)
	}
	switch {
	case err == nil:
		done.There.add(n.line)
	case errors.Is(err, memory.ErrNotFound):
		done.Added.add(n.line)
		if here, err = *n.Team, nil; !im.dry {
			here, err = tx.EnsureTeam(ctx, here)
		}
	}
	done.teams[n.Team.ID] = here
	return err
}

// project finds the project in its team by its id, or else by its name, or makes it.
func (im *importer) project(ctx context.Context, tx storage.Tx, n numbered, done *outcome) error {
	p := *n.Project
	team, ok := done.teams[p.TeamID]
	if !ok {
		team, ok = im.teams[p.TeamID]
	}
	if !ok {
		return n.errorf(memory.CodeValidation, "project.teamId: no line before this one has team %s; export again", p.TeamID)
	}
	file := tenant{team: p.TeamID}
	p.TeamID = team.ID
	s := memory.Scope{TeamID: team.ID}
	here, err := tx.Project(ctx, s, p.ID)
	if errors.Is(err, memory.ErrNotFound) {
		here, err = tx.ProjectByName(ctx, s, p.Name)
	}
	switch {
	case err == nil:
		done.There.add(n.line)
	case errors.Is(err, memory.ErrNotFound):
		done.Added.add(n.line)
		if here, err = p, nil; !im.dry {
			here, err = tx.EnsureProject(ctx, p)
		}
		if errors.Is(err, memory.ErrConflict) {
			return n.errorf(memory.CodeConflict, "project.id: %s belongs to another team of this store; import it into another store", p.ID)
		}
	}
	file.Scope = here.Scope()
	done.projects[n.Project.ID] = file
	return err
}
