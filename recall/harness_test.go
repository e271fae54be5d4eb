package recall

import (
	"fmt"
	"path/filepath"
	"testing"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
	"claude-mem/storage/sqlite"
)

// fixture is a Recall over a real store with one project.
type fixture struct {
	*Recall
	store   storage.Store
	scope   memory.Scope
	project memory.Project
}

func setUp(t testing.TB) *fixture {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return setUpOn(t, store)
}

// setUpOn is setUp with an empty store of any engine.
func setUpOn(t testing.TB, store storage.Store) *fixture {
	t.Helper()
	f := &fixture{Recall: New(store), store: store}
	f.tx(t, func(tx storage.Tx) error {
		team, err := tx.EnsureTeam(t.Context(), memory.Team{ID: id.New(), Name: memory.LocalTeam, CreatedAt: 1})
		if err != nil {
			return err
		}
		f.project, err = tx.EnsureProject(t.Context(), memory.Project{ID: id.New(), TeamID: team.ID, Name: "/home/you/app", CreatedAt: 1, UpdatedAt: 1})
		return err
	})
	f.scope = f.project.Scope()
	return f
}

func (f *fixture) tx(t testing.TB, fn func(tx storage.Tx) error) {
	t.Helper()
	if err := f.store.InTx(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// session makes a session of that name.
func (f *fixture) session(t testing.TB, name string) memory.Opt {
	t.Helper()
	var s memory.Session
	f.tx(t, func(tx storage.Tx) (err error) {
		s, _, err = tx.EnsureSession(t.Context(), memory.Session{
			ID: id.New(), TeamID: f.scope.TeamID, ProjectID: f.scope.ProjectID, ExternalSessionID: memory.Opt(name),
			GenerationStatus: "idle", StartedAt: 1, CreatedAt: 1, UpdatedAt: 1, DedupeKey: "ext:" + name,
		})
		return err
	})
	return memory.Opt(s.ID)
}

// day is noon of a day in January 2026.
func day(n int) memory.Epoch { return 1767268800000 + memory.Epoch(n-1)*86_400_000 }

// put stores an observation of the fixture's project.
func (f *fixture) put(t testing.TB, o memory.Observation) memory.Observation {
	t.Helper()
	f.tx(t, func(tx storage.Tx) (err error) {
		o, err = f.write(t, tx, o)
		return err
	})
	return o
}

func (f *fixture) write(t testing.TB, tx storage.Tx, o memory.Observation) (memory.Observation, error) {
	o.ID, o.TeamID, o.ProjectID = id.New(), f.scope.TeamID, f.scope.ProjectID
	if o.OccurredAt == 0 {
		o.OccurredAt = day(1)
	}
	o.CreatedAt, o.UpdatedAt = o.OccurredAt, o.OccurredAt
	if o.Content == "" {
		o.Content = o.Metadata.Content()
	}
	o, _, err := tx.PutObservation(t.Context(), o)
	return o, err
}

// found is a plain observation.
func found(kind, title string) memory.Observation {
	return memory.Observation{Kind: kind, Metadata: memory.Metadata{Title: title}}
}

// titles lists hits as "#number title".
func titles(hits []storage.Hit) []string {
	var out []string
	for _, h := range hits {
		out = append(out, fmt.Sprintf("#%d %s", h.Number, h.Title()))
	}
	return out
}
