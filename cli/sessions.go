package cli

import (
	"github.com/spf13/cobra"

	"claude-mem/client"
	"claude-mem/memory"
)

// sessionsFlags say which sessions are listed.
type sessionsFlags struct {
	project       projectFlag
	all           bool
	limit, offset int
	asJSON        bool
}

func (c *console) sessionsCommand() *cobra.Command {
	var f sessionsFlags
	cmd := &cobra.Command{
		Use:   "sessions",
		Short: "List sessions and what they were about, newest first",
		Long: "Lists the sessions of a project, newest first: the number of the summary, which\n" +
			"`claude-mem show` tells in full, how long ago the session began, how long it took (… while\n" +
			"it is not ended), how many prompts, tool calls and memories there are of it, and what it\n" +
			"was about, by its summary or else its first prompt.",
		Example: "  claude-mem sessions\n  claude-mem sessions --project api --limit 50\n  claude-mem sessions --all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := notBoth(cmd, "all", "project"); err != nil {
				return err
			}
			if err := between(cmd, "limit", f.limit, 1, maxListed); err != nil {
				return err
			}
			if err := between(cmd, "offset", f.offset, 0, maxOffset); err != nil {
				return err
			}
			return c.sessions(cmd, f)
		},
	}
	f.project.register(cmd)
	cmd.Flags().BoolVar(&f.all, "all", false, "of all projects")
	cmd.Flags().IntVarP(&f.limit, "limit", "n", 20, "how many to show, at most 100")
	cmd.Flags().IntVar(&f.offset, "offset", 0, "how many to skip")
	jsonFlag(cmd, &f.asJSON)
	return cmd
}

func (c *console) sessions(cmd *cobra.Command, f sessionsFlags) error {
	ctx := cmd.Context()
	var p openedProject // no project in particular
	var err error
	if f.all {
		p.Client, err = c.connect(ctx)
	} else {
		p, err = c.openProject(ctx, f.project)
	}
	if err != nil {
		return err
	}
	list, err := p.Sessions(ctx, p.ID, f.limit, f.offset)
	if err == nil && len(list) == 0 && !f.all {
		err = p.emptyError(ctx)
	}
	if err != nil {
		return err
	}
	return c.print(f.asJSON, client.SessionList{Sessions: list}, func(s screen) {
		switch {
		case len(list) > 0:
			s.sessions(list, f.all, memory.Now())
		case f.offset > 0:
			s.printf("There are no more sessions.\n")
		default:
			s.printf("No session is recorded yet.\n")
		}
	})
}
