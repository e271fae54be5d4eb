package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"time"

	"claude-mem/capture"
	"claude-mem/daemon/httpapi"
	"claude-mem/generation"
	"claude-mem/internal/config"
	"claude-mem/memory"
	"claude-mem/providers/local"
	"claude-mem/queue/goqite"
	"claude-mem/recall"
	"claude-mem/storage/sqlite"
)

// parts is everything that runs in a daemon.
type parts struct {
	log     *slog.Logger
	store   *sqlite.Store
	queue   *goqite.Queue
	worker  *generation.Worker // nil where generation is disabled
	hub     *httpapi.Hub
	api     *httpapi.API
	drainer *drainer
}

// heldFor is how long a crash of the daemon keeps a job that it worked on from its
// successor. Holding on to one costs a write every quarter of it, and only while a
// provider takes that long.
const heldFor = 15 * time.Second

// compose opens what is on disk and wires the parts. It starts nothing.
func (d *Daemon) compose(ctx context.Context, log *slog.Logger) (p *parts, err error) {
	p = &parts{log: log, hub: &httpapi.Hub{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if p.store, err = sqlite.Open(ctx, d.cfg.Dirs.Database(), sqlite.Options{}); err != nil {
		return p, err
	}
	if p.queue, err = goqite.New(ctx, p.store, goqite.Options{Logger: log, Visibility: heldFor}); err != nil {
		return p, err
	}
	p.store.SetOutbox(p.queue)
	key, err := localKey(ctx, d.cfg, p.store)
	if err != nil {
		return p, err
	}

	if !d.cfg.Bool(config.GenerationDisabled) {
		p.worker = generation.New(generation.Config{
			Store: p.store, Queue: p.queue, Provider: local.New(), Logger: log,
			Owner:    fmt.Sprintf("daemon-%d", os.Getpid()),
			LeaseFor: heldFor,
			// This queue commits with its jobs and cannot lose one. To announce a long
			// backlog again and again took more time than to work it off.
			ReannounceAfter: 10 * time.Minute,
			OnFinished:      func(j memory.Job) { p.hub.Finished(j.ID) },
		})
	}
	in := capture.New(p.store, capture.Options{CreateProjects: true})
	p.drainer = newDrainer(d.cfg.Dirs.Spool(), key.TeamID, in, p.store.Fault, log)
	p.api = httpapi.New(httpapi.Config{
		Store: p.store, Capture: in, Recall: recall.New(p.store), Hub: p.hub, Log: log,
		System: &system{daemon: d, parts: p},
		Access: access(d.cfg, key),
		Limits: httpapi.ContextLimits{
			Tokens: d.cfg.Int(config.ContextTokens), Sessions: d.cfg.Int(config.ContextSessionCount),
			Observations: d.cfg.Int(config.ContextObservations), Prompt: d.cfg.Int(config.SemanticInjectLimit),
		},
	})
	return p, nil
}

// access says who may come in, by the settings.
func access(cfg *config.Config, key memory.APIKey) httpapi.Access {
	host := cfg.String(config.ServerHost)
	a := httpapi.Access{Hosts: append(cfg.List(config.AllowedHosts), host)}
	if addr, err := netip.ParseAddr(host); err == nil {
		a.Wide = !addr.IsLoopback()
	}
	if cfg.String(config.AuthMode) == "local-dev" && cfg.Bool(config.AllowLocalDevBypass) {
		a.LocalDev = &key
	}
	return a
}

// runWorker generates until ctx is done.
func (p *parts) runWorker(ctx context.Context) error {
	if p.worker == nil {
		<-ctx.Done()
		return nil
	}
	return p.worker.Run(ctx)
}

// close lets go of what is open, in the opposite order.
func (p *parts) close() error {
	var errs []error
	if p.queue != nil {
		errs = append(errs, p.queue.Close())
	}
	if p.store != nil {
		errs = append(errs, p.store.Close())
	}
	return errors.Join(errs...)
}
