// Package engines opens the stores that a measurement compares: a SQLite file and a
// Postgres database, both thrown away afterwards.
package engines

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"claude-mem/internal/id"
	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/storage"
	"claude-mem/storage/postgres"
	"claude-mem/storage/sqlite"
)

// Names of the engines, in the order in which they are measured.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Store is an opened engine.
type Store struct {
	storage.Store
	Name string
	// Settle lets the engine do what it does by itself some time after many writes.
	Settle func(ctx context.Context) error
	stop   func() error
}

// Open opens the engines that the comma-separated list names, SQLite in dir and
// Postgres on a server of its own.
func Open(ctx context.Context, dir, list string) (stores []Store, err error) {
	names := strings.Split(list, ",")
	for _, name := range names {
		if !slices.Contains([]string{SQLite, Postgres}, name) {
			return nil, fmt.Errorf("there is no engine %q: take %s or %s, or both with a comma between", name, SQLite, Postgres)
		}
	}
	for _, name := range names {
		s := Store{Name: name, Settle: func(context.Context) error { return nil }, stop: func() error { return nil }}
		if name == SQLite {
			s.Store, err = sqlite.Open(ctx, filepath.Join(dir, "measured.db"), sqlite.Options{})
		} else {
			err = s.openPostgres(ctx)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open %s: %w", name, err), Close(stores))
		}
		stores = append(stores, s)
	}
	return stores, nil
}

func (s *Store) openPostgres(ctx context.Context) error {
	url, stop, err := testenv.RunPostgres(ctx)
	if err != nil {
		return err
	}
	if s.Store, err = postgres.Open(ctx, url, postgres.Options{}); err != nil {
		return errors.Join(err, stop())
	}
	s.stop = stop
	s.Settle = func(ctx context.Context) error { // as its autovacuum would
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, "VACUUM ANALYZE")
		return errors.Join(err, conn.Close(ctx))
	}
	return nil
}

// Close closes the stores and removes what was started for them.
func Close(stores []Store) error {
	var errs []error
	for _, s := range stores {
		errs = append(errs, s.Close(), s.stop())
	}
	return errors.Join(errs...)
}

// Project makes a project of that name in the local team.
func Project(ctx context.Context, s storage.Store, name string) (p memory.Project, err error) {
	err = s.InTx(ctx, func(tx storage.Tx) error {
		team, err := tx.EnsureTeam(ctx, memory.Team{ID: id.New(), Name: memory.LocalTeam, CreatedAt: 1})
		if err != nil {
			return err
		}
		p, err = tx.EnsureProject(ctx, memory.Project{ID: id.New(), TeamID: team.ID, Name: name, CreatedAt: 1, UpdatedAt: 1})
		return err
	})
	return p, err
}
