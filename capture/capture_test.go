package capture

import (
	"context"
	"database/sql"
	"encoding/json"
	"path/filepath"
	"sync"
	"testing"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
	"claude-mem/storage/sqlite"
)

// outbox keeps what was enqueued.
type outbox struct {
	mu   sync.Mutex
	msgs []memory.Message
}

func (o *outbox) SendTx(_ context.Context, _ *sql.Tx, msgs []memory.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.msgs = append(o.msgs, msgs...)
	return nil
}

func (*outbox) Committed() {}

func (o *outbox) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.msgs)
}

// fixture is a store with a team, two projects and a key of the team.
type fixture struct {
	*Capture
	store  *sqlite.Store
	outbox *outbox
	team   memory.Team
	p, q   memory.Project
	caller memory.Caller
}

func newFixture(t testing.TB, opts Options) fixture {
	t.Helper()
	f := fixture{outbox: &outbox{}}
	var err error
	f.store, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), sqlite.Options{Outbox: f.outbox})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.store.Close() })
	f.Capture = New(f.store, opts)
	f.team, f.p = f.tenant(t, "team", "/src/p")
	_, f.q = f.tenant(t, "team", "/src/q")
	f.caller = memory.Caller{Key: f.key(t, ""), RequestID: "req-1"}
	return f
}

func (f fixture) tenant(t testing.TB, team, project string) (tm memory.Team, p memory.Project) {
	t.Helper()
	f.tx(t, func(tx storage.Tx) (err error) {
		if tm, err = tx.EnsureTeam(t.Context(), memory.Team{ID: id.New(), Name: team, CreatedAt: 1}); err != nil {
			return err
		}
		p, err = tx.EnsureProject(t.Context(), memory.Project{ID: id.New(), TeamID: tm.ID, Name: project, CreatedAt: 1, UpdatedAt: 1})
		return err
	})
	return tm, p
}

func (f fixture) key(t testing.TB, projectID string) memory.APIKey {
	t.Helper()
	k := memory.APIKey{
		ID: id.New(), TeamID: f.team.ID, ProjectID: memory.Opt(projectID), Name: "k", Hash: id.New(),
		Scopes: []string{memory.ScopeAll}, ActorID: "actor", CreatedAt: 1,
	}
	f.tx(t, func(tx storage.Tx) error { return tx.PutKey(t.Context(), k) })
	return k
}

func (f fixture) tx(t testing.TB, fn func(tx storage.Tx) error) {
	t.Helper()
	if err := f.store.InTx(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func (f fixture) books(t testing.TB) memory.Books {
	t.Helper()
	b, err := f.store.Books(t.Context(), memory.Scope{TeamID: f.team.ID})
	if err != nil {
		t.Fatal(err)
	}
	if !b.Closed() {
		t.Errorf("the books do not close: %+v", b)
	}
	return b
}

// input is a valid event in project p.
func (f fixture) input(change func(*memory.EventInput)) memory.EventInput {
	at := memory.Epoch(1_795_399_000_000)
	in := memory.EventInput{
		ProjectID: f.p.ID, SourceType: "hook", EventType: memory.EventToolUse, ContentSessionID: "c1",
		Payload: json.RawMessage(`{"tool_name":"Read"}`), OccurredAt: &at,
	}
	if change != nil {
		change(&in)
	}
	return in
}

func (f fixture) store1(t testing.TB, in memory.EventInput) Stored {
	t.Helper()
	got, err := f.Events(t.Context(), f.caller, []memory.EventInput{in}, EventOptions{Generate: true})
	if err != nil {
		t.Fatal(err)
	}
	return got[0]
}
