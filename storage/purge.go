package storage

import (
	"context"

	"claude-mem/memory"
)

// Purger removes what a project remembers, but not the project, its keys and what
// is audited of it.
type Purger interface {
	// PurgeStep removes at most limit rows of the project that were created at or
	// before the given time, and says how many of each kind; when it finds none it
	// removed all there were. A project of another tenant is ErrNotFound.
	//
	// Jobs go first: whoever works on one finds no lease to finish under, and writes
	// nothing any more. A session goes when nothing refers to it. A step never takes
	// long, so that others write between two of them.
	PurgeStep(ctx context.Context, s memory.Scope, projectID string, before memory.Epoch, limit int) (memory.Purged, error)
}
