package storagetest

import (
	"sync"

	"claude-mem/memory"
	"claude-mem/storage"
)

// testBooks checks that everything asked for stands in one column, and that what
// was forgotten shows.
func testBooks(f *fixture) {
	books := func(s memory.Scope) memory.Books {
		b, err := f.store.Books(f.ctx, s)
		f.ok(err)
		return b
	}
	f.same("an empty account", books(f.ours), memory.Books{})

	job := func(kind memory.Kind, status memory.JobStatus, result memory.Opt) {
		source := newSession(f.ours, "", 1).ID
		if kind == memory.KindEvent {
			source = f.putEvent(newEvent(f.ours, "", 1)).ID
		}
		j := newJob(f.ours, kind, source, 1)
		j.Status, j.Result = status, result
		f.putJob(j)
	}
	job(memory.KindEvent, memory.JobCompleted, "observations")
	job(memory.KindEvent, memory.JobCompleted, "skipped: nothing to tell")
	job(memory.KindEvent, memory.JobQueued, "")
	job(memory.KindSummary, memory.JobProcessing, "")
	job(memory.KindSummary, memory.JobFailed, "")
	job(memory.KindSummary, memory.JobCancelled, "")
	job(memory.KindReindex, memory.JobQueued, "") // asked for nothing
	quiet := newEvent(f.ours, "", 1)
	quiet.Generate = false
	f.putEvent(quiet)
	f.putObservation(newObservation(f.ours, "one", 1))

	want := memory.Books{
		EventsAsked: 3, SummaryAsked: 3, Written: 1, Skipped: 1, Queued: 1,
		Processing: 1, Failed: 1, Cancelled: 1, Observations: 1,
	}
	f.same("the account", books(f.ours), want)
	f.same("it closes", books(f.ours).Closed(), true)
	f.same("of the whole team", books(memory.Scope{TeamID: f.ours.TeamID}), want)
	f.same("of another project", books(f.ours2), memory.Books{})

	// What is wrong shows: an event that asked and has no job.
	f.putEvent(newEvent(f.ours, "", 2))
	f.same("an event without a job opens the books", books(f.ours).Closed(), false)
}

// testLanes checks what health is judged by: how long the oldest has waited, what
// is stuck, and when a lane last succeeded.
// testBooksUnderLoad checks that the account closes at every moment, not only when
// nothing happens.
func testBooksUnderLoad(f *fixture) {
	const writers, each = 4, 50
	s := f.putSession(newSession(f.ours, "s", 1))
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for i := range each {
				j, err := f.ingest(newEvent(f.ours, s.ID, memory.Epoch(i+1)))
				if err == nil && i%2 == 0 {
					_, err = f.lease(j.ID, "one", 100, 200)
				}
				if err != nil {
					f.Errorf("ingest: %v", err)
				}
			}
		})
	}
	idle := make(chan struct{})
	go func() { wg.Wait(); close(idle) }()
	for busy := true; busy; {
		select {
		case <-idle:
			busy = false // and a last look
		default:
		}
		for _, scope := range []memory.Scope{f.ours, {TeamID: f.ours.TeamID}} {
			b, err := f.store.Books(f.ctx, scope)
			if err != nil || !b.Closed() {
				f.Errorf("the account while events come in: %+v, %v", b, err)
				<-idle
				return
			}
			if !busy {
				f.same("asked for in the end", b.EventsAsked, int64(writers*each))
			}
		}
	}
}

func testLanes(f *fixture) {
	lanes := func(now memory.Epoch) []memory.LaneStats {
		l, err := f.store.LaneStats(f.ctx, now)
		f.ok(err)
		return l
	}
	f.same("empty lanes are listed", lanes(1), []memory.LaneStats{
		{Lane: memory.LaneEvent}, {Lane: memory.LaneSummary}, {Lane: memory.LaneReindex},
	})
	f.putJob(newJob(f.ours, memory.KindEvent, "q1", 30))
	f.putJob(newJob(f.theirs, memory.KindBatch, "q2", 20))
	delayed := newJob(f.ours, memory.KindEvent, "delayed", 5)
	delayed.NextAttemptAt = 500
	f.putJob(delayed)
	for i, until := range []memory.Epoch{200, 1000} {
		j := f.putJob(newJob(f.ours, memory.KindSummary, nth("held", i), 10))
		_, err := f.lease(j.ID, "one", 100, until)
		f.ok(err)
	}
	for i, o := range []storage.Outcome{
		{Status: memory.JobCompleted, Result: "observations", At: 111},
		{Status: memory.JobCompleted, Result: "skipped: empty", At: 110},
		{Status: memory.JobFailed, LastError: "no", At: 120},
	} {
		j := f.putJob(newJob(f.ours, memory.KindSummary, nth("done", i), 10))
		_, err := f.lease(j.ID, "one", 100, 1000)
		f.ok(err)
		_, err = f.finish(j.ID, "one", o)
		f.ok(err)
	}
	f.same("lanes", lanes(300), []memory.LaneStats{
		{Lane: memory.LaneEvent, Queued: 2, Delayed: 1, OldestQueued: 20},
		{Lane: memory.LaneSummary, Processing: 2, Completed: 2, Failed: 1, Stalled: 1, LastSuccess: 111},
		{Lane: memory.LaneReindex},
	})
	f.same("a delayed job is due in time", lanes(500)[0], memory.LaneStats{Lane: memory.LaneEvent, Queued: 3, OldestQueued: 20})
}
