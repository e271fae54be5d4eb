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
			"standard error besides the log file. Where one runs already, says so and exits 0.",
		Example: "  claude-mem server run\n  CLAUDE_MEM_LOG_LEVEL=debug claude-mem server run",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			started := time.Now()
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			d := daemon.New(cfg, daemon.Options{
				Log: logHandler(c.err, cfg.String(config.LogLevel)), OwnProcess: true, Started: started,
			})
			err = d.Run(cmd.Context())
			if running, ok := errors.AsType[*instance.RunningError](err); ok {
				c.say("%s; nothing to do", running)
				return nil
			}
			return err
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
