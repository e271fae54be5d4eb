package storagetest

import (
	"cmp"
	"slices"

	"claude-mem/memory"
	"claude-mem/storage"
)

// testSessions checks that every way to name a session leads to the same one: a
// session resolved on one path and not on another once lost its events.
func testSessions(f *fixture) {
	s := newSession(f.ours, "ext", 10)
	s.ContentSessionID, s.AgentID, s.AgentType, s.PlatformSource = "content", "agent", "type", "claude-code"
	s.Metadata = []byte(`{"a": [1, 2]}`)
	f.tx(func(tx storage.Tx) error {
		got, created, err := tx.EnsureSession(f.ctx, s)
		f.ok(err)
		f.same("made", got, s)
		f.same("created", created, true)

		again := newSession(f.ours, "ext", 99)
		got, created, err = tx.EnsureSession(f.ctx, again)
		f.ok(err)
		f.same("the same key finds the session", got, s)
		f.same("created again", created, false)

		_, created, err = tx.EnsureSession(f.ctx, newSession(f.ours2, "ext", 11))
		f.ok(err)
		f.same("the key of another project is another key", created, true)
		return nil
	})
	find := map[string]func() (memory.Session, error){
		"by id":          func() (memory.Session, error) { return f.store.Session(f.ctx, f.ours, s.ID) },
		"by external id": func() (memory.Session, error) { return f.store.SessionByExternalID(f.ctx, f.ours, "ext") },
		"by content id":  func() (memory.Session, error) { return f.store.SessionByContentID(f.ctx, f.ours, "content") },
	}
	for how, get := range find {
		got, err := get()
		f.ok(err)
		f.same(how, got, s)
	}
	_, err := f.store.SessionByExternalID(f.ctx, f.ours, "")
	f.fails("no external id finds nothing", err, memory.ErrNotFound)

	// Asked for the whole team, the newest of several wins.
	got, err := f.store.SessionByExternalID(f.ctx, memory.Scope{TeamID: f.ours.TeamID}, "ext")
	f.ok(err)
	f.same("the newest of the team", got.ProjectID, f.ours2.ProjectID)

	f.endsOnce(s)
	f.generates(s)

	for i := range 3 { // two of one time
		f.putSession(newSession(f.ours, nth("list", i), memory.Epoch(20+i/2)))
	}
	list, err := f.store.Sessions(f.ctx, f.ours, storage.Page{})
	f.ok(err)
	f.same("sessions, newest first, then by id", ids(list, func(s memory.Session) string { return string(s.ExternalSessionID) }),
		[]string{"list-002", "list-001", "list-000", "ext"})
}

// endsOnce checks that the first end of a session counts: hosts tell it twice.
func (f *fixture) endsOnce(s memory.Session) {
	f.Helper()
	f.tx(func(tx storage.Tx) error {
		held, err := tx.HoldSession(f.ctx, f.ours, s.ID)
		f.ok(err)
		f.same("held", held, s)
		_, err = tx.HoldSession(f.ctx, f.ours, "nothing")
		f.fails("holding nothing", err, memory.ErrNotFound)
		got, err := tx.EndSession(f.ctx, f.ours, s.ID, 30)
		f.ok(err)
		f.same("ended at", got.EndedAt, memory.Epoch(30))
		got, err = tx.EndSession(f.ctx, f.ours, s.ID, 40)
		f.ok(err)
		f.same("ended again", got.EndedAt, memory.Epoch(30))
		late := newSession(f.ours2, "told late", 50)
		late, _, err = tx.EnsureSession(f.ctx, late)
		f.ok(err)
		got, err = tx.EndSession(f.ctx, f.ours2, late.ID, 45)
		f.ok(err)
		f.same("ended before it was heard of", got.EndedAt, memory.Epoch(45))
		f.same("last changed", got.UpdatedAt, late.UpdatedAt)
		_, err = tx.EndSession(f.ctx, f.ours, "nothing", 40)
		f.fails("ending nothing", err, memory.ErrNotFound)
		return nil
	})
}

// generates checks that the status can change without touching when the session
// was last generated.
func (f *fixture) generates(s memory.Session) {
	f.Helper()
	f.tx(func(tx storage.Tx) error {
		f.ok(tx.SetSessionGeneration(f.ctx, f.ours, s.ID, "processing", 0))
		f.ok(tx.SetSessionGeneration(f.ctx, f.ours, s.ID, "idle", 70))
		f.ok(tx.SetSessionGeneration(f.ctx, f.ours, s.ID, "queued", 0))
		got, err := tx.Session(f.ctx, f.ours, s.ID)
		f.ok(err)
		f.same("generation status", got.GenerationStatus, "queued")
		f.same("a zero time leaves the last one", got.LastGeneratedAt, memory.Epoch(70))
		f.fails("a missing session", tx.SetSessionGeneration(f.ctx, f.ours, "nothing", "idle", 0), memory.ErrNotFound)
		return nil
	})
}

// testSessionDigests checks what is counted of a session, and that nothing of another
// session is.
func testSessionDigests(f *fixture) {
	busy, idle := f.putSession(newSession(f.ours, "busy", 1)), f.putSession(newSession(f.ours, "idle", 2))
	second := f.putEvent(prompt(f.ours, busy.ID, 5))
	first := f.putEvent(prompt(f.ours, busy.ID, 3))
	for at := range 3 {
		e := newEvent(f.ours, busy.ID, memory.Epoch(6+at))
		e.EventType = memory.EventToolUse
		f.putEvent(e)
	}
	said := newEvent(f.ours, busy.ID, 9)
	said.EventType = memory.EventAssistantMessage
	f.putEvent(said)
	f.putEvent(prompt(f.ours, "", 1)) // of no session
	summary := func(title string) memory.Observation {
		o := newObservation(f.ours, title, 9)
		o.Kind, o.SessionID = memory.KindSummaryObservation, memory.Opt(busy.ID)
		return f.putObservation(o)
	}
	found := newObservation(f.ours, "found", 6)
	found.SessionID = memory.Opt(busy.ID)
	f.putObservation(found)
	summary("after the first turn")
	newest := summary("after the last turn")
	f.tx(func(tx storage.Tx) error { return tx.SupersedeSummaries(f.ctx, f.ours, busy.ID) })

	got, err := f.store.SessionDigests(f.ctx, f.ours, []string{idle.ID, busy.ID, "nothing", busy.ID})
	f.ok(err)
	want := map[string]memory.SessionDigest{
		idle.ID: {SessionID: idle.ID},
		busy.ID: {SessionID: busy.ID, Prompts: 2, ToolCalls: 3, Observations: 2, Summary: newest.Number, FirstPrompt: first.ID, LastEventAt: 9},
	}
	f.same("as many as there are", len(got), len(want))
	for _, d := range got {
		f.same("digest", d, want[d.SessionID])
	}
	f.same("in the order of ids", slices.IsSortedFunc(got, func(a, b memory.SessionDigest) int {
		return cmp.Compare(a.SessionID, b.SessionID)
	}), true)
	f.same("the later prompt is not the first", second.ID == first.ID, false)
	none, err := f.store.SessionDigests(f.ctx, f.ours, nil)
	f.ok(err)
	f.same("of no sessions", len(none), 0)
}
