package storagetest

import (
	"sync"

	"claude-mem/memory"
	"claude-mem/storage"
)

// roomy is a batch that never gets full.
var roomy = storage.BatchLimits{Events: 1000, Bytes: 1 << 30}

// newBatch stores a batch of the session that is due at a time.
func (f *fixture) newBatch(session string, revision int64, due memory.Epoch) memory.Job {
	f.Helper()
	j := newJob(f.ours, memory.KindBatch, session, 10)
	j.Revision, j.NextAttemptAt, j.SessionID = revision, due, memory.Opt(session)
	return f.putJob(j)
}

// join stores an event and makes it part of the batch.
func (f *fixture) join(j memory.Job, at memory.Epoch, l storage.BatchLimits, due memory.Epoch) (e memory.Event, joined memory.Job, err error) {
	e = newEvent(f.ours, string(j.SessionID), at)
	err = f.store.InTx(f.ctx, func(tx storage.Tx) error {
		if _, _, err := tx.PutEvent(f.ctx, e); err != nil {
			return err
		}
		joined, err = tx.JoinBatch(f.ctx, j, e, l, due)
		return err
	})
	return e, joined, err
}

// testBatches checks that a batch takes events while it waits, and none once it is
// full or worked on: membership is decided with the event.
func testBatches(f *fixture) {
	s := f.putSession(newSession(f.ours, "s", 1))
	j := f.newBatch(s.ID, 1, 100)
	second, joined, err := f.join(j, 20, roomy, 150)
	f.ok(err)
	f.same("put off", joined.NextAttemptAt, memory.Epoch(150))
	first, joined, err := f.join(j, 15, roomy, 120)
	f.ok(err)
	f.same("not brought forward", joined.NextAttemptAt, memory.Epoch(150))

	events, err := f.store.BatchEvents(f.ctx, f.ours, j.ID)
	f.ok(err)
	eventID := func(e memory.Event) string { return e.ID }
	f.same("events as they occurred", ids(events, eventID), []string{first.ID, second.ID})
	owed, err := f.store.BatchOfEvent(f.ctx, f.ours, first.ID)
	f.ok(err)
	f.same("who owes the event", owed.ID, j.ID)
	f.tx(func(tx storage.Tx) error {
		n, bytes, err := tx.BatchSize(f.ctx, j)
		f.ok(err)
		f.same("events", n, 2)
		f.same("bytes", bytes, int64(2*len(first.Payload)))
		return nil
	})
	lost, _, err := f.join(j, 30, storage.BatchLimits{Events: 2, Bytes: 1 << 30}, 160)
	f.fails("a batch with enough events", err, memory.ErrConflict)
	_, _, err = f.join(j, 31, storage.BatchLimits{Events: 9, Bytes: 1}, 160)
	f.fails("a batch with enough bytes", err, memory.ErrConflict)
	_, err = f.store.Event(f.ctx, f.ours, lost.ID)
	f.fails("the event of the failed transaction", err, memory.ErrNotFound)

	_, err = f.lease(j.ID, "one", 149, 1000)
	f.fails("leasing before the time", err, memory.ErrConflict)
	_, err = f.lease(j.ID, "one", 150, 1000)
	f.ok(err)
	_, _, err = f.join(j, 32, roomy, 500)
	f.fails("a batch that is worked on", err, memory.ErrConflict)
	_, err = f.finish(j.ID, "one", storage.Outcome{Status: memory.JobQueued, LastError: "no", NextAttemptAt: 300, At: 200})
	f.ok(err)
	_, _, err = f.join(j, 33, roomy, 500)
	f.fails("a batch that was tried", err, memory.ErrConflict)
}

// testWaking checks that what waits for a session's end can be put off and woken,
// but not what waits after a failure.
func testWaking(f *fixture) {
	s := f.putSession(newSession(f.ours, "s", 1))
	waiting := f.newBatch(s.ID, 1, 1000)
	failed := f.newBatch(s.ID, 2, 50)
	_, err := f.lease(failed.ID, "one", 60, 1000)
	f.ok(err)
	_, err = f.finish(failed.ID, "one", storage.Outcome{Status: memory.JobQueued, LastError: "no", NextAttemptAt: 900, At: 70})
	f.ok(err)
	announced := f.newBatch(s.ID, 3, 0)
	f.tx(func(tx storage.Tx) error {
		for _, j := range []memory.Job{waiting, failed, announced} {
			f.ok(tx.PostponeJob(f.ctx, j, 2000))
			f.ok(tx.PostponeJob(f.ctx, j, 1500))
		}
		return nil
	})
	for _, c := range []struct {
		job  memory.Job
		want memory.Epoch
	}{{waiting, 2000}, {failed, 900}, {announced, 0}} {
		got, err := f.store.Job(f.ctx, f.ours, c.job.ID)
		f.ok(err)
		f.same("due", got.NextAttemptAt, c.want)
	}
	f.tx(func(tx storage.Tx) error {
		woken, err := tx.WakeJobs(f.ctx, f.ours, s.ID, 80)
		f.ok(err)
		f.same("woken", ids(woken, func(j memory.Job) string { return j.ID }), []string{waiting.ID})
		again, err := tx.WakeJobs(f.ctx, f.ours, s.ID, 81)
		f.ok(err)
		f.same("woken again", len(again), 0)
		return nil
	})
	_, err = f.lease(waiting.ID, "one", 80, 1000)
	f.ok(err)
}

// testDeferring checks that a job that waits, for its turn or its time, can be put
// off, and that one that is worked on cannot.
func testDeferring(f *fixture) {
	waiting := f.putJob(newJob(f.ours, memory.KindEvent, "waiting", 1))
	taken := f.putJob(newJob(f.ours, memory.KindEvent, "taken", 1))
	_, err := f.lease(taken.ID, "one", 5, 100)
	f.ok(err)
	f.tx(func(tx storage.Tx) error {
		f.ok(tx.DeferJob(f.ctx, waiting, 50, "no money"))
		foreign := waiting
		foreign.TeamID, foreign.ProjectID = f.theirs.TeamID, f.theirs.ProjectID
		f.ok(tx.DeferJob(f.ctx, foreign, 90, "not ours"))
		return tx.DeferJob(f.ctx, taken, 50, "no money")
	})
	got, err := f.store.Job(f.ctx, f.ours, waiting.ID)
	f.ok(err)
	f.same("put off", []any{got.NextAttemptAt, got.LastError, got.Attempts}, []any{memory.Epoch(50), memory.Opt("no money"), 0})
	_, err = f.lease(waiting.ID, "one", 49, 100)
	f.fails("leasing before the time", err, memory.ErrConflict)
	resume := func(project string, reasons ...string) (n int64) {
		f.tx(func(tx storage.Tx) (err error) { n, err = tx.ResumeJobs(f.ctx, project, 20, reasons...); return err })
		return n
	}
	f.same("for another reason", resume(f.ours.ProjectID, "no time", "no will", "o money", "no money at all", "no_money", "%"), int64(0))
	f.same("of another project", resume(f.ours2.ProjectID, "no money"), int64(0))
	f.same("of ours", resume(f.ours.ProjectID, "no time", "no mon"), int64(1))
	f.same("already due", resume(f.ours.ProjectID, "no money"), int64(0))
	f.tx(func(tx storage.Tx) error { return tx.DeferJob(f.ctx, waiting, 50, "no money") })
	f.same("of all", resume("", "no money"), int64(1))
	_, err = f.lease(waiting.ID, "one", 20, 100)
	f.ok(err)
	got, err = f.store.Job(f.ctx, f.ours, taken.ID)
	f.ok(err)
	f.same("worked on", []any{got.NextAttemptAt, got.LastError}, []any{memory.Epoch(0), memory.Opt("")})
}

// testBatchBooks checks that the account is of events, each of which stands where
// its batch does, or where its own result says.
func testBatchBooks(f *fixture) {
	s := f.putSession(newSession(f.ours, "s", 1))
	books := func() memory.Books {
		b, err := f.store.Books(f.ctx, f.ours)
		f.ok(err)
		return b
	}
	j := f.newBatch(s.ID, 1, 10)
	var events []memory.Event
	for i := range 3 {
		e, _, err := f.join(j, memory.Epoch(11+i), roomy, 10)
		f.ok(err)
		events = append(events, e)
	}
	failing := f.newBatch(s.ID, 2, 10)
	_, _, err := f.join(failing, 20, roomy, 10)
	f.ok(err)
	f.same("while they wait", books(), memory.Books{EventsAsked: 4, Queued: 4})
	for _, job := range []memory.Job{j, failing} {
		_, err = f.lease(job.ID, "one", 30, 1000)
		f.ok(err)
	}
	f.same("while they are worked on", books(), memory.Books{EventsAsked: 4, Processing: 4})
	_, err = f.finish(failing.ID, "one", storage.Outcome{Status: memory.JobFailed, LastError: "no", At: 40})
	f.ok(err)
	f.tx(func(tx storage.Tx) error {
		done, err := tx.FinishJob(f.ctx, j.ID, "one", storage.Outcome{Status: memory.JobCompleted, Result: "observations", At: 40})
		f.ok(err)
		return tx.SetBatchResults(f.ctx, done,
			storage.BatchResult{EventID: events[0].ID, Result: "observations"},
			storage.BatchResult{EventID: events[1].ID, Result: "skipped: it says nothing"})
	})
	half := memory.Books{EventsAsked: 4, Written: 1, Skipped: 1, Failed: 1}
	f.same("with an event that was forgotten", books(), half)
	f.same("they do not close", books().Closed(), false)
	f.tx(func(tx storage.Tx) error {
		return tx.SetBatchResults(f.ctx, j, storage.BatchResult{EventID: events[2].ID, Result: "observations"})
	})
	f.same("in the end", books(), memory.Books{EventsAsked: 4, Written: 2, Skipped: 1, Failed: 1})
	b, err := f.store.Books(f.ctx, f.ours2)
	f.ok(err)
	f.same("of another project", b, memory.Books{})
}

// testBatchRace checks that an event which joins while a worker takes the batch is
// in it, or was refused: never in a batch whose events were read without it.
func testBatchRace(f *fixture) {
	s := f.putSession(newSession(f.ours, "s", 1))
	for round := range int64(20) {
		j := f.newBatch(s.ID, round+1, 1)
		var (
			wg     sync.WaitGroup
			joined error
			e      memory.Event
		)
		wg.Go(func() { e, _, joined = f.join(j, memory.Epoch(100+round), roomy, 1) })
		var seen []memory.Event
		_, err := f.lease(j.ID, "one", 50, 1000)
		f.ok(err)
		seen, err = f.store.BatchEvents(f.ctx, f.ours, j.ID)
		f.ok(err)
		wg.Wait()
		if in := len(seen) == 1 && seen[0].ID == e.ID; in != (joined == nil) {
			f.Errorf("round %d: the worker saw %d events, joining ended with %v", round, len(seen), joined)
		}
	}
}
