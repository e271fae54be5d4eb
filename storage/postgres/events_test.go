package postgres

import (
	"errors"
	"testing"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// Many events at once are stored like one after the other: some new, some told
// before, some told twice in one breath, of two tenants.
func TestPutEventsIsPutEventOfEach(t *testing.T) {
	s := open(t, Options{})
	ours, theirs := tenant(t, s), tenant(t, s)
	before := event(ours)
	put := func(events ...memory.Event) (stored []storage.StoredEvent) {
		t.Helper()
		err := s.InTx(t.Context(), func(tx storage.Tx) (err error) {
			stored, err = storage.PutEvents(t.Context(), tx, events)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return stored
	}
	put(before)
	again := before
	again.ID = id.New()
	fresh := event(ours)
	twice := fresh
	twice.ID = id.New()
	foreign := event(theirs)
	foreign.DedupeKey = before.DedupeKey
	keyless, keyless2 := event(ours), event(ours)
	keyless.DedupeKey, keyless2.DedupeKey = "", ""
	got := put(again, fresh, twice, fresh, foreign, keyless, keyless2)
	want := []struct {
		id      string
		created bool
	}{{before.ID, false}, {fresh.ID, true}, {fresh.ID, false}, {fresh.ID, false}, {foreign.ID, true}, {keyless.ID, true}, {keyless2.ID, true}}
	for i, w := range want {
		if got[i].ID != w.id || got[i].Created != w.created {
			t.Errorf("event %d: got %s, created %v; want %s, %v", i, got[i].ID, got[i].Created, w.id, w.created)
		}
	}
	if len(put()) != 0 {
		t.Error("no events became some")
	}
}

// The jobs of many new events travel with the next statement, and are there for it.
func TestJobsOfNewEventsAreSeenAtOnce(t *testing.T) {
	s := open(t, Options{})
	scope := tenant(t, s)
	events := []memory.Event{event(scope), event(scope), event(scope)}
	jobs := make([]memory.Job, len(events))
	err := s.InTx(t.Context(), func(tx storage.Tx) error {
		if _, err := storage.PutEvents(t.Context(), tx, events); err != nil {
			return err
		}
		for i, e := range events {
			jobs[i] = job(e)
			if i == 1 { // every field there is
				jobs[i].NextAttemptAt, jobs[i].LockedUntil, jobs[i].LastError, jobs[i].SessionID = 5, 6, "e", "s"
			}
			if _, created, err := tx.PutJob(t.Context(), jobs[i]); err != nil || !created {
				return errors.Join(err, errors.New("not created"))
			}
		}
		second := job(events[0])
		if old, created, err := tx.PutJob(t.Context(), second); err != nil || created || old.ID != jobs[0].ID {
			t.Errorf("a second job for the event: %s, %v, %v", old.ID, created, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range jobs {
		if got, err := s.Job(t.Context(), scope, want.ID); err != nil || got != want {
			t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
		}
	}
}
