package daemon

import (
	"context"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"claude-mem/internal/config"
	"claude-mem/internal/instance"
	"claude-mem/internal/version"
)

// Config is the settings of a daemon. Its methods tell what is set and from where.
type Config = config.Config

// LoadConfig collects the settings as every command does: from the environment, the
// settings file and the defaults. What is in settings, by name, counts more; a
// program that embeds a daemon names a CLAUDE_MEM_DATA_DIR of its own there.
func LoadConfig(settings map[string]string) (*Config, error) {
	return config.Load(config.Options{Flags: settings})
}

// Options tune a Daemon; the zero value will do.
type Options struct {
	// Log, if set, gets what the log file gets.
	Log slog.Handler
	// OwnProcess says that the process does nothing else: then what is the process's
	// alone is set for a daemon, too (see process.go).
	OwnProcess bool
	// Started is when the process started, to log how long it took to be ready.
	// The zero value means when Run was called.
	Started time.Time
}

// Daemon is one process of ours: a person's own daemon, a team's server or a team's
// worker. It is run once.
type Daemon struct {
	cfg        *Config
	opts       Options
	role       role
	deployment deployment
	started    time.Time
	ready      chan struct{}
	serving    atomic.Bool
	recheck    time.Duration             // of the lock and the database file
	drain      func(ctx context.Context) // what a server waits for between not being ready and closing
	state      instance.State            // set before ready is closed
}

// New makes a daemon that does nothing before Run. It is a team's server where the
// settings name a database of a team.
func New(cfg *Config, o Options) *Daemon {
	d := &Daemon{cfg: cfg, opts: o, deployment: chosen(cfg), ready: make(chan struct{}), recheck: recheckEvery}
	d.drain = d.turnAway
	return d
}

// NewWorker makes a process that only generates, for the servers of a team. It
// listens nowhere.
func NewWorker(cfg *Config, o Options) *Daemon {
	d := New(cfg, o)
	d.role = generates
	return d
}

// Ready is closed once the daemon listens, or the worker works.
func (d *Daemon) Ready() <-chan struct{} { return d.ready }

// URL is the daemon's address, such as http://127.0.0.1:37877, once it is Ready; a
// worker has none.
func (d *Daemon) URL() string {
	if d.state.Port == 0 {
		return ""
	}
	return d.state.URL()
}

// Run runs the daemon until ctx is done. It returns nil after a clean stop, a
// [*SettingsError] if it cannot be what the settings choose, and an
// [*instance.RunningError] if a person's data directory has a daemon already.
func (d *Daemon) Run(ctx context.Context) error {
	d.started = time.Now()
	if err := d.deployment.check(ctx, d.role); err != nil {
		return err
	}
	if d.deployment.team {
		return d.runShared(ctx)
	}
	return d.runOwn(ctx)
}

// run runs the parts, and what else is given, until ctx is done or one of them fails.
// announce is called once they run.
func (d *Daemon) run(ctx context.Context, p *parts, announce func() error, more ...func(ctx context.Context) error) error {
	// The first that fails takes the others down: half a daemon looks alive and
	// stores nothing.
	run, ctx := errgroup.WithContext(ctx)
	run.Go(guarded(func() error { return p.runWorker(ctx) }))
	run.Go(guarded(func() error { p.listen(ctx, p.heard); return nil }))
	run.Go(guarded(func() error { p.beat(ctx); return nil }))
	if d.role == serves {
		run.Go(guarded(func() error { p.tidy(ctx, d.cfg); return nil }))
	}
	for _, part := range more {
		run.Go(guarded(func() error { return part(ctx) }))
	}
	if err := announce(); err != nil {
		run.Go(func() error { return err }) // ends the others
		return run.Wait()
	}
	d.serving.Store(true)
	since := d.opts.Started
	if since.IsZero() {
		since = d.started
	}
	p.log.Info("ready", "url", d.URL(), "pid", os.Getpid(), "version", version.String(), "ms", time.Since(since).Milliseconds())
	close(d.ready)

	err := run.Wait()
	if err == nil {
		p.log.Info("stopped")
	}
	return err
}
