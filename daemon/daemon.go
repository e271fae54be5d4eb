package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"claude-mem/internal/config"
	"claude-mem/internal/instance"
	"claude-mem/internal/version"
	"claude-mem/memory"
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

// Daemon is one daemon. It is run once.
type Daemon struct {
	cfg     *Config
	opts    Options
	started time.Time
	ready   chan struct{}
	serving atomic.Bool
	recheck time.Duration  // of the lock and the database file
	state   instance.State // set before ready is closed
}

// New makes a daemon that does nothing before Run.
func New(cfg *Config, o Options) *Daemon {
	return &Daemon{cfg: cfg, opts: o, ready: make(chan struct{}), recheck: recheckEvery}
}

// Ready is closed once the daemon listens.
func (d *Daemon) Ready() <-chan struct{} { return d.ready }

// URL is the daemon's address, such as http://127.0.0.1:37877, once it is Ready.
func (d *Daemon) URL() string {
	return "http://" + net.JoinHostPort(d.state.Host, strconv.Itoa(d.state.Port))
}

// Run runs the daemon until ctx is done. It returns nil after a clean stop, and an
// [*instance.RunningError] if the data directory has a daemon already.
func (d *Daemon) Run(ctx context.Context) (err error) {
	d.started = time.Now()
	if err := d.cfg.Dirs.Make(); err != nil {
		return err
	}
	if err := refuseBypassInContainer(d.cfg); err != nil {
		return err
	}
	lock, err := instance.Acquire(d.cfg.Dirs)
	if err != nil {
		return err
	}
	defer lock.Release()

	log, closeLog := openLog(d.cfg, d.opts.Log)
	defer closeLog()
	if d.opts.OwnProcess {
		if err := ownProcess(d.cfg.Dirs.Logs()); err != nil {
			log.Warn("the process is not set up", "err", err)
		}
	}
	defer func() {
		if err != nil {
			log.Error("stopped", "err", err)
		}
	}()
	p, err := d.compose(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()

	l, err := instance.Listen(ctx, d.cfg.String(config.ServerHost), d.cfg.Int(config.ServerPort))
	if err != nil {
		return err
	}
	return d.serve(ctx, lock, l, p)
}

// serve runs every part until ctx is done or one of them fails.
func (d *Daemon) serve(ctx context.Context, lock *instance.Lock, l net.Listener, p *parts) error {
	// The first that fails takes the others down: half a daemon looks alive and
	// stores nothing.
	run, ctx := errgroup.WithContext(ctx)
	run.Go(guarded(func() error { return d.serveHTTP(ctx, l, p) }))
	run.Go(guarded(func() error { return p.runWorker(ctx) }))
	run.Go(guarded(func() error { p.drainer.run(ctx); return nil }))
	run.Go(guarded(func() error { return d.watch(ctx, lock, p.store.Moved) }))

	// The socket takes connections since Listen, so whoever reads the state can come.
	d.state = stateOf(l)
	if err := lock.Publish(d.state); err != nil {
		_ = l.Close()
		return errors.Join(err, run.Wait())
	}
	d.serving.Store(true)
	since := d.opts.Started
	if since.IsZero() {
		since = d.started
	}
	p.log.Info("ready", "url", d.URL(), "pid", d.state.PID, "version", d.state.Version, "ms", time.Since(since).Milliseconds())
	close(d.ready)

	err := run.Wait()
	if err == nil {
		p.log.Info("stopped")
	}
	return err
}

func stateOf(l net.Listener) instance.State {
	s := instance.State{PID: os.Getpid(), Version: version.String(), StartedAt: memory.Now()}
	if addr, ok := l.Addr().(*net.TCPAddr); ok {
		s.Host, s.Port = addr.IP.String(), addr.Port
		if addr.IP.IsUnspecified() {
			s.Host = "127.0.0.1" // where everywhere is, seen from this machine
		}
	}
	return s
}

// errLockLost ends a daemon that others cannot see any more: they will start
// another.
var errLockLost = errors.New("a lock file is gone")

// errDatabaseMoved ends a daemon whose database nobody would find again: the next
// one opens, or makes, what lies at the path now.
var errDatabaseMoved = errors.New("the database file was moved, removed or replaced while it was open")

// recheckEvery is how often a daemon makes sure that its lock and its database are
// still the ones that others see.
const recheckEvery = 5 * time.Second

// watch ends the daemon when it has lost one of them.
func (d *Daemon) watch(ctx context.Context, lock *instance.Lock, moved func() bool) error {
	tick := time.NewTicker(d.recheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if lock.Lost() {
				return errLockLost
			}
			if moved() {
				return fmt.Errorf("%s: %w", d.cfg.Dirs.Database(), errDatabaseMoved)
			}
		}
	}
}

// refuseBypassInContainer keeps the mode without keys out of containers, where the
// loopback interface is not a person's own.
func refuseBypassInContainer(cfg *config.Config) error {
	if cfg.String(config.AuthMode) != "local-dev" {
		return nil
	}
	_, err := os.Stat("/.dockerenv")
	if err == nil || cfg.Bool(config.Docker) {
		return fmt.Errorf("%s=local-dev is not allowed in Docker; use api-key", config.AuthMode)
	}
	return nil
}
