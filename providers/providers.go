// Package providers is the contract between generation and what turns events
// into observations: a language model, or the built-in rules of providers/local.
package providers

import (
	"context"
	"time"

	"claude-mem/memory"
)

// Request is one job's input. Exactly one of the kinds is asked for; the events
// are in the order they occurred and already stripped of what is private.
type Request struct {
	Kind    memory.Kind    // KindEvent, KindBatch or KindSummary
	Project memory.Project // whose root, for a solo project, is its name
	Session memory.Session // zero when the events belong to none
	Events  []memory.Event
	Omitted int    // events left out of the middle of a session too long for one request
	Prompt  string // what the user had asked last before the events; "" if unknown
	// Recent holds the titles of the session's latest observations, newest first, so
	// that a provider does not repeat them. It may be short of some, or empty.
	Recent []string
	// Correction says what was wrong with the last answer to the same request, in the
	// words of its ParseError; "" when it is asked for the first time. A model should
	// be told, or it may well repeat itself.
	Correction string
}

// Response is what a provider made of a request.
type Response struct {
	// Observations are what is worth remembering; empty means "nothing", and then
	// Skipped says why, in a few words fit for an operator.
	Observations []Draft
	Skipped      string

	// What the call that answered cost, and who answered. A failure that was paid for
	// says so by the same fields of the Response that comes with the error.
	Provider     string
	Model        string
	InputTokens  int64
	OutputTokens int64
	// Unasked says that there was no such call, as when all members of a chain are left
	// out for a while.
	Unasked bool
	// Earlier are calls that were made before that one and came to nothing, as by the
	// members of a chain.
	Earlier []Cost
}

// Cost is what one call of a provider cost.
type Cost struct {
	Provider     string
	Model        string
	InputTokens  int64
	OutputTokens int64
}

// Draft is an observation before it is stored.
type Draft struct {
	Kind     string
	Metadata memory.Metadata // Content is made of it
	// Events are the ids of the events it came from; empty means all of the request's.
	Events []string
}

// Provider turns events into observations. Implementations are safe for
// concurrent use and honour the context's deadline. A failure is an [*Error].
type Provider interface {
	Name() string
	Generate(ctx context.Context, r Request) (Response, error)
}

// Embedder tells where texts stand in the space of meanings of a model.
// Implementations are safe for concurrent use and honour the context's deadline. A
// failure is an [*Error].
type Embedder interface {
	// Model names the space; vectors of different ones do not compare.
	Model() string
	Embed(ctx context.Context, texts []string) (Embedding, error)
	// Free reports whether the tokens cost nothing, so that no budget counts them.
	Free() bool
}

// Embedding is what a model made of texts.
type Embedding struct {
	Vectors [][]float32 // one for each text, in their order, all of one length
	Tokens  int64       // that it read: by its own count, or else by estimate
}

// EmbeddingProvider is the provider that the ledger has embedding under.
const EmbeddingProvider = "embeddings"

// EmbeddingUsage is what one call of an Embedder puts into the ledger for a project.
func EmbeddingUsage(e Embedder, s memory.Scope, tokens int64) memory.Usage {
	u := memory.Usage{
		TeamID: s.TeamID, ProjectID: s.ProjectID, Kind: memory.UsageEmbedding, Provider: EmbeddingProvider, Model: e.Model(),
		At: memory.Now(), UsageCounts: memory.UsageCounts{Calls: 1, InputTokens: tokens},
	}
	if e.Free() {
		u.Kind = memory.UsageEmbeddingFree
	}
	return u
}

// Free is a Provider of which a part costs nothing, so that no budget is asked for its
// calls. One that does not say so is taken to cost.
type Free interface {
	// Free returns what may be asked whatever the budgets say, nil if nothing may, and
	// whether that is all of the provider.
	Free() (part Provider, whole bool)
}

// FreePart is the part of p that costs nothing, as p says if it is [Free].
func FreePart(p Provider) (part Provider, whole bool) {
	if f, ok := p.(Free); ok {
		return f.Free()
	}
	return nil, false
}

// Foresight is a Provider that knows beforehand whom it will ask.
type Foresight interface {
	// Next is the provider and the model that are most likely asked next.
	Next() (provider, model string)
}

// Next is whom p will most likely ask, as far as p says ([Foresight]).
func Next(p Provider) (provider, model string) {
	if f, ok := p.(Foresight); ok {
		return f.Next()
	}
	return p.Name(), ""
}

// Class says what a failure means for the job.
type Class string

// The classes of failure.
const (
	Transient  Class = "transient"   // try again later
	RateLimit  Class = "rate_limit"  // try again later, not before RetryAfter
	Overloaded Class = "overloaded"  // try again later
	Auth       Class = "auth"        // pause the lane; the attempt does not count
	Quota      Class = "quota"       // pause the lane; the attempt does not count
	BadRequest Class = "bad_request" // fail
	ParseError Class = "parse_error" // ask once more at once, with a Correction, then fail
)

// Error is a classified failure.
type Error struct {
	Class      Class
	RetryAfter time.Duration // 0: not said
	Err        error
}

func (e *Error) Error() string { return string(e.Class) + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
