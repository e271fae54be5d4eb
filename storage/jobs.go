package storage

import (
	"context"

	"claude-mem/memory"
)

// JobFilter narrows a list of jobs; a zero field does not.
type JobFilter struct {
	Status     memory.JobStatus
	SourceType string
	Since      memory.Epoch // created at or after
}

// JobReader finds jobs and counts them.
type JobReader interface {
	Job(ctx context.Context, s memory.Scope, id string) (memory.Job, error)
	// JobByID finds a job whoever owns it. It is for the executor alone, which then
	// compares the owner with the message's.
	JobByID(ctx context.Context, id string) (memory.Job, error)
	// JobOfSource finds the newest job of that kind for the source.
	JobOfSource(ctx context.Context, s memory.Scope, k memory.Kind, sourceID string) (memory.Job, error)
	// Jobs lists newest first; total counts all that match.
	Jobs(ctx context.Context, s memory.Scope, f JobFilter, p Page) (jobs []memory.Job, total int64, err error)
	// Books closes the account of the scope.
	Books(ctx context.Context, s memory.Scope) (memory.Books, error)
	// LaneStats tells how every lane stands at now, over all tenants. Lanes without
	// jobs are listed with zeros, in the order of memory.Lanes.
	LaneStats(ctx context.Context, now memory.Epoch) ([]memory.LaneStats, error)
	// JobsDue reports whether RecoverJobs or OwedJobs, asked with the same times,
	// would return any. It is asked every second, so that an idle store need not be
	// written to: it costs a look into an index, however many jobs there are.
	JobsDue(ctx context.Context, now, announcedBefore memory.Epoch) (bool, error)
}

// Outcome is how one attempt at a job ended.
type Outcome struct {
	// Status is completed, failed, or queued for another try.
	Status memory.JobStatus
	// Result goes with completed: "observations" or "skipped: <reason>".
	Result memory.Opt
	// LastError goes with failed and queued.
	LastError memory.Opt
	// NextAttemptAt goes with queued: not before.
	NextAttemptAt memory.Epoch
	// KeepAttempt gives the attempt back: it did not count.
	KeepAttempt bool
	At          memory.Epoch
}

// JobWriter moves jobs through their states. A lease is a pair (owner, until) on
// the row; owner is a token that no two attempts share.
type JobWriter interface {
	// PutJob stores j, unless there is a job with the same unique key (team,
	// project, source type, source id, job type, revision): then that one is
	// returned and created is false.
	PutJob(ctx context.Context, j memory.Job) (stored memory.Job, created bool, err error)

	// LeaseJob takes a job that is queued and due, or whose lease ended at now or
	// before while it has attempts left: processing, attempts + 1, owned until then.
	// Anybody else gets ErrConflict.
	LeaseJob(ctx context.Context, id, owner string, now, until memory.Epoch) (memory.Job, error)
	// ExtendLease moves the end of a lease still held; ErrConflict if it is not.
	ExtendLease(ctx context.Context, id, owner string, until memory.Epoch) error
	// FinishJob ends an attempt if the lease is still the owner's and the job still
	// processing; else ErrConflict, and nothing of the transaction may stay. A lease
	// that ended stays its owner's until somebody takes it.
	FinishJob(ctx context.Context, id, owner string, o Outcome) (memory.Job, error)

	// CancelJob cancels a job that is queued, processing, whoever works on it, or
	// failed. A completed or cancelled one is returned unchanged.
	CancelJob(ctx context.Context, s memory.Scope, id string, at memory.Epoch) (memory.Job, error)
	// RequeueJob puts a failed or cancelled job back to queued with no attempts
	// used and one more retry. Any other is ErrConflict.
	RequeueJob(ctx context.Context, s memory.Scope, id string, at memory.Epoch) (memory.Job, error)
	// DeferJob puts off a job that is queued, due or not, and says why. A job that is
	// not queued stays as it is: whoever has it knows better.
	DeferJob(ctx context.Context, j memory.Job, until memory.Epoch, why memory.Opt) error
	// ResumeJobs makes due now every queued job that waits for its time for a reason that
	// begins like one of these, of a project by its id, or, with none, over all tenants. It returns how many.
	ResumeJobs(ctx context.Context, projectID string, now memory.Epoch, reasons ...string) (int64, error)
	// RefreshSummaryJob moves a summary job that is still queued to a later
	// revision and queue id, so that it covers what came since; ErrConflict if it is
	// not queued any more, or is at a later revision already.
	RefreshSummaryJob(ctx context.Context, j memory.Job, revision int64, queueID string) (memory.Job, error)

	// RecoverJobs returns up to limit jobs, over all tenants, that a worker should
	// be woken for. expired are those whose lease ran out: put back to queued, or
	// failed when their attempts are used up. due are those queued whose retry came
	// due. Each job is returned once per time it falls due.
	RecoverJobs(ctx context.Context, now memory.Epoch, limit int) (expired, due []memory.Job, err error)
	// OwedJobs lists up to limit jobs queued and due that were last announced
	// before the given time, oldest first, and marks them announced at now: the
	// messages a transport may have lost.
	OwedJobs(ctx context.Context, now, announcedBefore memory.Epoch, limit int) ([]memory.Job, error)
}
