package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/pressly/goose/v3"

	"claude-mem/internal/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date, each version in a transaction. It leaves
// a copy of a database that has a schema already beside it, named with its
// version. Most often there is nothing to do, and finding that out costs one read.
func migrate(ctx context.Context, db *sql.DB, path string) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	return migrateTo(ctx, db, path, dir)
}

// migrateTo migrates with the scripts in dir.
func migrateTo(ctx context.Context, db *sql.DB, path string, dir fs.FS) error {
	newest, err := schema.Newest(dir)
	if err != nil {
		return err
	}
	have, err := schemaVersion(ctx, db)
	switch {
	case err != nil:
		return err
	case have == newest:
		return nil
	case have > newest:
		return fmt.Errorf("its schema has version %d, and this claude-mem knows versions up to %d: "+
			"install a newer claude-mem, or restore the backup %s", have, newest, backupName(path, newest))
	case have > 0:
		if err := backup(ctx, db, backupName(path, have)); err != nil {
			return fmt.Errorf("back up before the migration: %w", err)
		}
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, dir)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate from version %d to %d: %w", have, newest, err)
	}
	return nil
}

// schemaVersion is the version that the database says it has; 0 if it has none.
func schemaVersion(ctx context.Context, db *sql.DB) (v int64, err error) {
	var tables int
	err = db.QueryRowContext(ctx, `SELECT COUNT(*) FROM sqlite_master WHERE name = 'goose_db_version'`).Scan(&tables)
	if err != nil || tables == 0 {
		return 0, err
	}
	err = db.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&v)
	return v, err
}

// backupName is where the copy of a database with that version lies.
func backupName(path string, version int64) string {
	return fmt.Sprintf("%s.v%d.backup", path, version)
}

// backup writes a copy of the database. One that lies there already was made by a
// migration that did not succeed, from the same data or older: it is replaced.
func backup(ctx context.Context, db *sql.DB, name string) error {
	tmp := name + ".tmp"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// VACUUM INTO wants an empty file or none; made here it is the owner's alone.
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	f.Close()
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, tmp); err != nil {
		os.Remove(tmp)
		return err
	}
	return os.Rename(tmp, name)
}
