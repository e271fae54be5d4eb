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
	stop func() error
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
		s := Store{Name: name, stop: func() error { return nil }}
		if name == SQLite {
			s.Store, err = sqlite.Open(ctx, filepath.Join(dir, "measured.db"), sqlite.Options{})
		} else {
			s.Store, s.stop, err = openPostgres(ctx)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open %s: %w", name, err), Close(stores))
		}
		stores = append(stores, s)
	}
	return stores, nil
}

func openPostgres(ctx context.Context) (storage.Store, func() error, error) {
	url, stop, err := testenv.RunPostgres(ctx)
	if err != nil {
		return nil, nil, err
	}
	s, err := postgres.Open(ctx, url, postgres.Options{})
	if err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	return s, stop, nil
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
