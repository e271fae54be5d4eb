package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/instance"
	"claude-mem/memory"
)

func (c *console) serverCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "server",
		Short:   "Run and look after the daemon",
		Example: "  claude-mem server status\n  claude-mem server jobs status\n  claude-mem server api-key list",
		Args:    cobra.ArbitraryArgs,
		RunE:    group,
	}
	cmd.AddCommand(
		c.runCommand(), c.startCommand(), c.stopCommand(), c.restartCommand(), c.statusCommand(),
		c.workerCommand(), c.apiKeyCommand(), c.keysCommand(), c.jobsCommand(),
	)
	return cmd
}

func (c *console) startCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "start",
		Short:   "Start the daemon in the background",
		Long:    "Starts the daemon of this profile in the background, unless it runs already.\nHooks do the same by themselves.",
		Example: "  claude-mem start",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.ownSettings()
			if err != nil {
				return err
			}
			state, started, err := c.ensureDaemon(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			word := "is running already"
			if started {
				word = "started"
			}
			c.say("claude-mem %s: pid %d, %s", word, state.PID, state.URL())
			return nil
		},
	}
}

func (c *console) stopCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "stop",
		Short:   "Stop the daemon",
		Long:    "Stops the daemon of this profile and waits until it is gone. What it was working on\nis finished or handed back. The next hook starts it again.",
		Example: "  claude-mem stop",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.ownSettings()
			if err != nil {
				return err
			}
			stopped, err := stop(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			if stopped {
				c.say("claude-mem stopped")
			} else {
				c.say("claude-mem was not running")
			}
			return nil
		},
	}
}

// stop ends the profile's daemon; it reports false if there was none.
func stop(ctx context.Context, cfg *config.Config) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	err := instance.Stop(ctx, cfg.Dirs)
	switch {
	case errors.Is(err, instance.ErrNotRunning):
		return false, nil
	case errors.Is(err, context.DeadlineExceeded):
		return false, fmt.Errorf("the daemon did not stop within %s; `claude-mem status` shows its pid", stopWithin)
	}
	return err == nil, err
}

func (c *console) restartCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "restart",
		Short:   "Stop the daemon and start it again",
		Long:    "Stops the daemon of this profile, if it runs, and starts it: after an upgrade, or a\nchange of settings.",
		Example: "  claude-mem restart",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.ownSettings()
			if err != nil {
				return err
			}
			if _, err := stop(cmd.Context(), cfg); err != nil {
				return err
			}
			state, _, err := c.ensureDaemon(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			c.say("claude-mem restarted: pid %d, %s", state.PID, state.URL())
			return nil
		},
	}
}

// statusReport is what `status --json` prints.
type statusReport struct {
	Running bool            `json:"running"`
	URL     string          `json:"url,omitempty"`
	DataDir string          `json:"dataDir"`
	State   *instance.State `json:"state,omitempty"`
	Health  *client.Health  `json:"health,omitempty"`
	Server  *remoteReport   `json:"server,omitempty"` // nil: this user's own daemon is used
}

func (c *console) statusCommand() *cobra.Command {
	var asJSON bool
	var at string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say whether the daemon runs, and how it fares",
		Long: "Says whether the daemon of this profile, or the team's server that it uses, runs, and how\n" +
			"it fares; --url asks another one, as a container's health check does. Exits 0 when it\n" +
			"runs and answers, 1 when not. Starts nothing.",
		Example: "  claude-mem status\n  claude-mem status --json\n  claude-mem server status --url http://127.0.0.1:37877",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			var report statusReport
			if at != "" {
				report = statusReport{URL: at, Running: true, DataDir: cfg.Dirs.Data}
				report.ask(cmd.Context(), client.New(at, "", client.Options{}))
			} else if report, err = c.status(cmd.Context(), cfg); err != nil {
				return err
			}
			if err := c.print(asJSON, report, report.print); err != nil {
				return err
			}
			if !report.Running || report.Health == nil {
				return errReported
			}
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	cmd.Flags().StringVar(&at, "url", "", "the `URL` of the server to ask")
	return cmd
}

// healthWithin bounds the question how a server fares.
const healthWithin = 5 * time.Second

func (c *console) status(ctx context.Context, cfg *config.Config) (statusReport, error) {
	report := statusReport{DataDir: cfg.Dirs.Data}
	state, running, err := instance.Find(cfg.Dirs)
	if url := cfg.String(config.ServerURL); url != "" {
		report.URL, report.Running = url, true
		report.Server = newRemoteReport(cfg, url)
		if err == nil && running {
			report.Server.LocalPID = state.PID
		}
		report.ask(ctx, client.New(url, cfg.String(config.ServerAPIKey), client.Options{}))
		return report, nil
	}
	if err != nil {
		return report, err
	}
	report.Running = running
	if state.Listening() {
		report.URL, report.State = state.URL(), &state
		report.ask(ctx, localClient(cfg, state))
	}
	return report, nil
}

// ask fills in how the server fares, if it says.
func (r *statusReport) ask(ctx context.Context, cl *client.Client) {
	ctx, cancel := context.WithTimeout(ctx, healthWithin)
	defer cancel()
	if health, err := cl.Health(ctx); err == nil {
		r.Health = &health
	}
}

// print tells how the daemon fares in a few lines.
func (r statusReport) print(s screen) {
	switch {
	case !r.Running:
		s.printf("claude-mem is not running; start it with `claude-mem start`, or let the next hook do it\n")
		return
	case r.Health == nil && r.URL == "":
		s.printf("claude-mem is starting\n")
		return
	case r.Health == nil:
		s.printf("claude-mem does not answer at %s; `claude-mem doctor` says more\n", r.URL)
		s.remote(r.Server)
		return
	}
	h := r.Health
	word := s.paint(green, "ok")
	if h.Status != "ok" {
		word = s.paint(red, clean(h.Status))
	}
	s.printf("claude-mem %s is running: %s\n", clean(h.Version), word)
	for _, reason := range h.Reasons {
		s.printf("  %s\n", s.paint(yellow, s.line(2, reason)))
	}
	s.printf("  address  %s (pid %d, up %s)\n", r.URL, h.PID, time.Duration(h.Uptime)*time.Second)
	s.printf("  profile  %s\n", r.DataDir)
	if h.Storage != nil {
		s.printf("  storage  %s, schema %d, %s\n", h.Storage.Driver, h.Storage.SchemaVersion, size(h.Storage.SizeBytes))
	}
	s.transport(h.Queue.Redis)
	s.lanes(h.Queue.Lanes)
	s.workers(h)
	s.spool(h.Spool)
	s.remote(r.Server)
}

// lanes prints a line for each lane of generation that ever had work.
func (s screen) lanes(lanes []client.LaneHealth) {
	for _, l := range lanes {
		if l.LaneStats == (memory.LaneStats{Lane: l.Lane}) && l.Paused == "" {
			continue
		}
		s.printf("  %-8s %d waiting, %d delayed, %d active, %d completed, %d failed", l.Lane, l.Queued, l.Delayed, l.Processing, l.Completed, l.Failed)
		if l.Stalled > 0 {
			s.printf(", %d stalled", l.Stalled)
		}
		if l.Paused != "" {
			s.printf("; %s", s.paint(yellow, "paused: "+clean(l.Paused)))
		}
		s.printf("\n")
	}
}

// spool prints what waits on disk, if anything does.
func (s screen) spool(sp *client.SpoolState) {
	if sp == nil || *sp == (client.SpoolState{}) {
		return
	}
	s.printf("  spool    %d files, %s", sp.Files, size(sp.Bytes))
	if sp.Refused > 0 {
		s.printf("; %s", s.paint(red, fmt.Sprintf("%d records lost because it or the disk was full", sp.Refused)))
	}
	if sp.Rejected > 0 {
		s.printf("; %s", s.paint(yellow, fmt.Sprintf("%d records kept aside", sp.Rejected)))
	}
	s.printf("\n")
}

// size is a number of bytes for people.
func size(n int64) string {
	const k = 1024
	switch {
	case n < k:
		return fmt.Sprintf("%d B", n)
	case n < k*k:
		return fmt.Sprintf("%.1f KiB", float64(n)/k)
	case n < k*k*k:
		return fmt.Sprintf("%.1f MiB", float64(n)/(k*k))
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(k*k*k))
}
