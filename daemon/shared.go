package daemon

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"

	"claude-mem/internal/config"
)

// runShared runs one of a team's processes, of which any number may run, on this
// machine or others. It keeps nothing on disk: no lock, no state, no log file, as
// whatever runs it looks after all three. It listens where it was told to or not at
// all: those who send it requests were told the same.
func (d *Daemon) runShared(ctx context.Context) (err error) {
	log := slog.New(slog.DiscardHandler)
	if d.opts.Log != nil {
		log = slog.New(d.opts.Log)
	}
	if d.opts.OwnProcess {
		// No softLimit: a server's vectors may take more for good, and the collector would
		// never rest. Whoever runs it knows what the machine has, and sets GOMEMLIMIT.
		debug.SetGCPercent(gcPercent)
	}
	p, err := d.compose(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if d.role == generates {
		return d.run(ctx, p, func() error { return nil })
	}
	l, err := listenAt(ctx, d.cfg.String(config.ServerHost), d.cfg.Int(config.ServerPort))
	if err != nil {
		return err
	}
	d.state = stateOf(l)
	return d.run(ctx, p, func() error { return nil },
		func(ctx context.Context) error { return d.serveHTTP(ctx, l, p) })
}
