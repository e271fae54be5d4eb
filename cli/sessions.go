package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"claude-mem/client"
	"claude-mem/memory"
)

func (c *console) sessionsCommand() *cobra.Command {
	var (
		f             projectFlag
		limit, offset int
		asJSON        bool
	)
	cmd := &cobra.Command{
		Use:     "sessions",
		Short:   "List the sessions of a project, newest first",
		Example: "  claude-mem sessions\n  claude-mem sessions --project api --limit 50",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := between(cmd, "limit", limit, 1, maxListed); err != nil {
				return err
			}
			p, err := c.openProject(cmd.Context(), f)
			if err != nil {
				return err
			}
			list, err := p.Sessions(cmd.Context(), p.ID, limit, offset)
			if err != nil {
				return err
			}
			return c.print(asJSON, client.SessionList{Sessions: list}, func(s screen) { s.sessions(list) })
		},
	}
	f.register(cmd)
	cmd.Flags().IntVarP(&limit, "limit", "n", 20, "how many to show, at most 100")
	cmd.Flags().IntVar(&offset, "offset", 0, "how many to skip")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (s screen) sessions(list []memory.Session) {
	for _, one := range list {
		end := s.paint(dim, "open      ")
		if one.EndedAt != 0 {
			end = "to " + ending(one)
		}
		name := one.ExternalSessionID
		if name == "" {
			name = one.ContentSessionID
		}
		s.printf("%s %s  %-8s %s\n", when(one.StartedAt), end, clean(string(one.PlatformSource)), clean(string(name)))
	}
}

// ending is when a session ended: the time, or another day's date.
func ending(one memory.Session) string {
	day, clock, _ := strings.Cut(when(one.EndedAt), " ")
	if strings.HasPrefix(when(one.StartedAt), day) {
		return clock + "  "
	}
	return day[len("2006-"):] + "  "
}
