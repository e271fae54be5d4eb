package storagetest

import (
	"claude-mem/memory"
	"claude-mem/storage"
)

// testOperators checks what people do to jobs: a cancel wins over the worker, and
// a job that is queued again has all its attempts.
func testOperators(f *fixture) {
	queued := f.putJob(newJob(f.ours, memory.KindEvent, "queued", 10))
	held := f.putJob(newJob(f.ours, memory.KindEvent, "held", 10))
	_, err := f.lease(held.ID, "one", 100, 200)
	f.ok(err)
	for _, j := range []memory.Job{queued, held} {
		f.tx(func(tx storage.Tx) error {
			got, err := tx.CancelJob(f.ctx, f.ours, j.ID, 150)
			f.ok(err)
			f.same("cancelled", got.Status, memory.JobCancelled)
			f.same("cancelled at", got.CancelledAt, memory.Epoch(150))
			got, err = tx.CancelJob(f.ctx, f.ours, j.ID, 160)
			f.ok(err)
			f.same("cancelled again", got.CancelledAt, memory.Epoch(150))
			return nil
		})
	}
	_, err = f.finish(held.ID, "one", storage.Outcome{Status: memory.JobCompleted, Result: "observations", At: 170})
	f.fails("a cancel wins over the worker", err, memory.ErrConflict)

	f.tx(func(tx storage.Tx) error {
		got, err := tx.RequeueJob(f.ctx, f.ours, held.ID, 180)
		f.ok(err)
		want := held
		want.UpdatedAt, want.Retries = 180, 1
		f.same("queued again with all attempts", got, want)
		_, err = tx.RequeueJob(f.ctx, f.ours, held.ID, 190)
		f.fails("requeue of a queued job", err, memory.ErrConflict)
		_, err = tx.RequeueJob(f.ctx, f.ours, "nothing", 190)
		f.fails("requeue of nothing", err, memory.ErrNotFound)
		_, err = tx.CancelJob(f.ctx, f.ours, "nothing", 190)
		f.fails("cancel of nothing", err, memory.ErrNotFound)
		return nil
	})
	failed := newJob(f.ours, memory.KindEvent, "failed", 10)
	failed.Status, failed.FailedAt = memory.JobFailed, 20
	f.putJob(failed)
	f.tx(func(tx storage.Tx) error {
		got, err := tx.CancelJob(f.ctx, f.ours, failed.ID, 195)
		f.ok(err)
		f.same("a failed one is cancelled", got.Status, memory.JobCancelled)
		return nil
	})
	f.refreshes()
}

// refreshes checks that a summary that still waits can be made to cover more.
func (f *fixture) refreshes() {
	f.Helper()
	j := newJob(f.ours, memory.KindSummary, "session", 10)
	j.Revision = 3
	f.putJob(j)
	f.tx(func(tx storage.Tx) error {
		got, err := tx.RefreshSummaryJob(f.ctx, j, 5, "sum_5")
		f.ok(err)
		f.same("revision", got.Revision, int64(5))
		f.same("queue id", got.QueueID, "sum_5")
		_, err = tx.RefreshSummaryJob(f.ctx, j, 4, "sum_4")
		f.fails("back to an earlier revision", err, memory.ErrConflict)
		return nil
	})
	_, err := f.lease(j.ID, "one", 100, 200)
	f.ok(err)
	f.tx(func(tx storage.Tx) error {
		_, err := tx.RefreshSummaryJob(f.ctx, j, 9, "sum_9")
		f.fails("one that is worked on", err, memory.ErrConflict)
		return nil
	})
}

// recoverJobs returns the sources of the jobs that RecoverJobs returns.
func (f *fixture) recoverJobs(now memory.Epoch, limit int) (expired, due []string) {
	f.Helper()
	f.tx(func(tx storage.Tx) error {
		e, d, err := tx.RecoverJobs(f.ctx, now, limit)
		expired, due = ids(e, jobSource), ids(d, jobSource)
		return err
	})
	return expired, due
}

// due reports whether anything is.
func (f *fixture) due(now, announcedBefore memory.Epoch) bool {
	f.Helper()
	yes, err := f.store.JobsDue(f.ctx, now, announcedBefore)
	f.ok(err)
	return yes
}

// testRecovery checks that what fell due is returned once: a lease that ended, a
// retry whose time came, a job delayed from the start.
func testRecovery(f *fixture) {
	a := f.putJob(newJob(f.ours, memory.KindEvent, "expired", 10))
	last := newJob(f.theirs, memory.KindEvent, "exhausted", 11)
	last.MaxAttempts = 1
	f.putJob(last)
	retry := f.putJob(newJob(f.ours, memory.KindEvent, "retry", 12))
	later := newJob(f.ours, memory.KindEvent, "delayed from the start", 13)
	later.NextAttemptAt = 600
	f.putJob(later)
	f.putJob(newJob(f.ours, memory.KindEvent, "fresh", 14))
	for _, id := range []string{a.ID, last.ID, retry.ID} {
		_, err := f.lease(id, "dead", 100, 200)
		f.ok(err)
	}
	_, err := f.finish(retry.ID, "dead", storage.Outcome{Status: memory.JobQueued, NextAttemptAt: 500, At: 150})
	f.ok(err)

	f.same("nothing is due yet", f.due(199, 0), false)
	expired, due := f.recoverJobs(199, 10)
	f.same("recovered too early", append(expired, due...), []string{})
	f.same("a lease expired", f.due(200, 0), true)
	expired, due = f.recoverJobs(200, 10)
	f.same("expired", expired, []string{"expired", "exhausted"})
	f.same("due", due, []string{})
	expired, due = f.recoverJobs(200, 10)
	f.same("each once", append(expired, due...), []string{})
	f.same("nothing is due any more", f.due(200, 0), false)

	got, err := f.store.JobByID(f.ctx, a.ID)
	f.ok(err)
	f.same("with attempts left it waits again", got.Status, memory.JobQueued)
	f.same("nobody owns it", got.LockedBy, memory.Opt(""))
	f.same("its attempt counts", got.Attempts, 1)
	got, err = f.store.JobByID(f.ctx, last.ID)
	f.ok(err)
	f.same("without attempts it failed", got.Status, memory.JobFailed)
	f.same("when", got.FailedAt, memory.Epoch(200))
	if got.LastError == "" {
		f.Error("a job that failed says why")
	}

	f.same("a retry is due", f.due(500, 0), true)
	_, due = f.recoverJobs(500, 10)
	f.same("retry", due, []string{"retry"})
	_, due = f.recoverJobs(501, 10)
	f.same("retry, once", due, []string{})
	_, due = f.recoverJobs(600, 10)
	f.same("delayed", due, []string{"delayed from the start"})
	_, err = f.lease(retry.ID, "one", 601, 700)
	f.ok(err)
}

// testAnnouncements checks what a transport that loses messages is told again.
func testAnnouncements(f *fixture) {
	owed := func(now, before memory.Epoch, limit int) (out []string) {
		f.tx(func(tx storage.Tx) error {
			jobs, err := tx.OwedJobs(f.ctx, now, before, limit)
			out = ids(jobs, jobSource)
			return err
		})
		return out
	}
	f.putJob(newJob(f.ours, memory.KindEvent, "second", 20))
	f.putJob(newJob(f.theirs, memory.KindSummary, "first", 10))
	f.putJob(newJob(f.ours, memory.KindEvent, "third", 30))
	delayed := newJob(f.ours, memory.KindEvent, "delayed", 5)
	delayed.NextAttemptAt = 900
	f.putJob(delayed)
	held := f.putJob(newJob(f.ours, memory.KindEvent, "held", 6))
	_, err := f.lease(held.ID, "one", 100, 10_000)
	f.ok(err)

	f.same("all were announced lately", f.due(100, 10), false)
	f.same("owed too early", owed(100, 10, 10), []string{})
	f.same("two are owed", f.due(100, 25), true)
	f.same("oldest first", owed(100, 25, 10), []string{"first", "second"})
	f.same("announced just now", owed(101, 25, 10), []string{})
	f.same("a limit", owed(200, 150, 1), []string{"third"})
	f.same("the rest", owed(201, 150, 10), []string{"first", "second"})
	f.same("a delayed one when it is due", owed(1000, 150, 10), []string{"delayed"})
	_, due := f.recoverJobs(1000, 10)
	f.same("and then not again", due, []string{})
}
