package memory

import "time"

// The kinds under which usage is counted that has none of a job; all other usage is
// counted under the kind of the job that caused it.
const (
	UsageRequest   Kind = "request"
	UsageEmbedding Kind = "embedding" // by an embedding model, of memories and of questions
	// UsageEmbeddingFree is the same by a model that costs nothing: budgets do not count it.
	UsageEmbeddingFree Kind = "embedding-free"
)

// Usage is something that was used, by whom and for what.
type Usage struct {
	TeamID    string
	ProjectID string // or "": the team's own
	APIKeyID  Opt    // of a request
	JobID     string // of a job: what it cost in tokens is kept for it alone, too
	Kind      Kind
	Provider  string // or "": none was asked
	Model     string
	At        Epoch
	UsageCounts
}

// UsageCounts is how much was used. Counts of two periods, or of two projects, add.
type UsageCounts struct {
	Requests     int64 `json:"requests"`
	Calls        int64 `json:"calls"`        // of providers, answered or not
	Events       int64 `json:"events"`       // that those calls were about; of summaries none
	Observations int64 `json:"observations"` // that came of them
	Skipped      int64 `json:"skipped"`      // events that no provider was asked about, since it was not worth it
	InputTokens  int64 `json:"inputTokens"`
	OutputTokens int64 `json:"outputTokens"`
}

// Tokens is what budgets count.
func (c UsageCounts) Tokens() int64 { return c.InputTokens + c.OutputTokens }

// Plus is the sum of both.
func (c UsageCounts) Plus(d UsageCounts) UsageCounts {
	return UsageCounts{
		Requests: c.Requests + d.Requests, Calls: c.Calls + d.Calls, Events: c.Events + d.Events,
		Observations: c.Observations + d.Observations, Skipped: c.Skipped + d.Skipped,
		InputTokens: c.InputTokens + d.InputTokens, OutputTokens: c.OutputTokens + d.OutputTokens,
	}
}

// Day is the beginning of e's day in UTC, the finest period that usage is kept by.
func (e Epoch) Day() Epoch {
	const day = Epoch(24 * time.Hour / time.Millisecond)
	return e - (e%day+day)%day
}

// Month is the beginning of e's month in UTC.
func (e Epoch) Month() Epoch {
	t := time.UnixMilli(int64(e)).UTC()
	return EpochOf(time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC))
}
