package storagetest

import (
	"errors"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// testWalks checks that walks list every row of the scope once, in order, and all there
// is to know of it.
func testWalks(f *fixture) {
	s := f.putSession(newSession(f.ours, "s", 1))
	f.putSession(newSession(f.theirs, "s", 1))
	batch := f.newBatch(s.ID, 1, 100)
	var events []string
	for range 5 {
		e, _, err := f.join(batch, 20, roomy, 150)
		f.ok(err)
		events = append(events, e.ID)
		f.putEvent(newEvent(f.theirs, "", 1))
		f.putEvent(newEvent(f.ours2, "", 1))
	}
	var walked []string
	for after := ""; ; after = walked[len(walked)-1] {
		page, err := f.store.EventsAfter(f.ctx, f.ours, after, 2)
		f.ok(err)
		if len(page) == 0 {
			break
		}
		walked = append(walked, ids(page, func(e memory.Event) string { return e.ID })...)
	}
	f.same("events", walked, events)

	o := f.putObservation(newObservation(f.ours, "one", 1),
		memory.Source{ID: id.New(), SourceType: "a", SourceID: "x", CreatedAt: 3}, memory.Source{ID: id.New(), SourceType: "b", SourceID: "y", JobID: "j", CreatedAt: 4})
	sources, err := f.store.SourcesOf(f.ctx, f.ours, []string{o.ID})
	f.ok(err)
	f.same("sources", ids(sources, func(s memory.Source) string { return s.SourceID }), []string{"x", "y"})
	members, err := f.store.BatchMembers(f.ctx, f.ours, []string{batch.ID})
	f.ok(err)
	f.same("members", ids(members, func(m storage.BatchMember) string { return m.EventID }), events)

	for table, row := range map[storage.Table]string{
		storage.TableSessions: s.ID, storage.TableEvents: events[0], storage.TableJobs: batch.ID, storage.TableObservations: o.ID,
	} {
		owners, err := f.store.Owners(f.ctx, table, []string{row, "nobody's"})
		f.ok(err)
		f.same("owners in "+string(table), owners, map[string]memory.Scope{row: f.ours})
	}
	_, err = f.store.Owners(f.ctx, "teams", nil)
	f.fails("a table that is none", err, memory.ErrValidation)
	teams, err := f.store.TeamsAfter(f.ctx, "", 9)
	f.ok(err)
	f.same("teams", ids(teams, func(t memory.Team) string { return t.Name }), []string{"ours", "theirs"})
}

// testRestore checks that what another store had is stored as it was.
func testRestore(f *fixture) {
	first := f.putObservation(newObservation(f.ours, "alike", 1))
	o := newObservation(f.ours, "alike", 2)
	o.Number, o.GenerationKey = first.Number+100, "key"
	restore := func(o memory.Observation) (stored memory.Observation, created bool) {
		f.tx(func(tx storage.Tx) (err error) { stored, created, err = tx.RestoreObservation(f.ctx, o); return err })
		return stored, created
	}
	stored, created := restore(o)
	f.same("stored", stored, o)
	f.same("created", created, true)
	alike, err := f.store.Observation(f.ctx, f.ours, first.ID)
	f.ok(err)
	f.same("one alike", alike.SupersededBy, memory.Opt(""))
	f.same("found", len(f.find(f.ours, "alike")), 2)

	again := o
	again.ID = id.New()
	stored, created = restore(again)
	f.same("of the same key", stored, o)
	f.same("created again", created, false)

	taken := newObservation(f.ours, "another", 2)
	taken.Number = o.Number
	stored, _ = restore(taken)
	if stored.Number <= o.Number {
		f.Errorf("a taken number became %d, want one above %d", stored.Number, o.Number)
	}
	if next := f.putObservation(newObservation(f.ours, "next", 3)); next.Number <= stored.Number {
		f.Errorf("the next one has number %d, want one above %d", next.Number, stored.Number)
	}
	below := newObservation(f.ours, "below", 2)
	below.Number = o.Number - 1
	stored, _ = restore(below)
	f.same("a free number below", stored.Number, below.Number)

	j := newJob(f.ours, memory.KindSummary, "s", 1)
	j.Retries = 3
	f.putJob(j)
	got, err := f.store.Job(f.ctx, f.ours, j.ID)
	f.ok(err)
	f.same("retries", got.Retries, 3)
}

// testView checks that a view stays as it was when it began, and holds up nobody.
func testView(f *fixture) {
	f.putObservation(newObservation(f.ours, "before", 1))
	failure := errors.New("failure")
	err := f.store.View(f.ctx, func(r storage.Reader) error {
		f.putObservation(newObservation(f.ours, "meanwhile", 2))
		seen, err := r.ObservationsAfter(f.ctx, f.ours, 0, 9)
		f.ok(err)
		f.same("seen", ids(seen, memory.Observation.Title), []string{"before"})
		return failure
	})
	f.fails("what the function returned", err, failure)
	seen, err := f.store.ObservationsAfter(f.ctx, f.ours, 0, 9)
	f.ok(err)
	f.same("seen afterwards", ids(seen, memory.Observation.Title), []string{"before", "meanwhile"})
}

// reachesOfExchange are the cases of walks.
func reachesOfExchange() map[string]reach {
	return map[string]reach{
		"ProjectsAfter": func(a attempt) (bool, error) {
			list, err := a.ProjectsAfter(a.ctx, a.in, "", 99)
			for _, p := range list {
				if p.ID == a.job.ProjectID {
					return true, err
				}
			}
			return false, err
		},
		"SessionsAfter":     func(a attempt) (bool, error) { return some(a.SessionsAfter(a.ctx, a.in, "", 9)) },
		"EventsAfter":       func(a attempt) (bool, error) { return some(a.EventsAfter(a.ctx, a.in, "", 9)) },
		"JobsAfter":         func(a attempt) (bool, error) { return some(a.JobsAfter(a.ctx, a.in, "", 9)) },
		"ObservationsAfter": func(a attempt) (bool, error) { return some(a.ObservationsAfter(a.ctx, a.in, 0, 9)) },
		"SourcesOf":         func(a attempt) (bool, error) { return some(a.SourcesOf(a.ctx, a.in, []string{a.summary.ID})) },
		"BatchMembers":      func(a attempt) (bool, error) { return some(a.BatchMembers(a.ctx, a.in, []string{a.batch.ID})) },
	}
}
