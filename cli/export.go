package cli

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"claude-mem/daemon"
	"claude-mem/exchange"
	"claude-mem/internal/config"
	"claude-mem/internal/project"
)

func (c *console) exportCommand() *cobra.Command {
	var (
		only, file string
		asJSON     bool
	)
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the whole memory to a file, for another store",
		Long: "Writes all that the configured database holds at this moment as JSON lines: projects,\n" +
			"sessions, events, jobs and memories, each as it is. `claude-mem import` reads it, with\n" +
			"SQLite or Postgres. It works on the database itself, a person's own or the one that\n" +
			"CLAUDE_MEM_SERVER_DATABASE_URL names, whether anything else runs or not.\n\n" +
			"API keys, the audit log, the ledger of usage and the vectors of an embedding model are not\n" +
			"in it. What is not done yet is in it as queued.",
		Example: "  claude-mem export -o memory.jsonl\n  claude-mem export --project api | gzip > api.jsonl.gz",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" && asJSON {
				return badUsage(cmd, "--json prints what was done, where the export itself goes: name a file for that with -o")
			}
			cfg, err := c.exchangeSettings()
			if err != nil {
				return err
			}
			if strings.ContainsAny(only, `./\\`) && isPath(only) {
				only = project.Resolve(project.Input{CWD: only}).Name
			}
			if file == "" {
				_, err := c.export(cmd.Context(), cfg, only, c.out)
				return err
			}
			var n exchange.Counts
			err = config.ReplaceFile(file, func(w io.Writer) (err error) {
				n, err = c.export(cmd.Context(), cfg, only, w)
				return err
			})
			if err != nil {
				return err
			}
			return c.print(asJSON, n, func(s screen) { s.printf("%s: %s\n", clean(file), rowsOf(n)) })
		},
	}
	fs := cmd.Flags()
	fs.StringVarP(&only, "project", "p", "", "only this project: name, id, folder or last part of its path (default: all)")
	fs.StringVarP(&file, "output", "o", "", "file to write, readable by you alone; what is there is replaced once all is written (default: standard output)")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// exchangeSettings loads the settings, and says which of two memories is meant where
// commands ask a server and a database is here as well.
func (c *console) exchangeSettings() (*config.Config, error) {
	cfg, err := c.settings()
	if err == nil && cfg.String(config.ServerDatabaseURL) == "" && cfg.String(config.ServerURL) != "" {
		c.warn("this is about the database in %s, not about the server at %s", cfg.Dirs.Database(), cfg.String(config.ServerURL))
	}
	return cfg, err
}

// export writes the file and shows how far it has come.
func (c *console) export(ctx context.Context, cfg *config.Config, only string, w io.Writer) (exchange.Counts, error) {
	var p *progress
	defer func() {
		if p != nil {
			p.done()
		}
	}()
	return daemon.Export(ctx, cfg, w, exchange.ExportOptions{Project: only, Progress: func(done, total int64) {
		if p == nil {
			p = newProgress(c.err, total, "exporting")
		}
		p.to(min(done, total))
		p.mentionSometimes("%d of %d rows", done, total)
	}})
}
