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
	SupersededBy      string // id of the observation that replaces them
	WithoutSubagents  bool
	WithoutSuperseded bool
	WithoutSummaries  bool
}

// Matching asks which observations hold terms. It is the coarse half of a search: the
// fine one, which tells good matches from poor ones, is recall's.
type Matching struct {
	// Clauses are what to look for, each by itself: an observation matches a clause
	// when it holds all of the clause's terms, in any field. Terms are roots as
	// internal/lexical makes them, though no text is an error: what is none is in
	// no observation.
	Clauses [][]string
	// Filter narrows what is found. Some may be found that fail it by being superseded,
	// a sub-agent's or a summary: Ranked tells.
	Filter ObservationFilter
	Limit  int // of each clause; as of a Page
}

// Matches are the observations that match one clause.
type Matches struct {
	Numbers []int64 // the newest, by number, descending
	// Total is how many match, whether they pass the filter or not: exact where
	// there is no filter and Numbers holds them all, else an estimate.
	Total int64
}

// Ranking asks what observations are ranked by.
type Ranking struct {
	Numbers []int64
	Filter  ObservationFilter
	Reach   int64 // see Ranked; at most MaxReach
}

// MaxReach is how far neighbours may be from each other.
const MaxReach = 4

// Ranked is what an observation is ranked by.
type Ranked struct {
	Number     int64
	Thread     int64  // see internal/termlist: observations that stand together
	List       []byte // its terms, see internal/termlist
	OccurredAt memory.Epoch
	// Asked says that it is one of those asked for and passes the filter. Of the others,
	// which stand near to such in a thread, it is not known whether they pass.
	Asked bool
}

// Hit is an observation that a search found. A higher score is a better match;
// scores of different searches do not compare.
type Hit struct {
	memory.Observation
	Score   float64  `json:"score"`
	Matched []string `json:"matched,omitempty"` // the query's words that it holds
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
	// Extent counts the scope's observations. Above some thousands it may estimate,
	// and remember for a minute what it counted.
	Extent(ctx context.Context, s memory.Scope) (int64, error)
	// Matching finds the newest observations that match each clause, in the order of
	// the clauses. Of a clause that a large share of a large store matches an engine
	// may look at the newest observations only, or list none as long as another clause
	// has some; its Total is above their number then.
	Matching(ctx context.Context, s memory.Scope, q Matching) ([]Matches, error)
	// Ranked reads what the observations with those numbers (at most MaxPage of them)
	// are ranked by, if they pass the filter, and the others of the same threads whose
	// numbers are no further than reach from one of theirs; in ascending order.
	Ranked(ctx context.Context, s memory.Scope, q Ranking) ([]Ranked, error)
	// Around returns the observation with its neighbours in the order of
	// Observations reversed: up to before older ones, it, up to after newer ones.
	// Superseded ones and those of sub-agents are left out, unless it is the anchor.
	Around(ctx context.Context, s memory.Scope, number int64, before, after int) ([]memory.Observation, error)
	// JobObservations lists what a job made, in the order it was made.
	JobObservations(ctx context.Context, j memory.Job) ([]memory.Observation, error)
	// EventObservations lists what was made from an event, in the order it was made.
	EventObservations(ctx context.Context, s memory.Scope, eventID string) ([]memory.SourcedObservation, error)
}

// ObservationWriter stores observations and keeps the full-text index in step:
// there is no other way into either.
type ObservationWriter interface {
	// PutObservation stores o with its sources and returns it with its number. If
	// the project has one with the same GenerationKey, that one is returned and
	// created is false.
	//
	// Of the project's observations that are alike (memory.Observation.Likeness) only
	// the one that occurred last is not superseded: what is stored supersedes it, or is
	// superseded by it. One that comes with a SupersededBy is left as it is.
	PutObservation(ctx context.Context, o memory.Observation, sources ...memory.Source) (stored memory.Observation, created bool, err error)
	// HoldObservation is Observation for whoever is about to write back what it read:
	// until the transaction ends, others neither change it nor hold it.
	HoldObservation(ctx context.Context, s memory.Scope, id string) (memory.Observation, error)
	// UpdateObservation replaces kind, content and metadata.
	UpdateObservation(ctx context.Context, o memory.Observation) (memory.Observation, error)
	// DeleteObservation removes the row, its sources and its index entry.
	DeleteObservation(ctx context.Context, s memory.Scope, id string) error
	// Supersede marks the observations with these ids as replaced by another of the
	// project; an empty by lets them count again. If one of them does not exist, or is
	// the other, it is memory.ErrNotFound.
	Supersede(ctx context.Context, s memory.Scope, by string, ids []string) error
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

// AuditWriter appends to the audit log, and forgets what is too old.
type AuditWriter interface {
	PutAudit(ctx context.Context, entries ...memory.AuditEntry) error
	// DropAudit removes up to limit of the scope's entries that were made before the
	// given time, the oldest first, and says how many: fewer than limit when there are no
	// more, or others remove them at this moment, who neither wait nor count them twice.
	DropAudit(ctx context.Context, s memory.Scope, before memory.Epoch, limit int) (int64, error)
}
