package storage

import (
	"context"

	"claude-mem/memory"
)

// BatchLimits is how large a batch may grow: it takes no more events once it has so
// many, or so many bytes of payload.
type BatchLimits struct {
	Events int
	Bytes  int64
}

// BatchResult is what became of one event of a batch, in the form of a job's result.
type BatchResult struct {
	EventID string
	Result  memory.Opt
}

// BatchReader finds what belongs to jobs of kind memory.KindBatch.
type BatchReader interface {
	// BatchOfEvent finds the job that owes an observation of the event with others.
	BatchOfEvent(ctx context.Context, s memory.Scope, eventID string) (memory.Job, error)
	// BatchEvents lists a batch's events in the order they occurred, then by id; at
	// most MaxPage, which is more than a batch has.
	BatchEvents(ctx context.Context, s memory.Scope, jobID string) ([]memory.Event, error)
}

// BatchWriter fills and ends jobs of kind memory.KindBatch.
type BatchWriter interface {
	// JoinBatch adds an event to a batch and puts its time off until due, unless it is
	// due later or was announced already. It fails with ErrConflict if nobody may join
	// any more: the batch is full, or an attempt at it began. Writers that join at the
	// same moment may each pass the limits by one event.
	JoinBatch(ctx context.Context, j memory.Job, e memory.Event, l BatchLimits, due memory.Epoch) (memory.Job, error)
	// BatchSize tells how much is in a batch.
	BatchSize(ctx context.Context, j memory.Job) (events int, bytes int64, err error)
	// SetBatchResults records what became of each event, with the job's completion.
	SetBatchResults(ctx context.Context, j memory.Job, results ...BatchResult) error

	// PostponeJob puts off a job that waits for its time and was never tried; any
	// other stays as it is.
	PostponeJob(ctx context.Context, j memory.Job, due memory.Epoch) error
	// WakeJobs makes every job of the source that waits for its time and was never
	// tried due now, and returns them, oldest first: they want announcing.
	WakeJobs(ctx context.Context, s memory.Scope, sourceID string, now memory.Epoch) ([]memory.Job, error)
}
