package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/project"
	"claude-mem/memory"
)

// projectFlag says which project a command is about.
type projectFlag struct{ name string }

func (f *projectFlag) register(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.name, "project", "p", "", "project by name, id, path or last part of its path (default: that of the current folder)")
}

// openedProject is a project on a server.
type openedProject struct {
	*client.Client
	memory.Project
}

// openProject connects and finds the project that the flag, or else the current
// folder, names. A project that nobody knows is an error that lists those there
// are: better than an empty answer about a misspelt name.
func (c *console) openProject(ctx context.Context, f projectFlag) (openedProject, error) {
	cfg, err := c.settings()
	if err != nil {
		return openedProject{}, err
	}
	here, err := currentProject(cfg)
	if err != nil {
		return openedProject{}, err
	}
	cl, err := c.connectWith(ctx, cfg)
	if err != nil {
		return openedProject{}, err
	}
	projects, err := cl.Projects(ctx)
	if err != nil {
		return openedProject{}, err
	}
	p, err := pick(projects, f.name, here)
	if errors.Is(err, memory.ErrNotFound) {
		err = unknown(ctx, cl, projects, err)
	}
	return openedProject{cl, p}, err
}

// unknown adds to an error what else could have been meant: the projects in which
// something is remembered.
func unknown(ctx context.Context, cl *client.Client, projects []memory.Project, err error) error {
	var filled []memory.Project
	for _, p := range projects {
		if len(filled) > maxNamed {
			break
		}
		// A project that cannot be counted is listed rather than hidden.
		if stats, err := cl.Stats(ctx, p.ID); err != nil || stats.Books.Observations > 0 {
			filled = append(filled, p)
		}
	}
	return memory.Errorf(memory.CodeNotFound, "%w%s", err, others(filled))
}

// emptyError explains why a question found nothing if the reason is that nothing
// is remembered of the project at all.
func (p openedProject) emptyError(ctx context.Context) error {
	stats, err := p.Stats(ctx, p.ID)
	if err != nil || stats.Books.Observations > 0 {
		return err
	}
	projects, err := p.Projects(ctx)
	if err != nil {
		return err
	}
	return unknown(ctx, p.Client, projects, nothingYet(p.Name))
}

func nothingYet(name string) error {
	return memory.Errorf(memory.CodeNotFound, "nothing is remembered of %s yet", clean(name))
}

// currentProject is the name that hooks would use in the current folder.
func currentProject(cfg *config.Config) (string, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the current folder: %w; name the project with --project", err)
	}
	return project.Resolve(project.Input{Override: cfg.String(config.ServerProjectID), CWD: cwd}).Name, nil
}

// pick chooses among the projects by what was asked for, or by the name of the
// current one if nothing was.
func pick(projects []memory.Project, asked, here string) (memory.Project, error) {
	want := asked
	if want == "" {
		want = here
	}
	if i := slices.IndexFunc(projects, func(p memory.Project) bool { return p.Name == want || p.ID == want }); i >= 0 {
		return projects[i], nil
	}
	if asked == "" {
		return memory.Project{}, nothingYet(here)
	}
	if isPath(asked) {
		name := project.Resolve(project.Input{CWD: asked}).Name
		if i := slices.IndexFunc(projects, func(p memory.Project) bool { return p.Name == name }); i >= 0 {
			return projects[i], nil
		}
	}
	named := memory.ProjectsCalled(projects, asked)
	switch len(named) {
	case 1:
		return named[0], nil
	case 0:
		return memory.Project{}, memory.Errorf(memory.CodeNotFound, "there is no project %q", asked)
	}
	return memory.Project{}, memory.Errorf(memory.CodeConflict, "%q may be %s; name one of them in full with --project", asked, names(named))
}

// isPath reports whether the text names a folder that exists.
func isPath(text string) bool {
	fi, err := os.Stat(text)
	return err == nil && fi.IsDir()
}

// maxNamed is how many projects a message lists.
const maxNamed = 12

// others is the end of a message about a project that is not there.
func others(projects []memory.Project) string {
	if len(projects) == 0 {
		return "; no project has memories: work in one with the hooks installed, or `claude-mem replay` a recording"
	}
	return "; choose one with --project: " + names(projects)
}

func names(projects []memory.Project) string {
	list := make([]string, 0, maxNamed+1)
	for i, p := range projects {
		if i == maxNamed {
			list = append(list, "… and more")
			break
		}
		list = append(list, clean(p.Name))
	}
	return strings.Join(list, ", ")
}
