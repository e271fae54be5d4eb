package storagetest

import (
	"sync"

	"claude-mem/memory"
	"claude-mem/storage"
)

// testSummaries checks that of a session's summaries the one counts whose job has
// the highest revision, in whatever order they come, or all at once.
func testSummaries(f *fixture) {
	empty := f.putSession(newSession(f.ours, "empty", 1))
	f.tx(func(tx storage.Tx) error { return tx.SupersedeSummaries(f.ctx, f.ours, empty.ID) })

	s := f.putSession(newSession(f.ours, "s", 1))
	for _, c := range []struct{ revision, newest int64 }{{2, 2}, {7, 7}, {4, 7}, {9, 9}, {9, 9}, {3, 9}} {
		f.ok(f.summarise(f.summary(s, c.revision)))
		got, superseded := f.summaries(s)
		f.same("the one that counts", got, []int64{c.newest})
		for _, o := range superseded {
			by, err := f.store.Observation(f.ctx, f.ours, string(o.SupersededBy))
			f.ok(err)
			f.same("superseded by", int64(by.OccurredAt), c.newest)
		}
	}
	_, superseded := f.summaries(s)
	f.same("the others are kept", len(superseded), 5)

	f.newestGone(s)

	s = f.putSession(newSession(f.ours, "at once", 1))
	const rounds, each = 10, 4
	for round := range rounds {
		var wg sync.WaitGroup
		for i := range each {
			o := f.summary(s, int64(round*each+i+1))
			wg.Go(func() {
				if err := f.summarise(o); err != nil {
					f.Errorf("summarise: %v", err)
				}
			})
		}
		wg.Wait()
		got, _ := f.summaries(s)
		f.same("one of those that came at once", got, []int64{int64((round + 1) * each)})
	}
}

// newestGone checks that the one before counts again when the newest is deleted.
func (f *fixture) newestGone(s memory.Session) {
	f.Helper()
	for _, next := range []int64{9, 7} { // two have revision 9
		f.tx(func(tx storage.Tx) error {
			all, err := tx.Observations(f.ctx, f.ours, storage.ObservationFilter{SessionID: s.ID, WithoutSuperseded: true}, storage.Page{})
			f.ok(err)
			f.ok(tx.DeleteObservation(f.ctx, f.ours, all[0].ID))
			return tx.SupersedeSummaries(f.ctx, f.ours, s.ID)
		})
		got, _ := f.summaries(s)
		f.same("what counts when the newest is gone", got, []int64{next})
	}
}

// summary makes a summary, with its job; the revision stands for its time as well.
func (f *fixture) summary(s memory.Session, revision int64) memory.Observation {
	f.Helper()
	j := newJob(f.ours, memory.KindSummary, s.ID, 1)
	j.Revision = revision
	j = f.putJob(j)
	o := newObservation(f.ours, "all of it", memory.Epoch(revision))
	o.Kind, o.SessionID, o.CreatedByJob = memory.KindSummaryObservation, memory.Opt(s.ID), memory.Opt(j.ID)
	return o
}

// summarise stores a summary as a worker does.
func (f *fixture) summarise(o memory.Observation) error {
	return f.store.InTx(f.ctx, func(tx storage.Tx) error {
		if _, _, err := tx.PutObservation(f.ctx, o); err != nil {
			return err
		}
		return tx.SupersedeSummaries(f.ctx, f.ours, string(o.SessionID))
	})
}

// summaries returns the revisions of those summaries that count, and the others.
func (f *fixture) summaries(s memory.Session) (count []int64, superseded []memory.Observation) {
	f.Helper()
	all, err := f.store.Observations(f.ctx, f.ours, storage.ObservationFilter{SessionID: s.ID}, storage.Page{})
	f.ok(err)
	for _, o := range all {
		if o.SupersededBy == "" {
			count = append(count, int64(o.OccurredAt))
		} else {
			superseded = append(superseded, o)
		}
	}
	return count, superseded
}
