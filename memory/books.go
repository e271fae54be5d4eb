package memory

// Books is the account of generation for a scope: everything that was asked for
// stands in exactly one of the other columns.
type Books struct {
	EventsAsked  int64 `json:"eventsAsked"`  // events that asked for generation
	SummaryAsked int64 `json:"summaryAsked"` // summaries that were asked for
	Written      int64 `json:"completed"`    // completed with observations
	Skipped      int64 `json:"skipped"`      // completed without, with a reason
	Queued       int64 `json:"queued"`
	Processing   int64 `json:"processing"`
	Failed       int64 `json:"failed"`
	Cancelled    int64 `json:"cancelled"`
	Observations int64 `json:"observations"` // rows there are
}

// Closed reports whether the account adds up.
func (b Books) Closed() bool {
	return b.EventsAsked+b.SummaryAsked == b.Written+b.Skipped+b.Queued+b.Processing+b.Failed+b.Cancelled
}

// Counts is how much is stored in a scope.
type Counts struct {
	Projects int64 `json:"projects"`
	Sessions int64 `json:"sessions"`
	Events   int64 `json:"events"`
}

// Purged is what was removed from a project.
type Purged struct {
	Observations int64 `json:"observations"`
	Events       int64 `json:"agentEvents"`
	Sessions     int64 `json:"sessions"`
	Jobs         int64 `json:"jobs"`
}

// Add adds what another step removed.
func (p *Purged) Add(more Purged) {
	p.Observations += more.Observations
	p.Events += more.Events
	p.Sessions += more.Sessions
	p.Jobs += more.Jobs
}

// LaneStats is how one lane's jobs stand in storage.
type LaneStats struct {
	Lane         Lane  `json:"kind"`
	Queued       int64 `json:"waiting"` // due now
	Delayed      int64 `json:"delayed"` // queued, but not due yet
	Processing   int64 `json:"active"`
	Completed    int64 `json:"completed"`
	Failed       int64 `json:"failed"`
	Stalled      int64 `json:"stalled"`             // processing with an expired lease
	OldestQueued Epoch `json:"oldestQueuedAtEpoch"` // since when the due one that waits longest has
	LastSuccess  Epoch `json:"lastSuccessAtEpoch"`
}
