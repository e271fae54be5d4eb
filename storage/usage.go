package storage

import (
	"context"

	"claude-mem/memory"
)

// UsageBy is what usage is grouped by.
type UsageBy string

// What usage may be grouped by. Days are named like 2026-01-31, projects and keys
// by their ids.
const (
	UsageByDay      UsageBy = "day"
	UsageByProject  UsageBy = "project"
	UsageByKind     UsageBy = "kind"
	UsageByProvider UsageBy = "provider"
	UsageByKey      UsageBy = "key"
)

// UsageGroupings lists what usage may be grouped by.
func UsageGroupings() []UsageBy {
	return []UsageBy{UsageByDay, UsageByProject, UsageByKind, UsageByProvider, UsageByKey}
}

// UsageFilter says what usage is wanted. Usage is kept by the day (UTC), so both
// times are taken for the beginning of theirs.
type UsageFilter struct {
	Since memory.Epoch // 0: ever
	Until memory.Epoch // exclusive; 0: no end
	By    UsageBy      // "": all in one
	Kind  memory.Kind  // "": any
}

// UsageRow is what was used in one group. Providers and models stay apart, because
// their tokens have prices of their own; a row of requests has neither.
type UsageRow struct {
	Group    string `json:"group"`
	Provider string `json:"provider"`
	Model    string `json:"model"`
	memory.UsageCounts
}

// UsageReader reads the ledger.
type UsageReader interface {
	// Usage adds up what was used, for each group, provider and model, in that order.
	Usage(ctx context.Context, s memory.Scope, f UsageFilter, p Page) ([]UsageRow, error)
	// UsageSum adds up all that was used since the beginning of that day.
	UsageSum(ctx context.Context, s memory.Scope, since memory.Epoch) (memory.UsageCounts, error)
	// JobUsage tells what a job cost, for each provider and model in that order; it is
	// empty if it cost no tokens. Only calls and tokens are known.
	JobUsage(ctx context.Context, s memory.Scope, jobID string) ([]memory.Usage, error)
	// TokensTaken counts the tokens used since the beginning of that day, but not those
	// of memory.UsageEmbeddingFree, and those reserved by jobs that are processing now.
	TokensTaken(ctx context.Context, s memory.Scope, since memory.Epoch) (int64, error)
}

// UsageWriter keeps the ledger.
type UsageWriter interface {
	// AddUsage counts what was used. To count the same twice is the caller's to avoid,
	// by doing it in the transaction that ends an attempt.
	AddUsage(ctx context.Context, used ...memory.Usage) error
	// LockBudget keeps others who lock the team's budget waiting until the transaction
	// ends, so that what TokensTaken then says can be acted upon. It comes before the
	// rows that the transaction changes.
	LockBudget(ctx context.Context, teamID string) error
	// ReserveTokens sets tokens aside, in place of what it reserved before, for a call
	// of a job whose lease is the owner's; else ErrConflict. They count as taken while
	// the job is processing, and stand on it (memory.Job.ReservedTokens) until FinishJob,
	// or, where whoever made the call never came to that, until ReleaseTokens.
	ReserveTokens(ctx context.Context, j memory.Job, owner string, tokens int64) error
	// ReleaseTokens takes back what is set aside for a job that is not processing, to be
	// counted by AddUsage in the same transaction. It reports whether there was anything:
	// if not, somebody counted it before.
	ReleaseTokens(ctx context.Context, j memory.Job) (bool, error)
}
