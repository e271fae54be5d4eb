package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"claude-mem/memory"
	"claude-mem/storage"
)

// readers is how many reads run at once.
const readers = 4

// What differs between the writer's connection and those of the readers. A large
// cache spares the writer the pages it changes again and again. Searches of a
// million observations were as fast with 2 MB a reader as with 16, for the
// operating system caches the file as well.
const (
	writerPragmas = "&_pragma=cache_size(-16384)"
	readerPragmas = "&_pragma=cache_size(-2000)&_pragma=query_only(1)"
)

// Outbox puts the messages of a transaction where they become receivable with its
// commit: into the queue that lives in the same file.
type Outbox interface {
	// SendTx writes the messages in tx. It runs on the writer's goroutine, so it
	// must use nothing but tx, and give tx no context that can be cancelled.
	SendTx(ctx context.Context, tx *sql.Tx, msgs []memory.Message) error
	// Committed is called after a commit that made messages receivable. It must
	// not block.
	Committed()
}

// Options are what a store can be told when it is opened.
type Options struct {
	// Outbox receives what transactions enqueue; without one Enqueue fails. See
	// also [Store.SetOutbox].
	Outbox Outbox
}

// Store is one SQLite database. It implements [storage.Store].
type Store struct {
	reads
	path   string
	file   os.FileInfo // of path, as it was opened
	pool   *sql.DB     // read-only
	db     *sql.DB     // one connection, the writer's
	writer *writer
}

var _ storage.Store = (*Store)(nil)

// Open opens the database at path, creates it or brings its schema up to date.
// The caller has to close it.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	file, err := prepareFile(path)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	s := &Store{path: path, file: file}
	if s.db, err = connect(path, 1, writerPragmas); err != nil {
		return nil, err
	}
	if err := migrate(ctx, s.db, path); err != nil {
		s.db.Close()
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	if s.pool, err = connect(path, readers, readerPragmas); err != nil {
		s.db.Close()
		return nil, err
	}
	s.reads = reads{q: newStatements(s.pool), extents: newExtents()}
	s.writer = startWriter(s.db, &upkeep{wal: path + "-wal", walLimit: maxWAL, every: walCheckEvery, idle: idleAfter}, s.Moved)
	s.SetOutbox(o.Outbox)
	if err := s.reindex(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// SetOutbox sets Options.Outbox after the fact: the queue in the same file needs
// the store before it exists itself.
func (s *Store) SetOutbox(o Outbox) { s.writer.outbox.Store(&o) }

// prepareFile makes sure that directory and file exist and are the owner's alone.
// SQLite gives its side files the permissions of the database. It returns which
// file that is.
func prepareFile(path string) (os.FileInfo, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	fi, err := f.Stat()
	return fi, errors.Join(err, f.Close())
}

// connect opens a pool of n connections to a file that exists: one that is made
// later must not make a new file where ours was. The pragmas stand in the DSN because
// they are a connection's own: sent as statements they would reach only one.
func connect(path string, n int, extra string) (*sql.DB, error) {
	return openDSN(path, n, "?mode=rw&_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)"+
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=temp_store(2)"+
		"&_pragma=journal_size_limit(67108864)"+extra)
}

// openReadOnly opens a file that exists for reading.
func openReadOnly(path string) (*sql.DB, error) {
	return openDSN(path, 1, "?mode=ro&_pragma=busy_timeout(5000)&_pragma=query_only(1)")
}

func openDSN(path string, n int, query string) (*sql.DB, error) {
	name := url.URL{Path: filepath.ToSlash(path)}
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(name.String(), "./")+query)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// InTx implements [storage.Store]. A ctx that ends while fn waits for its turn
// means that fn never runs; from then on fn's result decides.
func (s *Store) InTx(ctx context.Context, fn func(tx storage.Tx) error) error {
	return s.writer.do(ctx, func(g *group) error {
		return fn(&tx{reads: reads{q: g, extents: s.extents}, group: g})
	})
}

// WriteSQL runs fn like InTx does, but hands it the bare SQL transaction. It is
// for the queue that lives in the same file and for nobody else. fn must neither
// end the transaction nor give it a context that can be cancelled: SQLite answers
// an interrupted write by rolling back everything, other callers' work included.
func (s *Store) WriteSQL(ctx context.Context, fn func(tx *sql.Tx) error) error {
	return s.writer.do(ctx, func(g *group) error { return fn(g.tx) })
}

// Info implements [storage.Store].
func (s *Store) Info(ctx context.Context) (storage.Info, error) {
	v, err := schemaVersion(ctx, s.pool)
	if err != nil {
		return storage.Info{}, err
	}
	info := storage.Info{Driver: "sqlite", SchemaVersion: v}
	for _, file := range []string{s.path, s.path + "-wal"} {
		if st, err := os.Stat(file); err == nil {
			info.SizeBytes += st.Size()
		}
	}
	return info, nil
}

// Close finishes the transactions that wait, refuses new ones, tidies the
// database up and closes it.
func (s *Store) Close() error {
	if !s.writer.stop() {
		return nil
	}
	err := s.q.(*statements).close()
	err = errors.Join(err, s.pool.Close())
	// The readers are gone, so this can move the whole log into the database.
	_, optimize := s.db.ExecContext(context.Background(), "PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)")
	return errors.Join(err, optimize, s.db.Close())
}
