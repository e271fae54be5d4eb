package storagetest

import (
	"testing"

	"claude-mem/memory"
	"claude-mem/storage"
)

// Upgraded checks a store that an engine's test filled by its first schema and then
// opened, with the rows named here: nothing may be lost, and what is new has to work
// on what is old. Of team t and its project p there are the key k, the session s, its
// events e and e2, the job j of the former, completed with observation o, which has
// number 7, and the job j2 of the latter, queued.
func Upgraded(t *testing.T, s storage.Store) {
	t.Helper()
	ctx, scope := t.Context(), memory.Scope{TeamID: "t", ProjectID: "p"}
	if k, err := s.KeyByHash(ctx, "hash"); err != nil || k.ID != "k" {
		t.Errorf("the key: %+v, %v", k, err)
	}
	if e, err := s.Event(ctx, scope, "e"); err != nil || e.SessionID != "s" || string(e.Payload) != `{"tool_name":"Edit"}` {
		t.Errorf("the event: %+v, %v", e, err)
	}
	if o, err := s.Observation(ctx, scope, "o"); err != nil || o.Number != 7 || o.Title() != "Otters" {
		t.Errorf("the observation: %+v, %v", o, err)
	}
	found, err := s.Matching(ctx, scope, storage.Matching{Clauses: [][]string{{"otter"}, {"hold", "hand"}}})
	if err != nil || len(found) != 2 || len(found[0].Numbers) != 1 || len(found[1].Numbers) != 1 {
		t.Errorf("a search: %v, %v", found, err)
	}
	if b, err := s.Books(ctx, scope); err != nil || !b.Closed() || b.EventsAsked != 2 {
		t.Errorf("the books: %+v, %v", b, err)
	}
	err = s.InTx(ctx, func(tx storage.Tx) error {
		j, err := tx.LeaseJob(ctx, "j2", "w", 10, 20)
		if err != nil {
			return err
		}
		if err := tx.ReserveTokens(ctx, j, "w", 5); err != nil {
			return err
		}
		if _, err := tx.RevokeKey(ctx, memory.Scope{TeamID: "t"}, "k", 9); err != nil {
			return err
		}
		_, err = tx.PurgeStep(ctx, memory.Scope{TeamID: "t"}, "p", 100, 100)
		return err
	})
	if err != nil {
		t.Errorf("work on what was there: %v", err)
	}
	if b, err := s.Books(ctx, scope); err != nil || b.EventsAsked != 0 {
		t.Errorf("the books of an empty project: %+v, %v", b, err)
	}
}
