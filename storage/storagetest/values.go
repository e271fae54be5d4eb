package storagetest

import (
	"encoding/json"
	"strings"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// oddTexts are texts that something on the way could stumble over.
func oddTexts() []string {
	return []string{
		" ", "  leading and trailing  ", "quote ' double \" back \\ percent % under _", "line\r\nbreak\ttab", "'; DROP TABLE teams; --",
		"NULL", "0", "1e3", "true", "ünïcödé", "日本語", "עברית", "👩‍👩‍👧 emoji", "e\u0301 and é", "\u2028\u2029\u00a0\ufeff", "\U0010ffff",
		"$1 ? :name @p", "{json}", `\u0000`, "\x01\x7f", strings.Repeat("long ", 40_000),
	}
}

// testValues checks that odd texts come back as they were.
func testValues(f *fixture) {
	for _, text := range oddTexts() {
		short := text[:min(len(text), 200)]
		s := newSession(f.ours, short, 1)
		s.ContentSessionID, s.AgentID, s.PlatformSource = memory.Opt(short), memory.Opt(text), memory.Opt(text)
		s = f.putSession(s)
		got, err := f.store.SessionByExternalID(f.ctx, f.ours, short)
		f.ok(err)
		f.same("session", got, s)

		e := newEvent(f.ours, s.ID, 1)
		e.EventType, e.SourceEventID, e.DedupeKey = short, memory.Opt(text), short
		e.Payload, _ = json.Marshal(map[string]string{"text": text})
		e = f.putEvent(e)
		read, err := f.store.Event(f.ctx, f.ours, e.ID)
		f.ok(err)
		f.same("event", read, e)

		o := newObservation(f.ours, short, 1)
		o.Content, o.Metadata.Facts, o.Metadata.FilesRead = text, []string{text, ""}, []string{short}
		o = f.putObservation(o)
		back, err := f.store.Observation(f.ctx, f.ours, o.ID)
		f.ok(err)
		f.same("observation", back, o)
		list, err := f.store.Observations(f.ctx, f.ours, storage.ObservationFilter{Files: []string{short}}, storage.Page{})
		f.ok(err)
		f.same("found by its file", ids(list, func(o memory.Observation) string { return o.ID }), []string{o.ID})
	}
	f.absent()
	f.times()
}

// absent checks that what is absent comes back absent.
func (f *fixture) absent() {
	f.Helper()
	for _, c := range []struct{ stored, want string }{
		{"", ""}, {"null", "null"}, {"{}", "{}"}, {"[]", "[]"}, {`"text"`, `"text"`}, {"12345678901234567890.5", "12345678901234567890.5"},
		{`{"b":1, "a":{"é":[null]}}`, `{"b":1, "a":{"é":[null]}}`},
	} {
		e := newEvent(f.ours, "", 1)
		e.Payload = json.RawMessage(c.stored)
		f.putEvent(e)
		got, err := f.store.Event(f.ctx, f.ours, e.ID)
		f.ok(err)
		f.same("payload", string(got.Payload), c.want)
		f.same("an absent object is an empty one", string(got.Metadata), "{}")
	}
	bare := f.putSession(memory.Session{ID: id.New(), TeamID: f.ours.TeamID, ProjectID: f.ours.ProjectID, DedupeKey: "bare"})
	got, err := f.store.Session(f.ctx, f.ours, bare.ID)
	f.ok(err)
	f.same("a session of nothing", got, bare)
	o := f.putObservation(memory.Observation{ID: id.New(), TeamID: f.ours.TeamID, ProjectID: f.ours.ProjectID})
	back, err := f.store.Observation(f.ctx, f.ours, o.ID)
	f.ok(err)
	f.same("an observation of nothing", back, o)

	// Without a key nothing is the same.
	for range 2 {
		e := newEvent(f.ours, "", 1)
		e.DedupeKey = ""
		f.tx(func(tx storage.Tx) error {
			_, created, err := tx.PutEvent(f.ctx, e)
			f.same("an event without a dedupe key is new", created, true)
			return err
		})
	}
}

// times checks that times keep their milliseconds over the whole range.
func (f *fixture) times() {
	f.Helper()
	for _, at := range []memory.Epoch{0, 1, 999, 1_700_000_000_123, 1<<53 - 1} {
		e := newEvent(f.ours, "", at)
		e = f.putEvent(e)
		got, err := f.store.Event(f.ctx, f.ours, e.ID)
		f.ok(err)
		f.same("time", got, e)
	}
}

// testConflicts checks what a row that cannot be is answered with. Each is tried
// in a transaction of its own, for some engines end one with its first error.
func testConflicts(f *fixture) {
	e := f.putEvent(newEvent(f.ours, "", 1))
	s := f.putSession(newSession(f.ours, "s", 1))
	j := f.putJob(newJob(f.ours, memory.KindEvent, e.ID, 1))
	o := f.putObservation(newObservation(f.ours, "o", 1))
	k := newKey(f.ours, "k", 1)
	entry := memory.AuditEntry{ID: id.New(), TeamID: f.ours.TeamID, Action: "a", ResourceType: "t", CreatedAt: 1}
	f.tx(func(tx storage.Tx) error {
		f.ok(tx.PutKey(f.ctx, k))
		return tx.PutAudit(f.ctx, entry)
	})
	for _, c := range []struct {
		what string
		put  func(tx storage.Tx) error
		want error
	}{
		{"a key's id", func(tx storage.Tx) error { k := k; k.Hash = "new"; return tx.PutKey(f.ctx, k) }, memory.ErrConflict},
		{"a key's hash", func(tx storage.Tx) error { k := k; k.ID = id.New(); return tx.PutKey(f.ctx, k) }, memory.ErrConflict},
		{"an audit entry's id", func(tx storage.Tx) error { return tx.PutAudit(f.ctx, entry) }, memory.ErrConflict},
		{"an event's id", func(tx storage.Tx) error { e := e; e.DedupeKey = "n"; _, _, err := tx.PutEvent(f.ctx, e); return err }, memory.ErrConflict},
		{"a session's id", func(tx storage.Tx) error {
			s := s
			s.DedupeKey = "n"
			_, _, err := tx.EnsureSession(f.ctx, s)
			return err
		}, memory.ErrConflict},
		{"a job's id", func(tx storage.Tx) error { j := j; j.SourceID = "n"; _, _, err := tx.PutJob(f.ctx, j); return err }, memory.ErrConflict},
		{"an observation's id", func(tx storage.Tx) error { _, _, err := tx.PutObservation(f.ctx, o); return err }, memory.ErrConflict},
		{"a project's id", func(tx storage.Tx) error {
			_, err := tx.EnsureProject(f.ctx, memory.Project{ID: f.ours.ProjectID, TeamID: f.ours.TeamID, Name: "n"})
			return err
		}, memory.ErrConflict},
		{"a team's id", func(tx storage.Tx) error {
			_, err := tx.EnsureTeam(f.ctx, memory.Team{ID: f.ours.TeamID, Name: "n"})
			return err
		}, memory.ErrConflict},
		{"one source twice", func(tx storage.Tx) error {
			src := memory.Source{SourceType: "t", SourceID: "x"}
			_, _, err := tx.PutObservation(f.ctx, newObservation(f.ours, "o", 1), src, src)
			return err
		}, memory.ErrConflict},
		{"no such project", func(tx storage.Tx) error {
			_, _, err := tx.PutEvent(f.ctx, newEvent(memory.Scope{TeamID: f.ours.TeamID, ProjectID: "no"}, "", 1))
			return err
		}, memory.ErrNotFound},
		{"a project of another team", func(tx storage.Tx) error {
			_, _, err := tx.PutEvent(f.ctx, newEvent(memory.Scope{TeamID: f.theirs.TeamID, ProjectID: f.ours.ProjectID}, "", 1))
			return err
		}, memory.ErrNotFound},
		{"no such session", func(tx storage.Tx) error { _, _, err := tx.PutEvent(f.ctx, newEvent(f.ours, "no", 1)); return err }, memory.ErrNotFound},
		{"a session of another project", func(tx storage.Tx) error {
			_, _, err := tx.PutEvent(f.ctx, newEvent(f.ours2, s.ID, 1))
			return err
		}, memory.ErrNotFound},
		{"no such team", func(tx storage.Tx) error {
			_, err := tx.EnsureProject(f.ctx, memory.Project{ID: id.New(), TeamID: "no", Name: "n"})
			return err
		}, memory.ErrNotFound},
	} {
		f.fails(c.what, f.store.InTx(f.ctx, c.put), c.want)
	}
}
