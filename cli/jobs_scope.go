package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/memory"
)

// jobScope says whose jobs a command is about. On a server that others use as well
// it has to be said.
type jobScope struct {
	team, project string
	projectID     string // set by open
}

func (f *jobScope) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.team, "team", "", "only jobs of this team, by id")
	cmd.Flags().StringVarP(&f.project, "project", "p", "", "only this project, by name, id, path or last part of its path (default: all)")
}

// open connects and finds what the flags name.
func (f *jobScope) open(cmd *cobra.Command, c *console) (*client.Client, error) {
	cfg, err := c.settings()
	if err != nil {
		return nil, err
	}
	if cfg.String(config.ServerURL) != "" && f.team == "" && f.project == "" && !cfg.Bool(config.ServerAdmin) {
		return nil, badUsage(cmd, "%s is used by others too: say whose jobs with --team or --project, or set %s=1 to mean all that your key reaches",
			cfg.String(config.ServerURL), config.ServerAdmin)
	}
	if f.project != "" {
		p, err := c.openProject(cmd.Context(), projectFlag{f.project})
		if err != nil {
			return nil, err
		}
		if f.team != "" && f.team != p.TeamID {
			return nil, memory.Errorf(memory.CodeNotFound, "team %s has no project %s", f.team, p.Name)
		}
		f.projectID = p.ID
		return p.Client, nil
	}
	cl, err := c.connectWith(cmd.Context(), cfg)
	if err != nil || f.team == "" {
		return cl, err
	}
	if _, err = cl.TeamJobs(cmd.Context(), f.team, client.JobFilter{Limit: 1}); errors.Is(err, memory.ErrNotFound) {
		return nil, memory.Errorf(memory.CodeNotFound, "your key reaches no team %s", f.team)
	}
	return cl, err
}

// list lists the jobs of the scope.
func (f *jobScope) list(ctx context.Context, cl *client.Client, filter client.JobFilter) (client.JobList, error) {
	switch {
	case f.projectID != "":
		return cl.ProjectJobs(ctx, f.projectID, filter)
	case f.team != "":
		return cl.TeamJobs(ctx, f.team, filter)
	}
	return cl.Jobs(ctx, filter)
}

// holds fails unless the job is in the scope.
func (f *jobScope) holds(ctx context.Context, cl *client.Client, id string) error {
	if f.projectID == "" && f.team == "" {
		return nil // the server says what the key reaches
	}
	j, err := cl.Job(ctx, id)
	if err == nil && (f.projectID != "" && j.ProjectID != f.projectID || f.team != "" && j.TeamID != f.team) {
		err = memory.ErrNotFound
	}
	return err
}
