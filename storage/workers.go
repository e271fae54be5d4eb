package storage

import (
	"context"
	"time"

	"claude-mem/memory"
)

// ForgetWorkersAfter is how long a worker that was not heard of stays on record.
const ForgetWorkersAfter = time.Hour

// WorkerReader finds the processes that generate, which serve every tenant.
type WorkerReader interface {
	// Workers lists those heard of within the given time, by the store's own clock:
	// those of the workers' machines may differ. The oldest comes first, by start,
	// then by id; at most MaxPage.
	Workers(ctx context.Context, within time.Duration) ([]memory.Worker, error)
}

// WorkerWriter keeps record of them.
type WorkerWriter interface {
	// PutWorker takes in a sign of life: it stores w, or what it is now, as heard of
	// just now, whatever w.SeenAt says. Workers not heard of for ForgetWorkersAfter go.
	PutWorker(ctx context.Context, w memory.Worker) error
	// RemoveWorker forgets a worker that ends in good order; one that is not there is
	// no error.
	RemoveWorker(ctx context.Context, id string) error
}
