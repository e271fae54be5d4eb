// Package recall hands memories back: by search, along the timeline, and as text
// for a model to read.
//
// There are three sorts of such text, all made the same way (page.go): a budget in
// tokens that the finished text never exceeds, pieces added in the order of their
// worth, and everything between <claude-mem-context> tags, which capture strips so
// that no memory is ever made of a memory.
//
//   - [Recall.SessionContext]: what a session starts with.
//   - [Recall.Context] and [Recall.PromptContext]: what is known about a question;
//     the latter only if it surely belongs.
//   - [Recall.FileContext]: what is known about a file.
//
// The same memory, asked for the same, always gives the same bytes: dates are
// absolute, nothing depends on the clock. A host injects a text again only when it
// changed, and pays for it. Besides the memory, a text tells which of it is stale
// (stale.go), so it changes when the project's files do.
//
// Stored text is foreign. Before it goes to a model its lines are folded and what
// could open or close a tag is escaped (escape.go).
package recall

import (
	"context"

	"claude-mem/memory"
	"claude-mem/recall/meaning"
	"claude-mem/storage"
)

// Store is what recall reads: a [storage.Store] will do.
type Store interface {
	Observations(ctx context.Context, s memory.Scope, f storage.ObservationFilter, p storage.Page) ([]memory.Observation, error)
	LastWritten(ctx context.Context, s memory.Scope, f storage.ObservationFilter, limit int) ([]memory.Observation, error)
	Sessions(ctx context.Context, s memory.Scope, p storage.Page) ([]memory.Session, error)
	SessionDigests(ctx context.Context, s memory.Scope, ids []string) ([]memory.SessionDigest, error)
	Event(ctx context.Context, s memory.Scope, id string) (memory.Event, error)
	ObservationsByNumber(ctx context.Context, s memory.Scope, numbers []int64) ([]memory.Observation, error)
	Extent(ctx context.Context, s memory.Scope) (int64, error)
	Matching(ctx context.Context, s memory.Scope, q storage.Matching) ([]storage.Matches, error)
	Ranked(ctx context.Context, s memory.Scope, q storage.Ranking) ([]storage.Ranked, error)
	Words(ctx context.Context, s memory.Scope, q storage.Spelling) ([]string, error)
	Around(ctx context.Context, s memory.Scope, number int64, before, after int) ([]memory.Observation, error)
}

// Recall answers from one store. It is safe for concurrent use.
type Recall struct {
	store   Store
	meaning *meaning.Index // nil: there is no embedding model
}

// New makes a Recall.
func New(s Store) *Recall { return &Recall{store: s} }

// Context is a text for a model, and what it was made of.
type Context struct {
	Text         string // "" when there is nothing to tell
	Observations []memory.Observation
	Tokens       int // of Text, see [Tokens]
}
