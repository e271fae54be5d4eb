package cli

import (
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/lmittmann/tint"
	"github.com/spf13/cobra"

	"claude-mem/daemon"
	"claude-mem/internal/config"
	"claude-mem/internal/instance"
)

func (c *console) runCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run the daemon in the foreground",
		Long: "Runs the daemon of this profile in the foreground until it is interrupted, and logs to\n" +
			"standard error besides the log file. Where one runs already, says so and exits 0.\n\n" +
			"Where CLAUDE_MEM_SERVER_DATABASE_URL names a Postgres database it is a server of a team,\n" +
			"one of as many as you like: it keeps nothing on disk, logs to standard error alone, listens\n" +
			"on the configured port or not at all, and needs CLAUDE_MEM_QUEUE_ENGINE=redis with\n" +
			"CLAUDE_MEM_REDIS_URL. With CLAUDE_MEM_GENERATION_DISABLED=true it leaves generation to\n" +
			"`server worker start`. Told to stop, its readiness says 503 for CLAUDE_MEM_SERVER_DRAIN\n" +
			"before it takes no more requests.",
		Example: "  claude-mem server run\n  CLAUDE_MEM_LOG_LEVEL=debug claude-mem server run",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			started := time.Now()
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			err = daemon.New(cfg, c.foreground(cfg, started)).Run(cmd.Context())
			if running, ok := errors.AsType[*instance.RunningError](err); ok {
				c.say("%s; nothing to do", running)
				return nil
			}
			return err
		},
	}
}

// foreground is how a process runs that somebody watches.
func (c *console) foreground(cfg *config.Config, started time.Time) daemon.Options {
	return daemon.Options{Log: logHandler(c.err, cfg.String(config.LogLevel)), OwnProcess: true, Started: started}
}

func (c *console) workerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "worker",
		Short:   "Run generation apart from a team's servers",
		Example: "  claude-mem server worker start",
		Args:    cobra.ArbitraryArgs,
		RunE:    group,
	}
	cmd.AddCommand(c.workerStartCommand())
	return cmd
}

func (c *console) workerStartCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "start",
		Short: "Generate for a team, in the foreground",
		Long: "Turns what a team's servers owe into observations until it is interrupted; then it\n" +
			"finishes what it works on or hands it back. It listens nowhere and logs to standard error.\n" +
			"Run as many as you like, with the same CLAUDE_MEM_SERVER_DATABASE_URL,\n" +
			"CLAUDE_MEM_QUEUE_ENGINE and CLAUDE_MEM_REDIS_URL as the servers. The work of one that is\n" +
			"killed is taken over by another some seconds later, once.",
		Example: "  claude-mem server worker start",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			started := time.Now()
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			return daemon.NewWorker(cfg, c.foreground(cfg, started)).Run(cmd.Context())
		},
	}
}

// logHandler writes the log for whoever watches: coloured on a terminal, plain
// for a service manager.
func logHandler(w io.Writer, level string) slog.Handler {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo // config.Load lets nothing else through
	}
	if _, ok := isTerminal(w); ok {
		return tint.NewTextHandler(w, &tint.Options{Level: l, TimeFormat: time.TimeOnly, NoColor: !newScreen(w).colour})
	}
	return slog.NewTextHandler(w, &slog.HandlerOptions{Level: l})
}
