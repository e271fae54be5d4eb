package cli

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"claude-mem/client"
	"claude-mem/memory"
)

// maxJobs is how many jobs the server lists at once.
const maxJobs = 200

func (c *console) jobsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "jobs",
		Short:   "See how generation stands, and step in",
		Example: "  claude-mem server jobs status\n  claude-mem server jobs failed\n  claude-mem server jobs retry --failed",
		Args:    cobra.ArbitraryArgs,
		RunE:    group,
	}
	cmd.AddCommand(c.jobsStatusCommand(), c.jobsFailedCommand(), c.jobsRetryCommand(), c.jobsCancelCommand())
	return cmd
}

func (c *console) jobsStatusCommand() *cobra.Command {
	var (
		f      jobScope
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Close the books: what was asked for and what became of it",
		Long: "Shows, over all projects or for one, how many observations were asked for and what\n" +
			"became of each. The two sides must be equal; exits 1 when they are not. What the queue\n" +
			"itself counts is compared with what is owed.",
		Example: "  claude-mem server jobs status\n  claude-mem server jobs status --project api --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cl, err := f.open(cmd, c)
			if err != nil {
				return err
			}
			stats, err := cl.Stats(cmd.Context(), f.projectID)
			if err != nil {
				return err
			}
			if err := c.print(asJSON, stats, func(s screen) {
				s.books(stats.Books)
				s.lanes(stats.Lanes)
				s.divergence(stats)
				s.spool(stats.Spool)
			}); err != nil {
				return err
			}
			if !stats.Books.Closed() {
				return errReported
			}
			return nil
		},
	}
	f.register(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// books prints the account of generation.
func (s screen) books(b memory.Books) {
	s.printf("asked for    %d (%d events, %d summaries)\n", b.EventsAsked+b.SummaryAsked, b.EventsAsked, b.SummaryAsked)
	for _, line := range []struct {
		label string
		n     int64
		st    style
	}{
		{"written", b.Written, ""},
		{"skipped", b.Skipped, ""},
		{"queued", b.Queued, ""},
		{"processing", b.Processing, ""},
		{"failed", b.Failed, red},
		{"cancelled", b.Cancelled, ""},
	} {
		st := line.st
		if line.n == 0 {
			st = ""
		}
		s.printf("  %s\n", s.paint(st, fmt.Sprintf("%-10s %d", line.label, line.n)))
	}
	s.printf("memories     %d\n", b.Observations)
	if b.Closed() {
		s.printf("%s\n", s.paint(green, "the books close"))
		return
	}
	found := b.Written + b.Skipped + b.Queued + b.Processing + b.Failed + b.Cancelled
	s.printf("%s\n", s.paint(red, fmt.Sprintf("the books do not close: %d asked for, %d accounted for; please report this",
		b.EventsAsked+b.SummaryAsked, found)))
}

func (c *console) jobsFailedCommand() *cobra.Command {
	var (
		f             jobScope
		limit, offset int
		asJSON        bool
	)
	cmd := &cobra.Command{
		Use:     "failed",
		Short:   "List what could not be generated, and why",
		Example: "  claude-mem server jobs failed\n  claude-mem server jobs failed --limit 100 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cmp.Or(between(cmd, "limit", limit, 1, maxJobs), between(cmd, "offset", offset, 0, maxOffset)); err != nil {
				return err
			}
			cl, err := f.open(cmd, c)
			if err != nil {
				return err
			}
			list, err := f.list(cmd.Context(), cl, client.JobFilter{Status: memory.JobFailed, Limit: limit, Offset: offset})
			if err != nil {
				return err
			}
			return c.print(asJSON, list, func(s screen) { s.failed(list) })
		},
	}
	f.register(cmd)
	cmd.Flags().IntVarP(&limit, "limit", "n", 50, "how many to show, at most 200")
	cmd.Flags().IntVar(&offset, "offset", 0, "how many to skip")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (s screen) failed(list client.JobList) {
	if list.Total == 0 {
		s.printf("No job has failed.\n")
		return
	}
	for _, j := range list.Jobs {
		s.printf("%s  %s  %s, %d of %d attempts\n", j.ID, s.paint(dim, when(j.FailedAt)), j.SourceType, j.Attempts, j.MaxAttempts)
		s.text(4, string(j.LastError))
	}
	if int64(len(list.Jobs)) < list.Total {
		s.printf("%d of %d; see --limit and --offset\n", len(list.Jobs), list.Total)
	}
}

func (c *console) statsCommand() *cobra.Command {
	var (
		f      projectFlag
		all    bool
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:     "stats",
		Short:   "Count what is stored",
		Example: "  claude-mem stats\n  claude-mem stats --all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := notBoth(cmd, "all", "project"); err != nil {
				return err
			}
			stats, err := c.stats(cmd, all, f)
			if err != nil {
				return err
			}
			return c.print(asJSON, stats, func(s screen) {
				if stats.ProjectID == "" {
					s.printf("projects     %d\n", stats.Projects)
				}
				s.printf("sessions     %d\nevents       %d\n", stats.Sessions, stats.Events)
				s.books(stats.Books)
			})
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "over all projects")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// stats counts a project, or everything.
func (c *console) stats(cmd *cobra.Command, all bool, f projectFlag) (client.Stats, error) {
	ctx := cmd.Context()
	if all {
		cl, err := c.connect(ctx)
		if err != nil {
			return client.Stats{}, err
		}
		return cl.Stats(ctx, "")
	}
	p, err := c.openProject(ctx, f)
	if err != nil {
		return client.Stats{}, err
	}
	return p.Stats(ctx, p.ID)
}
