package storagetest

import (
	"sync"
	"time"

	"claude-mem/memory"
	"claude-mem/storage"
)

// use is usage of our project by a job's kind.
func (f *fixture) use(at memory.Epoch, provider, model string, c memory.UsageCounts) memory.Usage {
	return memory.Usage{
		TeamID: f.ours.TeamID, ProjectID: f.ours.ProjectID, Kind: memory.KindEvent,
		Provider: provider, Model: model, At: at, UsageCounts: c,
	}
}

// addUsage counts in a transaction of its own.
func (f *fixture) addUsage(used ...memory.Usage) {
	f.Helper()
	f.tx(func(tx storage.Tx) error { return tx.AddUsage(f.ctx, used...) })
}

// testUsage checks that the ledger adds up by every grouping and period, for a
// project, and for a team with what belongs to no project.
func testUsage(f *fixture) {
	day := func(n int) memory.Epoch { return memory.EpochOf(time.Date(2026, 1, n, 13, 0, 0, 0, time.UTC)) }
	counts := memory.UsageCounts{Calls: 1, Events: 3, Observations: 2, InputTokens: 100, OutputTokens: 10}
	requests := memory.UsageCounts{Requests: 5}
	summary := f.use(day(30), "claude", "big", memory.UsageCounts{Calls: 1, InputTokens: 7})
	summary.Kind = memory.KindSummary
	elsewhere := f.use(day(31), "claude", "small", counts)
	elsewhere.ProjectID = f.ours2.ProjectID
	asked := memory.Usage{TeamID: f.ours.TeamID, APIKeyID: "k", Kind: memory.UsageRequest, At: day(31), UsageCounts: requests}
	theirs := f.use(day(31), "claude", "small", counts)
	theirs.TeamID, theirs.ProjectID = f.theirs.TeamID, f.theirs.ProjectID
	f.addUsage(f.use(day(30), "claude", "small", counts), f.use(day(31), "claude", "small", counts), summary, elsewhere, asked, theirs)
	f.addUsage(f.use(day(31), "claude", "small", counts), f.use(day(31), "", "", memory.UsageCounts{Skipped: 1}))

	team := memory.Scope{TeamID: f.ours.TeamID}
	row := func(group, provider, model string, c memory.UsageCounts) storage.UsageRow {
		return storage.UsageRow{Group: group, Provider: provider, Model: model, UsageCounts: c}
	}
	two, three := counts.Plus(counts), counts.Plus(counts).Plus(counts)
	skipped, ofSummary := memory.UsageCounts{Skipped: 1}, summary.UsageCounts
	for _, c := range []struct {
		name  string
		scope memory.Scope
		f     storage.UsageFilter
		want  []storage.UsageRow
	}{
		{"in one", f.ours, storage.UsageFilter{}, []storage.UsageRow{
			row("", "", "", skipped), row("", "claude", "big", ofSummary), row("", "claude", "small", three)}},
		{"by day", f.ours, storage.UsageFilter{By: storage.UsageByDay}, []storage.UsageRow{
			row("2026-01-30", "claude", "big", ofSummary), row("2026-01-30", "claude", "small", counts),
			row("2026-01-31", "", "", skipped), row("2026-01-31", "claude", "small", two)}},
		{"since, by kind", f.ours, storage.UsageFilter{By: storage.UsageByKind, Since: day(31)}, []storage.UsageRow{
			row("event", "", "", skipped), row("event", "claude", "small", two)}},
		{"until, of a kind", f.ours, storage.UsageFilter{Until: day(31), Kind: memory.KindSummary}, []storage.UsageRow{
			row("", "claude", "big", ofSummary)}},
		{"by provider", f.ours, storage.UsageFilter{By: storage.UsageByProvider}, []storage.UsageRow{
			row("", "", "", skipped), row("claude", "claude", "big", ofSummary), row("claude", "claude", "small", three)}},
		{"by key, of the team", team, storage.UsageFilter{By: storage.UsageByKey, Kind: memory.UsageRequest}, []storage.UsageRow{
			row("k", "", "", requests)}},
		{"of nobody", memory.Scope{TeamID: "nobody"}, storage.UsageFilter{}, nil},
	} {
		got, err := f.store.Usage(f.ctx, c.scope, c.f, storage.Page{})
		f.ok(err)
		f.same("usage "+c.name, got, c.want)
	}
	byProject, err := f.store.Usage(f.ctx, team, storage.UsageFilter{By: storage.UsageByProject, Since: day(31)}, storage.Page{Limit: 2, Offset: 1})
	f.ok(err)
	f.same("a page of usage", len(byProject), 2)

	sum, err := f.store.UsageSum(f.ctx, team, day(31))
	f.ok(err)
	f.same("the team's day", sum, three.Plus(skipped).Plus(requests))
	sum, err = f.store.UsageSum(f.ctx, f.ours2, day(1).Month())
	f.ok(err)
	f.same("a project's month", sum, counts)
}

// testJobUsage checks that what a job cost is known for each model that was paid.
func testJobUsage(f *fixture) {
	j := f.putJob(newJob(f.ours, memory.KindSummary, "s", 1))
	used := func(provider string, in int64, at memory.Epoch) memory.Usage {
		u := f.use(at, provider, "m", memory.UsageCounts{Calls: 1, InputTokens: in, OutputTokens: 1})
		u.JobID = j.ID
		return u
	}
	free := used("local", 0, 5)
	free.OutputTokens = 0
	f.addUsage(used("b", 10, 5), used("a", 20, 6), free)
	f.addUsage(used("b", 30, 7))
	got, err := f.store.JobUsage(f.ctx, f.ours, j.ID)
	f.ok(err)
	want := func(provider string, at memory.Epoch, calls, in int64) memory.Usage {
		return memory.Usage{
			TeamID: f.ours.TeamID, ProjectID: f.ours.ProjectID, JobID: j.ID, Provider: provider, Model: "m", At: at,
			UsageCounts: memory.UsageCounts{Calls: calls, InputTokens: in, OutputTokens: calls},
		}
	}
	f.same("what the job cost", got, []memory.Usage{want("a", 6, 1, 20), want("b", 7, 2, 40)})
}

// testReservations checks that tokens set aside count while their job is worked on,
// only for whoever holds the lease, and that no two reserve what is there once.
func testReservations(f *fixture) {
	const limit, each, workers = 1000, 300, 8
	taken := func(s memory.Scope) int64 {
		n, err := f.store.TokensTaken(f.ctx, s, 0)
		f.ok(err)
		return n
	}
	reserve := func(j memory.Job, owner string) (granted bool, err error) {
		err = f.store.InTx(f.ctx, func(tx storage.Tx) error {
			granted = false
			if err := tx.LockBudget(f.ctx, j.TeamID); err != nil {
				return err
			}
			if err := tx.ReserveTokens(f.ctx, j, owner, each); err != nil {
				return err
			}
			n, err := tx.TokensTaken(f.ctx, f.ours, 0)
			if granted = n <= limit; err == nil && !granted {
				err = memory.Errorf(memory.CodeConflict, "over the limit")
			}
			return err
		})
		return granted, err
	}
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		granted []memory.Job
	)
	for i := range workers {
		j := f.putJob(newJob(f.ours, memory.KindEvent, nth("e", i), 1))
		_, err := f.lease(j.ID, "one", 10, 1000)
		f.ok(err)
		wg.Go(func() {
			if ok, _ := reserve(j, "one"); ok {
				mu.Lock()
				defer mu.Unlock()
				granted = append(granted, j)
			}
		})
	}
	wg.Wait()
	f.same("as many as there is room for", len(granted), limit/each)
	f.same("tokens set aside", taken(f.ours), int64(limit/each*each))
	f.same("of another project", taken(f.ours2), int64(0))
	_, err := reserve(granted[0], "another")
	f.fails("reserving without the lease", err, memory.ErrConflict)

	_, err = f.finish(granted[0].ID, "one", storage.Outcome{Status: memory.JobCompleted, Result: "observations", At: 20})
	f.ok(err)
	f.addUsage(f.use(20, "claude", "m", memory.UsageCounts{Calls: 1, InputTokens: 50}))
	f.same("what was used takes the place of what was set aside", taken(f.ours), int64((limit/each-1)*each+50))

	before := taken(f.ours)
	hosted, own := f.use(20, "embeddings", "m", memory.UsageCounts{Calls: 1, InputTokens: 7}), f.use(20, "embeddings", "m", memory.UsageCounts{Calls: 1, InputTokens: 1000})
	hosted.Kind, own.Kind = memory.UsageEmbedding, memory.UsageEmbeddingFree
	f.addUsage(hosted, own)
	f.same("of an embedding model, what is paid for counts", taken(f.ours), before+7)
}

// testReservationsLeft checks that what an attempt set aside stands on its job until it
// ends it or, if it never does, until somebody counts it, once.
func testReservationsLeft(f *fixture) {
	j := f.putJob(newJob(f.ours, memory.KindEvent, "e", 1))
	lease := func(owner string, now memory.Epoch) int64 {
		got, err := f.lease(j.ID, owner, now, now+100)
		f.ok(err)
		return got.ReservedTokens
	}
	reserve := func(owner string, tokens int64) {
		f.tx(func(tx storage.Tx) error { return tx.ReserveTokens(f.ctx, j, owner, tokens) })
	}
	release := func(of memory.Job) (was bool) {
		f.tx(func(tx storage.Tx) (err error) {
			was, err = tx.ReleaseTokens(f.ctx, of)
			return err
		})
		return was
	}
	taken := func() int64 {
		n, err := f.store.TokensTaken(f.ctx, f.ours, 0)
		f.ok(err)
		return n
	}
	f.same("before anything is set aside", lease("one", 10), int64(0))
	reserve("one", 300)
	f.same("released under the hands of who holds the lease", release(j), false)
	f.same("left by the attempt before", lease("two", 200), int64(300))
	reserve("two", 400)
	f.same("in place of what was set aside", taken(), int64(400))

	f.tx(func(tx storage.Tx) error {
		expired, _, err := tx.RecoverJobs(f.ctx, 400, 10)
		f.same("expired", len(expired), 1)
		f.same("left by a lease that ran out", expired[0].ReservedTokens, int64(400))
		return err
	})
	f.same("taken by nobody any more", taken(), int64(0))
	foreign := j
	foreign.TeamID, foreign.ProjectID = f.theirs.TeamID, f.theirs.ProjectID
	f.same("released by another tenant", release(foreign), false)
	f.same("released", release(j), true)
	f.same("released again", release(j), false)

	f.same("after it was released", lease("three", 500), int64(0))
	reserve("three", 500)
	_, err := f.finish(j.ID, "three", storage.Outcome{Status: memory.JobQueued, NextAttemptAt: 510, At: 510})
	f.ok(err)
	f.same("after the attempt ended", lease("four", 600), int64(0))
}
