package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"claude-mem/memory"
)

// errMoved is what a transaction gets whose commit nobody would ever find.
var errMoved = &memory.Error{Code: memory.CodeUnavailable, Message: "the database file was moved, removed or replaced"}

// Moved reports whether the file that is open is no longer the one at its path: it
// was removed, moved away or replaced. From then on every transaction is refused;
// what is left to do is to close the store and open it again.
func (s *Store) Moved() bool {
	there, err := os.Stat(s.path)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist) // of any other failure one cannot tell
	}
	return !os.SameFile(s.file, there)
}

// Fault returns why the last write failed, if that was not its own fault but that of
// the disk or the file, and nothing could be written since. It is nil when all is well.
func (s *Store) Fault() error {
	if f := s.writer.fault.Load(); f != nil {
		return *f
	}
	return nil
}

// noteFault remembers err if it is the kind that hits every write.
func (w *writer) noteFault(err error) {
	e, ok := errors.AsType[*driver.Error](err)
	if !ok {
		return
	}
	switch e.Code() & 0xff {
	case codes.SQLITE_FULL, codes.SQLITE_IOERR, codes.SQLITE_READONLY, codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB, codes.SQLITE_CANTOPEN:
		w.fault.Store(&err)
	}
}

// changes is how many rows the connection has changed. It is asked only while there
// is a fault: to commit nothing succeeds on a full disk as well.
func (w *writer) changes(g *group) (n int64) {
	if w.fault.Load() == nil {
		return 0
	}
	// What cannot be asked has changed nothing.
	_ = g.tx.QueryRowContext(context.Background(), "SELECT total_changes()").Scan(&n)
	return n
}

// CheckFile reads the whole database at path and returns what is damaged in it. It
// neither makes nor changes a file; one that is not there is an [fs.ErrNotExist].
// Another process may have it open.
func CheckFile(ctx context.Context, path string) (err error) {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("check the database: %w", err)
	}
	db, err := openReadOnly(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return check(ctx, db)
}
