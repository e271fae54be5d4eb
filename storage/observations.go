package storage

import (
	"context"

	"claude-mem/memory"
)

// ObservationFilter narrows a list of observations; a zero field does not.
type ObservationFilter struct {
	Kinds             []string
	Concepts          []string     // any of them
	Files             []string     // any of them, as a path or the end of one
	Since, Until      memory.Epoch // by OccurredAt; Until is exclusive
	SessionID         string
	WithoutSubagents  bool
	WithoutSuperseded bool
}

// Query is a full-text search. Terms are as internal/lexical makes them, though no
// text is an error; an observation matches when it holds any of them. An engine may
// leave out terms that a large share of a large store holds if rarer ones are there,
// and may rank no more than the newest of very many matches.
type Query struct {
	Terms  []string
	Filter ObservationFilter
	Page   Page
}

// Hit is an observation that a search found. A higher score is a better match;
// scores of different searches do not compare.
type Hit struct {
	memory.Observation
	Score float64 `json:"score"`
}

// ObservationReader finds observations.
type ObservationReader interface {
	Observation(ctx context.Context, s memory.Scope, id string) (memory.Observation, error)
	// ObservationsByNumber returns those there are, in the order asked.
	ObservationsByNumber(ctx context.Context, s memory.Scope, numbers []int64) ([]memory.Observation, error)
	// Observations lists newest first, by OccurredAt, then by number.
	Observations(ctx context.Context, s memory.Scope, f ObservationFilter, p Page) ([]memory.Observation, error)
	// LastWritten is for a filter that names files or concepts: it lists up to limit of
	// those that pass, the last written first, by number. So it need not read all that
	// pass, as Observations must to put them in order. Without such a filter the order
	// is that of Observations.
	LastWritten(ctx context.Context, s memory.Scope, f ObservationFilter, limit int) ([]memory.Observation, error)
	// Search ranks by BM25 over the fields, best first, ties by number descending.
	Search(ctx context.Context, s memory.Scope, q Query) ([]Hit, error)
	// Around returns the observation with its neighbours in the order of
	// Observations reversed: up to before older ones, it, up to after newer ones.
	// Superseded ones and those of sub-agents are left out, unless it is the anchor.
	Around(ctx context.Context, s memory.Scope, number int64, before, after int) ([]memory.Observation, error)
	// EventObservations lists what was made from an event, in the order it was made.
	EventObservations(ctx context.Context, s memory.Scope, eventID string) ([]memory.SourcedObservation, error)
}

// ObservationWriter stores observations and keeps the full-text index in step:
// there is no other way into either.
type ObservationWriter interface {
	// PutObservation stores o with its sources and returns it with its number. If
	// the project has one with the same GenerationKey, that one is returned and
	// created is false.
	PutObservation(ctx context.Context, o memory.Observation, sources ...memory.Source) (stored memory.Observation, created bool, err error)
	// UpdateObservation replaces kind, content and metadata.
	UpdateObservation(ctx context.Context, o memory.Observation) (memory.Observation, error)
	// DeleteObservation removes the row, its sources and its index entry.
	DeleteObservation(ctx context.Context, s memory.Scope, id string) error
	// SupersedeSummaries marks all summaries of the session but the newest as replaced
	// by that one, which is replaced by none any more. The newest is not the last written but the one whose job has the
	// highest revision, for jobs overtake each other; among equals, and where no job
	// made them, it is the one with the highest number.
	SupersedeSummaries(ctx context.Context, s memory.Scope, sessionID string) error
}

// AuditFilter narrows the audit log; a zero field does not.
type AuditFilter struct {
	Action, ResourceID, RequestID string
	Since                         memory.Epoch
}

// AuditReader reads the audit log, newest first.
type AuditReader interface {
	Audit(ctx context.Context, s memory.Scope, f AuditFilter, p Page) ([]memory.AuditEntry, error)
}

// AuditWriter appends to the audit log.
type AuditWriter interface {
	PutAudit(ctx context.Context, entries ...memory.AuditEntry) error
}
