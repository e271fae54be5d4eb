package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"claude-mem/internal/config"
	"claude-mem/internal/instance"
	"claude-mem/internal/version"
	"claude-mem/memory"
)

// runOwn runs a person's own daemon: the only one of its data directory, which
// others of the profile find, start and stop.
func (d *Daemon) runOwn(ctx context.Context) (err error) {
	if err := d.cfg.Dirs.Make(); err != nil {
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

	l, err := listenNear(ctx, d.cfg.String(config.ServerHost), d.cfg.Int(config.ServerPort))
	if err != nil {
		return err
	}
	publish := func() error {
		// The socket takes connections already, so whoever reads the state can come.
		d.state = stateOf(l)
		return lock.Publish(d.state)
	}
	return d.run(ctx, p, publish,
		func(ctx context.Context) error { return d.serveHTTP(ctx, l, p) },
		func(ctx context.Context) error { p.drainer.run(ctx); return nil },
		func(ctx context.Context) error { return d.watch(ctx, lock, p.moved) },
	)
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
