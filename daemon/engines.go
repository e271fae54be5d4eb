package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"claude-mem/internal/config"
	"claude-mem/queue"
	"claude-mem/queue/goqite"
	"claude-mem/queue/redis"
	"claude-mem/storage"
	"claude-mem/storage/postgres"
	"claude-mem/storage/sqlite"
)

// engines are the store and the transport of a deployment.
type engines struct {
	store storage.Store
	queue queue.Queue
	// reannounceAfter is how long a job may wait before its message counts as lost.
	reannounceAfter time.Duration
}

// open opens what the settings choose. The caller closes what there is even when
// there is an error.
func (d deployment) open(ctx context.Context, log *slog.Logger) (e engines, err error) {
	if d.team {
		return d.openShared(ctx, log)
	}
	return d.openOwn(ctx, log)
}

// openOwn opens the SQLite file with the queue in it.
func (d deployment) openOwn(ctx context.Context, log *slog.Logger) (e engines, err error) {
	// This queue commits with its jobs and cannot lose one. To announce a long
	// backlog again and again took more time than to work it off.
	e.reannounceAfter = 10 * time.Minute
	store, err := sqlite.Open(ctx, d.cfg.Dirs.Database(), sqlite.Options{})
	if err != nil {
		return e, err
	}
	e.store = store
	q, err := goqite.New(ctx, store, goqite.Options{Logger: log, Visibility: heldFor})
	if err != nil {
		return e, err
	}
	store.SetOutbox(q)
	e.queue = q
	return e, nil
}

// openShared opens Redis, and then Postgres, which announces jobs there.
func (d deployment) openShared(ctx context.Context, log *slog.Logger) (e engines, err error) {
	// What Redis forgets altogether, or never heard of, is noticed at once; this is
	// for what it lost one by one.
	e.reannounceAfter = 2 * time.Minute
	o := d.redisOptions()
	o.Logger = log
	q, err := redis.Open(ctx, o)
	if err != nil {
		return e, err
	}
	a := &announcer{transport: q}
	e.queue = a
	store, err := postgres.Open(ctx, d.cfg.String(config.ServerDatabaseURL), postgres.Options{Publish: a.publish, Logger: log})
	if err != nil {
		return e, err
	}
	e.store = store
	return e, nil
}

// withStore runs fn on the configured database, beside whatever else has it open.
// The transport is left alone: nothing may be enqueued.
func withStore(ctx context.Context, cfg *config.Config, fn func(storage.Store) error) (err error) {
	var s storage.Store
	if url := cfg.String(config.ServerDatabaseURL); url != "" {
		s, err = postgres.Open(ctx, url, postgres.Options{})
	} else if err = cfg.Dirs.Make(); err == nil {
		s, err = sqlite.Open(ctx, cfg.Dirs.Database(), sqlite.Options{})
	}
	if err != nil {
		return fmt.Errorf("open the configured database: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return fn(s)
}

// database tells people which database is configured, without its password.
func database(cfg *config.Config) string {
	if url := cfg.String(config.ServerDatabaseURL); url != "" {
		return "the database " + postgres.Place(url)
	}
	return cfg.Dirs.Database()
}

// close lets go of what is open, in the opposite order.
func (e engines) close() error {
	var errs []error
	if e.queue != nil {
		errs = append(errs, e.queue.Close())
	}
	if e.store != nil {
		errs = append(errs, e.store.Close())
	}
	return errors.Join(errs...)
}

// What only some stores can tell.
type (
	// faulty is a store in a file of this machine, which a full disk may close.
	faulty interface{ Fault() error }
	// movable is a store whose file may be taken away from under it.
	movable interface{ Moved() bool }
	// herald is a store that several processes share and that carries what one tells
	// to the others.
	herald interface {
		Notify(text string)
		Listen(ctx context.Context, heard func(text string))
	}
)

// fault is why the last write failed, if none succeeded since; nil where all is well
// or the store cannot tell.
func (e engines) fault() error {
	if s, ok := e.store.(faulty); ok {
		return s.Fault()
	}
	return nil
}

// moved reports whether the database is no longer where others would look for it.
func (e engines) moved() bool {
	s, ok := e.store.(movable)
	return ok && s.Moved()
}

// spread carries a text to the other processes.
func (e engines) spread(text string) {
	if s, ok := e.store.(herald); ok {
		s.Notify(text)
	}
}

// listen calls heard with what any process spreads, this one too, until ctx is done.
func (e engines) listen(ctx context.Context, heard func(text string)) {
	if s, ok := e.store.(herald); ok {
		s.Listen(ctx, heard)
	}
}
