package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"claude-mem/internal/spelling"
	"claude-mem/memory"
	"claude-mem/storage"
)

const (
	// defaultConns is how many connections a store opens at most, unless the URL
	// says pool_max_conns. More transactions at a time than the server has cores
	// only help while they wait for its disk.
	defaultConns = 16
	// connectFor bounds how long a new connection may take, unless the URL says
	// connect_timeout.
	connectFor = 5 * time.Second
)

// Options are what a store can be told when it is opened.
type Options struct {
	// Publish hands the messages of a committed transaction to the transport, before
	// InTx returns; it gets a context that ends after publishFor. Without one the
	// jobs wait until OwedJobs finds them.
	Publish func(ctx context.Context, msgs []memory.Message) error
	// Logger is told what no caller is; nil means slog.Default.
	Logger *slog.Logger
}

// Store is one Postgres database. It implements [storage.Store].
type Store struct {
	reads
	pool       *pgxpool.Pool
	publisher  *publisher
	notifier   *notifier
	writer     *writer
	keys       *keyring
	directions *directions
	known      *spelling.Known
}

var _ storage.Store = (*Store)(nil)

// Open connects to the database that the URL (or a keyword=value string, as libpq
// takes it) names and brings its schema up to date. The caller has to close it.
// No error holds the password.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	cfg, err := configure(url)
	if err != nil {
		return nil, err
	}
	return openPool(ctx, cfg, o)
}

func openPool(ctx context.Context, cfg *pgxpool.Config, o Options) (*Store, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if err := migrate(ctx, cfg.ConnConfig); err != nil {
		return nil, fmt.Errorf("open database %s: %w", place(cfg.ConnConfig), err)
	}
	cfg.AfterConnect = prepared
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", place(cfg.ConnConfig), err)
	}
	s := &Store{pool: pool, reads: reads{q: poolQuerier{pool}, stats: newStatistics()}, known: spelling.NewKnown()}
	s.publisher = &publisher{publish: o.Publish, pool: pool, log: o.Logger}
	s.notifier = startNotifier(pool, o.Logger)
	s.writer = startWriter(s)
	s.keys = startKeyring(s.keysByHash)
	s.directions = openDirections(ctx, pool, s.reads, o.Logger)
	if err := s.reindex(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// configure reads the URL and sets what it leaves open.
func configure(url string) (*pgxpool.Config, error) {
	// The driver's errors repeat the text, and cannot be sure where in a broken one
	// the password is.
	invalid := memory.Errorf(memory.CodeValidation,
		"the database URL is not valid: expected postgres://user:password@host:5432/database")
	given, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, invalid
	}
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, invalid
	}
	if given.RuntimeParams["pool_max_conns"] == "" {
		cfg.MaxConns = defaultConns
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = connectFor
	}
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "claude-mem"
	}
	return cfg, nil
}

// prepared tells a new connection not to compile what it plans: that takes some ten
// milliseconds, and the server takes an estimate of many rows for a reason though few come.
func prepared(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "SET jit = off")
	return err
}

// place names the database in an error, without the password.
func place(c *pgx.ConnConfig) string { return fmt.Sprintf("%s on %s:%d", c.Database, c.Host, c.Port) }

// Info implements [storage.Store].
func (s *Store) Info(ctx context.Context) (storage.Info, error) {
	info := storage.Info{Driver: "postgres"}
	var err error
	info.SchemaVersion, err = one(ctx, s.q, "schema", value[int64], sql(schemaVersion))
	if err != nil {
		return storage.Info{}, err
	}
	info.SizeBytes, err = one(ctx, s.q, "database", value[int64], sql(`SELECT pg_database_size(current_database())`))
	if err != nil {
		return storage.Info{}, err
	}
	if !s.directions.isOff() {
		info.Pgvector = s.directions.version
	}
	return info, nil
}

// Close finishes the transactions that wait, waits for the connections that are in
// use and closes them all.
func (s *Store) Close() error {
	s.directions.close()
	s.writer.stop()
	s.keys.stop()
	s.notifier.close()
	s.pool.Close()
	return nil
}

// poolQuerier sends statements on whatever connection is free.
type poolQuerier struct{ pool *pgxpool.Pool }

// query implements querier. A statement whose connection turns out to be gone is
// sent once more, as outside transactions there are only reads. What ended one
// connection has most often ended those that were idle, too.
func (p poolQuerier) query(ctx context.Context, q *query, read func(pgx.Rows) error) (int64, error) {
	n, err := p.try(ctx, q, read)
	if lost(err) && ctx.Err() == nil {
		p.pool.Reset()
		n, err = p.try(ctx, q, read)
	}
	return n, convert(err)
}

func (p poolQuerier) try(ctx context.Context, q *query, read func(pgx.Rows) error) (int64, error) {
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	rows, err := conn.Query(ctx, q.text.String(), q.args...)
	if err == nil {
		err = read(rows)
		rows.Close()
		if e := rows.Err(); e != nil {
			err = e
		}
	}
	if err != nil {
		return 0, onConn(ctx, conn.Conn(), err)
	}
	return rows.CommandTag().RowsAffected(), nil
}
