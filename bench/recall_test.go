package bench_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"claude-mem/bench/corpus"
	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/recall"
	"claude-mem/storage"
	"claude-mem/storage/sqlite"
)

// remembered is a store of one project's observations.
type remembered struct {
	store *sqlite.Store
	scope memory.Scope
}

// grown is the stores that are filled already, by their number of rows.
var grown = struct {
	sync.Mutex
	stores map[int]remembered
}{stores: map[int]remembered{}}

// storeOf returns a store of so many observations; it is filled once a run.
func storeOf(b *testing.B, rows int) remembered {
	b.Helper()
	grown.Lock()
	defer grown.Unlock()
	if r, ok := grown.stores[rows]; ok {
		return r
	}
	dir, err := scratchDir()
	if err != nil {
		b.Fatal(err)
	}
	r, err := fill(filepath.Join(dir, fmt.Sprintf("rows-%d.db", rows)), rows)
	if err != nil {
		b.Fatal(err)
	}
	grown.stores[rows] = r
	return r
}

// fill makes a store at the path. It outlives the benchmark that asked for it.
func fill(path string, rows int) (remembered, error) {
	ctx := context.Background()
	store, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return remembered{}, err
	}
	var p memory.Project
	err = store.InTx(ctx, func(tx storage.Tx) error {
		team, err := tx.EnsureTeam(ctx, memory.Team{ID: id.New(), Name: memory.LocalTeam, CreatedAt: 1})
		if err != nil {
			return err
		}
		p, err = tx.EnsureProject(ctx, memory.Project{ID: id.New(), TeamID: team.ID, Name: "/home/you/app", CreatedAt: 1, UpdatedAt: 1})
		return err
	})
	const batch = 1000
	c := corpus.New()
	for at := 0; at < rows && err == nil; at += batch {
		err = store.InTx(ctx, func(tx storage.Tx) error {
			for n := at; n < at+batch; n++ {
				if _, _, err := tx.PutObservation(ctx, c.Observation(p.Scope(), n)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return remembered{store, p.Scope()}, err
}

// BenchmarkSessionContext builds what a session starts with, out of 100,000
// observations.
func BenchmarkSessionContext(b *testing.B) {
	from := storeOf(b, 100_000)
	r := recall.New(from.store)
	var took samples
	for b.Loop() {
		began := time.Now()
		told, err := r.SessionContext(b.Context(), from.scope, recall.SessionContextInput{})
		if err != nil || told.Text == "" {
			b.Fatalf("%d bytes: %v", len(told.Text), err)
		}
		took = append(took, time.Since(began))
	}
	took.report(b, "")
}
