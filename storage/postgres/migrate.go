package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"claude-mem/internal/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is the advisory lock that whoever migrates holds; any number that
// no other program uses in the database.
const migrationLock = 0x636c6d656d // "clmem"

// schemaVersion asks a database that has a schema for its version.
const schemaVersion = `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied`

// migrate brings the schema up to date, each version in a transaction. Most often
// there is nothing to do, and finding that out costs one connection. Processes
// that start at the same time wait for the one that migrates.
func migrate(ctx context.Context, cfg *pgx.ConnConfig) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	return migrateTo(ctx, cfg, dir)
}

// migrateTo migrates with the scripts in dir.
func migrateTo(ctx context.Context, cfg *pgx.ConnConfig, dir fs.FS) error {
	newest, err := schema.Newest(dir)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	// Closing the connection releases the lock.
	defer conn.Close(context.WithoutCancel(ctx))
	if done, err := upToDate(ctx, conn, newest); done || err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return fmt.Errorf("wait for the migration lock: %w", err)
	}
	if done, err := upToDate(ctx, conn, newest); done || err != nil {
		return err
	}
	db := stdlib.OpenDB(*cfg)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, dir)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate to version %d: %w", newest, err)
	}
	return nil
}

// upToDate reports whether the schema has the newest version that we know. A
// newer one is an error.
func upToDate(ctx context.Context, conn *pgx.Conn, newest int64) (bool, error) {
	var there bool
	if err := conn.QueryRow(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL`).Scan(&there); err != nil || !there {
		return false, err
	}
	var have int64
	if err := conn.QueryRow(ctx, schemaVersion).Scan(&have); err != nil {
		return false, err
	}
	if have > newest {
		return false, fmt.Errorf("its schema has version %d, and this claude-mem knows versions up to %d: "+
			"install a newer claude-mem", have, newest)
	}
	return have == newest, nil
}
