package exchange

import (
	"context"
	"strings"

	"claude-mem/memory"
)

// teams calls fn for every team.
func teams(ctx context.Context, src Source, fn func(memory.Team) error) error {
	return walk("", func(after string) ([]memory.Team, error) { return src.TeamsAfter(ctx, after, pageRows) },
		func(t memory.Team) string { return t.ID },
		func(page []memory.Team) error { return forEach(page, fn) })
}

// projects calls fn for every project of the scope.
func projects(ctx context.Context, src Source, s memory.Scope, fn func(memory.Project) error) error {
	return walk("", func(after string) ([]memory.Project, error) { return src.ProjectsAfter(ctx, s, after, pageRows) },
		func(p memory.Project) string { return p.ID },
		func(page []memory.Project) error { return forEach(page, fn) })
}

func forEach[T any](rows []T, fn func(T) error) error {
	for _, r := range rows {
		if err := fn(r); err != nil {
			return err
		}
	}
	return nil
}

// scopesOf lists what to export: every team, or the one project that is meant.
func scopesOf(ctx context.Context, src Source, project string) (scopes []memory.Scope, err error) {
	if project == "" {
		err = teams(ctx, src, func(t memory.Team) error {
			scopes = append(scopes, memory.Scope{TeamID: t.ID})
			return nil
		})
		return scopes, err
	}
	var all []memory.Project
	err = teams(ctx, src, func(t memory.Team) error {
		return projects(ctx, src, memory.Scope{TeamID: t.ID}, func(p memory.Project) error {
			all = append(all, p)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	named := memory.ProjectsCalled(all, project)
	switch len(named) {
	case 1:
		return []memory.Scope{named[0].Scope()}, nil
	case 0:
		return nil, memory.Errorf(memory.CodeNotFound, "there is no project %q in this store", project)
	}
	ids := make([]string, len(named))
	for i, p := range named {
		ids[i] = p.ID + " (" + p.Name + ")"
	}
	return nil, memory.Errorf(memory.CodeConflict, "%q may be any of several projects; say which by its id: %s", project, strings.Join(ids, ", "))
}
