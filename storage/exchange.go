package storage

import (
	"context"

	"claude-mem/memory"
)

// Table names the rows that [ExchangeReader.Owners] is asked about.
type Table string

// The tables whose rows keep their ids when a memory moves to another store.
const (
	TableSessions     Table = "sessions"
	TableEvents       Table = "events"
	TableJobs         Table = "jobs"
	TableObservations Table = "observations"
)

// BatchMember is an event that belongs to a job of kind memory.KindBatch.
type BatchMember struct {
	JobID   string
	EventID string
	Bytes   int64      // of the event's payload
	Result  memory.Opt // see BatchResult
}

// ExchangeReader walks over all that a store holds, to move it to another one. Each
// walk lists up to limit rows of the scope that come after the given one, in the
// order of what it is given; a zero value is its beginning. It reads its table once,
// however much of it is the scope's.
type ExchangeReader interface {
	// TeamsAfter lists teams, all there are. Only who has the database in hand may ask.
	TeamsAfter(ctx context.Context, id string, limit int) ([]memory.Team, error)
	ProjectsAfter(ctx context.Context, s memory.Scope, id string, limit int) ([]memory.Project, error)
	SessionsAfter(ctx context.Context, s memory.Scope, id string, limit int) ([]memory.Session, error)
	EventsAfter(ctx context.Context, s memory.Scope, id string, limit int) ([]memory.Event, error)
	JobsAfter(ctx context.Context, s memory.Scope, id string, limit int) ([]memory.Job, error)
	ObservationsAfter(ctx context.Context, s memory.Scope, number int64, limit int) ([]memory.Observation, error)
	// SourcesOf lists all sources of those observations (at most MaxPage of them), by
	// observation, then by id.
	SourcesOf(ctx context.Context, s memory.Scope, observationIDs []string) ([]memory.Source, error)
	// BatchMembers lists the events of those batches (at most MaxPage of them), by job,
	// then by event.
	BatchMembers(ctx context.Context, s memory.Scope, jobIDs []string) ([]BatchMember, error)
	// Owners tells whose the rows with those ids (at most MaxPage of them) are; an id
	// that no row has is left out. It looks at all tenants, for an id is taken whoever
	// has it.
	Owners(ctx context.Context, t Table, ids []string) (map[string]memory.Scope, error)
}

// ExchangeWriter stores what comes from another store and no other method keeps as it
// is. For teams, projects, sessions, events and jobs those others do.
type ExchangeWriter interface {
	// RestoreObservation is PutObservation for one that another store had: those alike
	// are left alone, for what supersedes what was decided there, and it keeps its
	// Number, unless that is taken.
	RestoreObservation(ctx context.Context, o memory.Observation, sources ...memory.Source) (stored memory.Observation, created bool, err error)
	// PutBatchMembers makes events part of a batch, whatever its state. An event that
	// a batch owes already stays there. Without such a job it is memory.ErrNotFound.
	PutBatchMembers(ctx context.Context, j memory.Job, members ...BatchMember) error
}
