package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"claude-mem/daemon"
	"claude-mem/exchange"
	"claude-mem/internal/config"
)

func (c *console) importCommand() *cobra.Command {
	var dry, asJSON bool
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Add what `claude-mem export` wrote to the memory",
		Long: "Adds what a file of `claude-mem export` holds to the configured database, a person's own or\n" +
			"the one that CLAUDE_MEM_SERVER_DATABASE_URL names, whether anything else runs or not. FILE\n" +
			"may be - for standard input.\n\n" +
			"It only adds: what is there already, by its id, stays as it is. So it may be run again, and\n" +
			"goes on where it was interrupted. Teams and projects are found by id, else by name, or\n" +
			"made. Memories keep their numbers where these are free. What is owed still is made by the\n" +
			"daemon that runs on the database.",
		Example: "  claude-mem import memory.jsonl --dry-run\n  claude-mem import memory.jsonl",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := c.exchangeSettings()
			if err != nil {
				return err
			}
			file, err := input(args[0], c.in)
			if err != nil {
				return err
			}
			n, err := c.importFile(cmd.Context(), cfg, file, dry)
			if err != nil && !dry && n.Added.Total() > 0 {
				return fmt.Errorf("%s: %w; %s are in: import again to go on, nothing is stored twice", file.name, err, rowsOf(n.Added))
			}
			if err != nil {
				return fmt.Errorf("%s: %w", file.name, err)
			}
			return c.print(asJSON, n, func(s screen) { s.imported(n, dry) })
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "read and check the whole file, say what is new in it, and write nothing")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// importFile reads the file and shows how far it has come.
func (c *console) importFile(ctx context.Context, cfg *config.Config, f inputFile, dry bool) (exchange.Imported, error) {
	r, err := f.open()
	if err != nil {
		return exchange.Imported{}, err
	}
	defer r.Close()
	p := newProgress(c.err, f.size, "importing")
	defer p.done()
	return daemon.Import(ctx, cfg, r, exchange.ImportOptions{DryRun: dry, Progress: func(read int64) {
		p.to(read)
		p.mentionSometimes("%d bytes read", read)
	}})
}

func (s screen) imported(n exchange.Imported, dry bool) {
	verb := "added"
	if dry {
		verb = "would be added"
	}
	s.printf("%s %s\n", rowsOf(n.Added), verb)
	if n.There.Total() > 0 {
		s.printf("%s there already\n", rowsOf(n.There))
	}
	if n.Renumbered > 0 {
		s.printf("%d memories got another number, because theirs was taken\n", n.Renumbered)
	}
}

// rowsOf tells how much there is.
func rowsOf(n exchange.Counts) string {
	return strings.Join([]string{
		count(int(n.Projects), "project", "projects"), count(int(n.Sessions), "session", "sessions"),
		count(int(n.Events), "event", "events"), count(int(n.Jobs), "job", "jobs"), count(int(n.Observations), "memory", "memories"),
	}, ", ")
}
