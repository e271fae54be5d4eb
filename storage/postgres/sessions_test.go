package postgres

import (
	"testing"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// going makes a session that has not ended.
func going(t *testing.T, s *Store, scope memory.Scope) memory.Session {
	t.Helper()
	in := memory.Session{ID: id.New(), TeamID: scope.TeamID, ProjectID: scope.ProjectID, DedupeKey: id.New(),
		GenerationStatus: "idle", StartedAt: 1, CreatedAt: 1, UpdatedAt: 1}
	err := s.InTx(t.Context(), func(tx storage.Tx) (err error) {
		in, _, err = tx.EnsureSession(t.Context(), in)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// end ends the session as capture does, and tells how many events it has then.
func end(t *testing.T, s *Store, session memory.Session) (events int64, err error) {
	t.Helper()
	err = s.InTx(t.Context(), func(tx storage.Tx) error {
		if _, err := tx.HoldSession(t.Context(), session.Scope(), session.ID); err != nil {
			return err
		}
		if events, err = tx.CountSessionEvents(t.Context(), session.Scope(), session.ID); err != nil {
			return err
		}
		_, err = tx.EndSession(t.Context(), session.Scope(), session.ID, 9)
		return err
	})
	return events, err
}

// A draft reads its session before its event is stored: an end that comes in between
// does not count the event, so that the transaction has to know of the end.
func TestADraftSeesAnEndThatOvertookIt(t *testing.T) {
	s := open(t, Options{})
	scope := tenant(t, s)
	for name, before := range map[string]func(tx storage.Tx) error{
		"stored with others": func(storage.Tx) error { return nil },
		"stored on the way": func(tx storage.Tx) error {
			_, err := tx.CountSessionEvents(t.Context(), scope, "another")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			session := going(t, s, scope)
			e := event(scope)
			e.SessionID = memory.Opt(session.ID)
			var seen memory.Session
			runs := 0
			err := s.InTx(t.Context(), func(tx storage.Tx) (err error) {
				runs++
				if _, _, err = tx.PutEvent(t.Context(), e); err != nil {
					return err
				}
				if seen, err = tx.Session(t.Context(), scope, session.ID); err != nil {
					return err
				}
				if runs == 1 {
					if n, err := end(t, s, session); err != nil || n != 0 {
						t.Errorf("the end counts %d events, %v", n, err)
					}
				}
				return before(tx)
			})
			if err != nil || runs != 2 || seen.EndedAt != 9 {
				t.Errorf("%d runs, the last of which saw an end at %d, %v", runs, seen.EndedAt, err)
			}
			if n, _ := transactions(t, s, e); n != 1 {
				t.Errorf("the event is stored %d times", n)
			}
		})
	}
}

// Whoever ends a session counts the events that were being stored meanwhile.
func TestAnEndWaitsForEventsUnderWay(t *testing.T) {
	s := open(t, Options{})
	scope := tenant(t, s)
	session := going(t, s, scope)
	e := event(scope)
	e.SessionID = memory.Opt(session.ID)
	var counted int64
	var ended chan error
	err := s.InTx(t.Context(), func(tx storage.Tx) error {
		if err := putTeam(t.Context(), tx, "no draft"); err != nil {
			return err
		}
		if _, _, err := tx.PutEvent(t.Context(), e); err != nil {
			return err
		}
		ended = inBackground(func() (err error) {
			counted, err = end(t, s, session)
			return err
		})
		await(t, func() bool { return len(ended) > 0 || sleepers(t, s) > 0 })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil || counted != 1 {
		t.Errorf("the end counts %d events, %v", counted, err)
	}
}

// sleepers counts the statements that wait for another transaction to end.
func sleepers(t *testing.T, s *Store) int64 {
	t.Helper()
	n, err := one(t.Context(), s.q, "count", value[int64], sql(`SELECT COUNT(*) FROM pg_stat_activity
		WHERE datname = current_database() AND wait_event_type = 'Lock'`))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
