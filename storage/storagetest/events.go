package storagetest

import (
	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

func eventID(e memory.Event) string { return e.ID }

// testEvents checks that an event told twice is stored once, and that what was
// stored first wins.
func testEvents(f *fixture) {
	s := f.putSession(newSession(f.ours, "s", 1))
	e := newEvent(f.ours, s.ID, 10)
	e.SourceEventID, e.PlatformSource, e.AgentID, e.AgentType = "toolu_1", "claude-code", "sub", "explorer"
	e.Metadata = []byte(`{"n": 1}`)
	f.tx(func(tx storage.Tx) error {
		got, created, err := tx.PutEvent(f.ctx, e)
		f.ok(err)
		f.same("stored", got, e)
		f.same("created", created, true)

		again := e
		again.ID, again.OccurredAt = id.New(), 99
		got, created, err = tx.PutEvent(f.ctx, again)
		f.ok(err)
		f.same("told twice, it is one event", got, e)
		f.same("created again", created, false)

		again.TeamID, again.ProjectID, again.SessionID = f.ours2.TeamID, f.ours2.ProjectID, ""
		_, created, err = tx.PutEvent(f.ctx, again)
		f.ok(err)
		f.same("the key of another project is another key", created, true)
		return nil
	})
	got, err := f.store.Event(f.ctx, f.ours, e.ID)
	f.ok(err)
	f.same("read back", got, e)
	_, err = f.store.Event(f.ctx, f.ours, "nothing")
	f.fails("a missing event", err, memory.ErrNotFound)
	f.manyEvents(e)
	f.eventsInOrder()
}

// manyEvents checks a batch that holds one event twice and one that is there.
func (f *fixture) manyEvents(old memory.Event) {
	f.Helper()
	a, b := newEvent(f.ours, "", 50), newEvent(f.ours, "", 51)
	a.Metadata, b.Metadata = []byte("{}"), []byte("{}")
	twice := a
	twice.ID, twice.OccurredAt = id.New(), 52
	told := old
	told.ID = id.New()
	f.tx(func(tx storage.Tx) error {
		got, err := storage.PutEvents(f.ctx, tx, []memory.Event{a, told, twice, b})
		f.ok(err)
		f.same("many at once, in order", got, []storage.StoredEvent{{Event: a, Created: true}, {Event: old}, {Event: a}, {Event: b, Created: true}})
		got, err = storage.PutEvents(f.ctx, tx, nil)
		f.ok(err)
		f.same("none", len(got), 0)
		return nil
	})
}

// eventsInOrder checks the order of a session's events: by time, then by id.
func (f *fixture) eventsInOrder() {
	f.Helper()
	s := f.putSession(newSession(f.ours, "order", 1))
	late := f.putEvent(newEvent(f.ours, s.ID, 30))
	first, second := newEvent(f.ours, s.ID, 20), newEvent(f.ours, s.ID, 20)
	first.EventType = memory.EventUserPrompt
	f.putEvent(second) // in the wrong order
	f.putEvent(first)
	f.putEvent(newEvent(f.ours, "", 25)) // of no session

	list, err := f.store.SessionEvents(f.ctx, f.ours, s.ID, storage.Page{})
	f.ok(err)
	f.same("in the order they occurred", ids(list, eventID), []string{first.ID, second.ID, late.ID})
	n, err := f.store.CountSessionEvents(f.ctx, f.ours, s.ID)
	f.ok(err)
	f.same("count", n, int64(3))

	f.putEvent(prompt(f.ours2, f.putSession(newSession(f.ours2, "order", 1)).ID, 26)) // of another session
	newest := f.putEvent(prompt(f.ours, s.ID, 40))
	for until, want := range map[memory.Epoch]string{20: first.ID, 30: first.ID, 39: first.ID, 40: newest.ID, 99: newest.ID} {
		got, err := f.store.LastPrompt(f.ctx, f.ours, s.ID, until)
		f.ok(err)
		f.same("the last prompt", got.ID, want)
	}
	before, err := f.store.EventsBefore(f.ctx, f.ours, newest, 2)
	f.ok(err)
	f.same("the nearest before it", ids(before, eventID), []string{late.ID, second.ID})
	before, err = f.store.EventsBefore(f.ctx, f.ours, second, 9)
	f.ok(err)
	f.same("before it at the same time", ids(before, eventID), []string{first.ID})
	before, err = f.store.EventsBefore(f.ctx, f.ours, newEvent(f.ours, "", 99), 9)
	f.ok(err)
	f.same("before one of no session", len(before), 0)
	_, err = f.store.LastPrompt(f.ctx, f.ours, s.ID, 19)
	f.fails("before the first", err, memory.ErrNotFound)
}

func prompt(s memory.Scope, session string, at memory.Epoch) memory.Event {
	e := newEvent(s, session, at)
	e.EventType = memory.EventUserPrompt
	return e
}
