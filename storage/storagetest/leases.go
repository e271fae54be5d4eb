package storagetest

import (
	"claude-mem/memory"
	"claude-mem/storage"
)

// lease takes a job's lease in a transaction of its own.
func (f *fixture) lease(id, owner string, now, until memory.Epoch) (j memory.Job, err error) {
	err = f.store.InTx(f.ctx, func(tx storage.Tx) error {
		j, err = tx.LeaseJob(f.ctx, id, owner, now, until)
		return err
	})
	return j, err
}

// finish ends an attempt in a transaction of its own.
func (f *fixture) finish(id, owner string, o storage.Outcome) (j memory.Job, err error) {
	err = f.store.InTx(f.ctx, func(tx storage.Tx) error {
		j, err = tx.FinishJob(f.ctx, id, owner, o)
		return err
	})
	return j, err
}

// testLeases checks that a lease is held by one owner until its end and not a
// moment longer, and that whoever lost it can no longer write.
func testLeases(f *fixture) {
	j := f.putJob(newJob(f.ours, memory.KindEvent, "e", 10))
	got, err := f.lease(j.ID, "one", 100, 200)
	f.ok(err)
	f.same("status", got.Status, memory.JobProcessing)
	f.same("attempts", got.Attempts, 1)
	f.same("owner", got.LockedBy, memory.Opt("one"))
	f.same("until", got.LockedUntil, memory.Epoch(200))

	_, err = f.lease(j.ID, "two", 150, 250)
	f.fails("a lease that is held", err, memory.ErrConflict)
	_, err = f.lease(j.ID, "two", 199, 299)
	f.fails("a lease held for a moment longer", err, memory.ErrConflict)
	f.tx(func(tx storage.Tx) error {
		f.ok(tx.ExtendLease(f.ctx, j.ID, "one", 300))
		f.fails("another's lease extended", tx.ExtendLease(f.ctx, j.ID, "two", 999), memory.ErrConflict)
		return nil
	})
	_, err = f.lease(j.ID, "two", 250, 350)
	f.fails("a lease that was extended", err, memory.ErrConflict)

	got, err = f.lease(j.ID, "two", 300, 400)
	f.ok(err)
	f.same("attempts after a take-over", got.Attempts, 2)
	f.tx(func(tx storage.Tx) error {
		f.fails("a lost lease extended", tx.ExtendLease(f.ctx, j.ID, "one", 999), memory.ErrConflict)
		return nil
	})
	_, err = f.finish(j.ID, "one", storage.Outcome{Status: memory.JobCompleted, At: 310})
	f.fails("finishing what another works on", err, memory.ErrConflict)
	_, err = f.finish(j.ID, "two", storage.Outcome{Status: memory.JobCompleted, Result: "observations", At: 310})
	f.ok(err)
	_, err = f.finish(j.ID, "two", storage.Outcome{Status: memory.JobCompleted, At: 311})
	f.fails("finishing twice", err, memory.ErrConflict)
	_, err = f.lease(j.ID, "three", 9999, 10999)
	f.fails("a job that is done", err, memory.ErrConflict)
	_, err = f.lease("nothing", "three", 1, 2)
	f.fails("no job", err, memory.ErrConflict)

	f.leaseExhausted()
}

// leaseExhausted checks that an expired job without attempts left is nobody's but
// RecoverJobs', and that an expired lease that nobody took still counts.
func (f *fixture) leaseExhausted() {
	f.Helper()
	last := newJob(f.ours, memory.KindEvent, "last", 10)
	last.MaxAttempts = 1
	f.putJob(last)
	_, err := f.lease(last.ID, "one", 100, 200)
	f.ok(err)
	_, err = f.lease(last.ID, "two", 300, 400)
	f.fails("an expired job without attempts", err, memory.ErrConflict)
	_, err = f.finish(last.ID, "one", storage.Outcome{Status: memory.JobCompleted, Result: "observations", At: 310})
	f.ok(err)
}

// testOutcomes checks every way an attempt can end.
func testOutcomes(f *fixture) {
	for _, c := range []struct {
		name string
		o    storage.Outcome
		want memory.Job // only the fields that an outcome sets
	}{
		{
			"completed", storage.Outcome{Status: memory.JobCompleted, Result: "observations", At: 150},
			memory.Job{Status: memory.JobCompleted, Attempts: 1, CompletedAt: 150, Result: "observations"},
		},
		{
			"failed", storage.Outcome{Status: memory.JobFailed, LastError: "bad request", At: 150},
			memory.Job{Status: memory.JobFailed, Attempts: 1, FailedAt: 150, LastError: "bad request"},
		},
		{
			"retry", storage.Outcome{Status: memory.JobQueued, LastError: "overloaded", NextAttemptAt: 500, At: 150},
			memory.Job{Status: memory.JobQueued, Attempts: 1, NextAttemptAt: 500, LastError: "overloaded"},
		},
		{
			"retry that does not count", storage.Outcome{Status: memory.JobQueued, LastError: "quota", NextAttemptAt: 500, KeepAttempt: true, At: 150},
			memory.Job{Status: memory.JobQueued, NextAttemptAt: 500, LastError: "quota"},
		},
	} {
		j := f.putJob(newJob(f.ours, memory.KindEvent, c.name, 10))
		_, err := f.lease(j.ID, "me", 100, 200)
		f.ok(err)
		got, err := f.finish(j.ID, "me", c.o)
		f.ok(err)
		want := j
		want.Status, want.Attempts, want.Result, want.LastError = c.want.Status, c.want.Attempts, c.want.Result, c.want.LastError
		want.NextAttemptAt, want.CompletedAt, want.FailedAt, want.UpdatedAt = c.want.NextAttemptAt, c.want.CompletedAt, c.want.FailedAt, 150
		f.same(c.name, got, want)
		stored, err := f.store.JobByID(f.ctx, j.ID)
		f.ok(err)
		f.same(c.name+", stored", stored, want)
	}
	j := f.putJob(newJob(f.ours, memory.KindEvent, "odd", 10))
	_, err := f.lease(j.ID, "me", 100, 200)
	f.ok(err)
	if _, err = f.finish(j.ID, "me", storage.Outcome{Status: memory.JobProcessing, At: 150}); err == nil {
		f.Error("an attempt may end as processing")
	}
	f.finishConflictUndoes()
}

// finishConflictUndoes checks that a transaction that lost its lease leaves nothing.
func (f *fixture) finishConflictUndoes() {
	f.Helper()
	j := f.putJob(newJob(f.ours, memory.KindEvent, "lost", 10))
	_, err := f.lease(j.ID, "one", 100, 200)
	f.ok(err)
	_, err = f.lease(j.ID, "two", 200, 300)
	f.ok(err)
	o := newObservation(f.ours, "from a lost lease", 100)
	err = f.store.InTx(f.ctx, func(tx storage.Tx) error {
		if _, _, err := tx.PutObservation(f.ctx, o); err != nil {
			return err
		}
		_, err := tx.FinishJob(f.ctx, j.ID, "one", storage.Outcome{Status: memory.JobCompleted, Result: "observations", At: 210})
		return err
	})
	f.fails("finishing with a lost lease", err, memory.ErrConflict)
	_, err = f.store.Observation(f.ctx, f.ours, o.ID)
	f.fails("what it wrote", err, memory.ErrNotFound)
}
