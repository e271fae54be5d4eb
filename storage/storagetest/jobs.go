package storagetest

import (
	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

func jobSource(j memory.Job) string { return j.SourceID }

// testJobs checks that a source owes one job for each revision, and that lists of
// jobs are filtered and counted as a whole.
func testJobs(f *fixture) {
	j := newJob(f.ours, memory.KindSummary, "session-1", 10)
	j.EventID, j.SessionID, j.Revision, j.NextAttemptAt = "event", "session-1", 7, 90
	j.APIKeyID, j.ActorID, j.RequestID = "key", "actor", "request"
	f.tx(func(tx storage.Tx) error {
		got, created, err := tx.PutJob(f.ctx, j)
		f.ok(err)
		f.same("stored", got, j)
		f.same("created", created, true)

		again := j
		again.ID, again.CreatedAt = id.New(), 99
		got, created, err = tx.PutJob(f.ctx, again)
		f.ok(err)
		f.same("the same source is the same job", got, j)
		f.same("created again", created, false)

		again.Revision = 8
		_, created, err = tx.PutJob(f.ctx, again)
		f.ok(err)
		f.same("a later revision is another job", created, true)
		newest, err := tx.JobOfSource(f.ctx, f.ours, memory.KindSummary, "session-1")
		f.ok(err)
		f.same("the newest of the source", newest.ID, again.ID)
		return nil
	})
	got, err := f.store.Job(f.ctx, f.ours, j.ID)
	f.ok(err)
	f.same("read back", got, j)
	got, err = f.store.JobByID(f.ctx, j.ID)
	f.ok(err)
	f.same("whoever owns it", got, j)
	_, err = f.store.JobOfSource(f.ctx, f.ours, memory.KindEvent, "session-1")
	f.fails("a job of another kind", err, memory.ErrNotFound)
	f.jobsFiltered()
}

// jobsFiltered checks every filter alone and all together. The total is that of
// the list without its page.
func (f *fixture) jobsFiltered() {
	f.Helper()
	failed, twin := newJob(f.ours2, memory.KindEvent, "failed", 30), newJob(f.ours2, memory.KindEvent, "twin", 30)
	failed.Status, failed.FailedAt, failed.LastError = memory.JobFailed, 31, "no luck"
	f.putJob(newJob(f.ours2, memory.KindEvent, "old", 20))
	f.putJob(twin)
	f.putJob(failed) // its twin, made later, comes first
	f.putJob(newJob(f.ours2, memory.KindSummary, "summary", 40))
	for _, c := range []struct {
		what   string
		filter storage.JobFilter
		page   storage.Page
		want   []string
		total  int64
	}{
		{"all, newest first, then by id", storage.JobFilter{}, storage.Page{}, []string{"summary", "twin", "failed", "old"}, 4},
		{"a page has the whole total", storage.JobFilter{}, storage.Page{Limit: 1, Offset: 1}, []string{"twin"}, 4},
		{"by status", storage.JobFilter{Status: memory.JobFailed}, storage.Page{}, []string{"failed"}, 1},
		{"by source type", storage.JobFilter{SourceType: memory.KindEvent.SourceType()}, storage.Page{}, []string{"twin", "failed", "old"}, 3},
		{"since", storage.JobFilter{Since: 30}, storage.Page{}, []string{"summary", "twin", "failed"}, 3},
		{"all at once", storage.JobFilter{Status: memory.JobQueued, SourceType: memory.KindEvent.SourceType(), Since: 25}, storage.Page{}, []string{"twin"}, 1},
		{"none", storage.JobFilter{Status: memory.JobCancelled}, storage.Page{}, nil, 0},
	} {
		jobs, total, err := f.store.Jobs(f.ctx, f.ours2, c.filter, c.page)
		f.ok(err)
		f.same(c.what, ids(jobs, jobSource), c.want)
		f.same(c.what+": total", total, c.total)
	}
}
