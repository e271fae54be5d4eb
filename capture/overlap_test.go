package capture

import (
	"context"
	"strconv"
	"sync"
	"testing"

	"claude-mem/internal/id"
	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/storage"
	"claude-mem/storage/postgres"
)

// onPostgres is a Capture on the engine where many write at the same time, and a caller
// of a team.
func onPostgres(t *testing.T) (c *Capture, store *postgres.Store, caller memory.Caller) {
	t.Helper()
	store, err := postgres.Open(t.Context(), testenv.SharedPostgres(t).Database(t, testenv.Template{}), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	err = store.InTx(t.Context(), func(tx storage.Tx) error {
		team, err := tx.EnsureTeam(t.Context(), memory.Team{ID: id.New(), Name: "team", CreatedAt: 1})
		caller.Key = memory.APIKey{ID: id.New(), TeamID: team.ID, Name: "k", Hash: "h", Scopes: []string{memory.ScopeAll}, ActorID: "a", CreatedAt: 1}
		if err != nil {
			return err
		}
		return tx.PutKey(t.Context(), caller.Key)
	})
	if err != nil {
		t.Fatal(err)
	}
	return New(store, Options{CreateProjects: true}), store, caller
}

// Hooks of one moment overtake each other. Where a team's servers write at the same
// time, no event of before the end is left out of the last summary.
func TestEventsThatOverlapTheEndAreSummedUp(t *testing.T) {
	c, store, caller := onPostgres(t)
	for round := range 20 {
		sid := "s" + strconv.Itoa(round)
		end := hookEnd
		if round%2 == 1 {
			end = legacyEnd
		}
		first := tellOverlapping(t, c, caller, sid, end)
		scope := memory.Scope{TeamID: caller.Key.TeamID}
		n, err := store.CountSessionEvents(context.Background(), scope, first)
		if err != nil {
			t.Fatal(err)
		}
		j, err := store.JobOfSource(context.Background(), scope, memory.KindSummary, first)
		if err != nil || j.Revision != n {
			t.Fatalf("round %d: the session has %d events, its last summary covers %d, %v", round, n, j.Revision, err)
		}
	}
}

// An end ends a session that has the id with its host.
type end func(c *Capture, caller memory.Caller, sid string) error

func hookEnd(c *Capture, caller memory.Caller, sid string) error {
	_, err := c.Hook(context.Background(), caller, memory.HookRecord{Project: "/src/p", SessionID: sid, OccurredAt: 1000, EndSession: true})
	return err
}

func legacyEnd(c *Capture, caller memory.Caller, sid string) error {
	_, _, err := c.Stop(context.Background(), caller, LastWord{Project: "/src/p", ContentSessionID: sid, Message: "done", SourceAdapter: "legacy"})
	return err
}

// tellOverlapping tells of a session: one event, and then some together with its end.
func tellOverlapping(t *testing.T, c *Capture, caller memory.Caller, sid string, end end) (sessionID string) {
	t.Helper()
	tell := func(eventID string) memory.HookAnswer {
		a, err := c.Hook(context.Background(), caller, memory.HookRecord{
			Project: "/src/p", SessionID: sid, OccurredAt: 1000,
			Event: &memory.HookEvent{Type: memory.EventToolUse, SourceID: sid + eventID},
		})
		if err != nil {
			t.Error(err)
		}
		return a
	}
	sessionID = tell("first").SessionID
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() { tell(strconv.Itoa(n)) })
	}
	wg.Go(func() {
		if err := end(c, caller, sid); err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
	return sessionID
}

// Two who change different things of a memory at the same time both get their way.
func TestEditsThatOverlapKeepEachOther(t *testing.T) {
	c, store, caller := onPostgres(t)
	o, err := c.Remember(t.Context(), caller, Note{Project: "p", Content: "as it was"})
	if err != nil {
		t.Fatal(err)
	}
	edit := func(ch Change) {
		if _, err := c.Edit(context.Background(), caller, o.ID, ch); err != nil {
			t.Error(err)
		}
	}
	for round := range 20 {
		kind, content := "kind-"+strconv.Itoa(round), "content "+strconv.Itoa(round)
		var wg sync.WaitGroup
		wg.Go(func() { edit(Change{Kind: &kind}) })
		wg.Go(func() { edit(Change{Content: &content}) })
		wg.Wait()
		got, err := store.Observation(t.Context(), o.Scope(), o.ID)
		if err != nil || got.Kind != kind || got.Content != content {
			t.Fatalf("round %d: %q and %q, %v", round, got.Kind, got.Content, err)
		}
	}
}
