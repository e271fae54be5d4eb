package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"claude-mem/internal/config"
)

// The limits of a connection. A request that waits for its job takes 30 s, and the
// time to read runs on meanwhile: when it is over, net/http ends the request.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 60 * time.Second
	writeTimeout  = 90 * time.Second
	idleTimeout   = 2 * time.Minute
	headerBytes   = 32 << 10
	drainTimeout  = 5 * time.Second // for requests that run when the daemon stops
)

// serveHTTP answers requests until ctx is done, and then those that run.
func (d *Daemon) serveHTTP(ctx context.Context, l net.Listener, p *parts) error {
	// Requests do not end with ctx: they are drained first.
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	srv := &http.Server{
		Handler:           d.parting(p.api),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return base },
	}
	var background sync.WaitGroup
	background.Go(func() { p.api.Run(base) })
	defer func() { // when no request is under way any more
		cut()
		background.Wait()
		p.api.Flush(context.WithoutCancel(ctx))
	}()
	stopped := make(chan struct{})
	defer context.AfterFunc(ctx, func() {
		defer close(stopped)
		d.serving.Store(false)
		d.drain(base)
		p.hub.Close()
		drain, cancel := context.WithTimeout(base, drainTimeout)
		defer cancel()
		if srv.Shutdown(drain) != nil {
			cut() // those that wait for a job would wait for long
			_ = srv.Close()
		}
	})()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve HTTP: %w", err)
	}
	<-stopped
	return nil
}

// turnAway serves on for a while, so that balancers see that we are not ready any
// more before they find nobody here. A person's own daemon has none before it.
func (d *Daemon) turnAway(ctx context.Context) {
	if !d.deployment.team {
		return
	}
	select {
	case <-time.After(d.cfg.Duration(config.ServerDrain)):
	case <-ctx.Done():
	}
}

// parting answers the last requests of each connection so that the client opens its
// next one elsewhere: one that it kept open could carry a request just as it is closed.
func (d *Daemon) parting(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !d.serving.Load() {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	})
}
