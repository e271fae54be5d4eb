package storagetest

import (
	"errors"

	"claude-mem/memory"
	"claude-mem/storage"
)

// purge removes what the project has from before a time, a few rows a step.
func (f *fixture) purge(s memory.Scope, before memory.Epoch) (all memory.Purged) {
	f.Helper()
	for range 50 {
		var step memory.Purged
		f.tx(func(tx storage.Tx) (err error) {
			step, err = tx.PurgeStep(f.ctx, memory.Scope{TeamID: s.TeamID}, s.ProjectID, before, 3)
			return err
		})
		if step == (memory.Purged{}) {
			return all
		}
		if n := step.Observations + step.Events + step.Sessions + step.Jobs; n > 3 {
			f.Fatalf("a step of at most 3 rows removed %d: %+v", n, step)
		}
		all.Add(step)
	}
	f.Fatal("purging finds no end")
	return all
}

// testPurge checks that a purge removes every row of a project up to its time, the
// entries of the index too, and nothing else; and that whoever worked on a job of
// it cannot write any more.
func testPurge(f *fixture) {
	fill := func(s memory.Scope, name string, at memory.Epoch) memory.Job {
		session := f.putSession(newSession(s, name, at))
		e := f.putEvent(newEvent(s, session.ID, at))
		f.putEvent(newEvent(s, "", at))
		o := newObservation(s, "needle "+name, at)
		o.SessionID = memory.Opt(session.ID)
		f.putObservation(o, memory.Source{SourceType: memory.KindEvent.SourceType(), SourceID: e.ID})
		return f.putJob(newJob(s, memory.KindEvent, e.ID, at))
	}
	inFlight := fill(f.ours, "old", 10)
	fill(f.ours, "older", 5)
	young := fill(f.ours, "young", 20)
	fill(f.ours2, "sibling", 1)
	fill(f.theirs, "stranger", 1)
	// A session that began before the purge and has events from after it.
	bridge := f.putSession(newSession(f.ours, "bridge", 8))
	f.putEvent(newEvent(f.ours, bridge.ID, 30))
	_, err := f.lease(inFlight.ID, "worker", 50, 1000)
	f.ok(err)

	f.same("purged", f.purge(f.ours, 10), memory.Purged{Observations: 2, Events: 4, Sessions: 2, Jobs: 2})

	_, err = f.finish(inFlight.ID, "worker", storage.Outcome{Status: memory.JobCompleted, Result: "observations", At: 60})
	f.fails("a job that is gone cannot be finished", err, memory.ErrConflict)
	f.same("what a search finds", f.find(f.ours, "needle"), []string{"needle young"})
	_, err = f.store.Job(f.ctx, f.ours, young.ID)
	f.ok(err)
	counts, err := f.store.Counts(f.ctx, f.ours)
	f.ok(err)
	f.same("what stays", counts, memory.Counts{Projects: 1, Sessions: 2, Events: 3})
	for _, s := range []memory.Scope{f.ours2, f.theirs} {
		counts, err := f.store.Counts(f.ctx, s)
		f.ok(err)
		f.same("another project", counts, memory.Counts{Projects: 1, Sessions: 1, Events: 2})
	}
	f.same("purged again", f.purge(f.ours, 10), memory.Purged{})
	err = f.store.InTx(f.ctx, func(tx storage.Tx) error {
		_, err := tx.PurgeStep(f.ctx, f.theirs, f.ours.ProjectID, 99, 10)
		return err
	})
	if !errors.Is(err, memory.ErrNotFound) {
		f.Errorf("a stranger's purge: %v", err)
	}
}
