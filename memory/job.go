package memory

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// JobStatus is where a job stands.
type JobStatus string

// The states of a job. Queued and processing are open, the others are terminal.
const (
	JobQueued     JobStatus = "queued"
	JobProcessing JobStatus = "processing"
	JobCompleted  JobStatus = "completed"
	JobFailed     JobStatus = "failed"
	JobCancelled  JobStatus = "cancelled"
)

// Terminal reports whether no worker will touch the job any more.
func (s JobStatus) Terminal() bool { return s == JobCompleted || s == JobFailed || s == JobCancelled }

// Lane is a queue of its own: a slow summary never holds up an event.
type Lane string

// The lanes there are.
const (
	LaneEvent   Lane = "event"
	LaneSummary Lane = "summary"
	LaneReindex Lane = "reindex"
)

// Lanes lists every lane.
func Lanes() []Lane { return []Lane{LaneEvent, LaneSummary, LaneReindex} }

// Kind says what a job makes of its source.
type Kind string

// The kinds of job.
const (
	KindEvent   Kind = "event"
	KindBatch   Kind = "event-batch"
	KindSummary Kind = "summary"
	KindReindex Kind = "reindex"
)

// Lane is where jobs of the kind wait.
func (k Kind) Lane() Lane {
	switch k {
	case KindSummary:
		return LaneSummary
	case KindReindex:
		return LaneReindex
	}
	return LaneEvent
}

// JobType is the kind's name on the wire and in the job's unique key.
func (k Kind) JobType() string {
	switch k {
	case KindSummary:
		return "observation_generate_session_summary"
	case KindBatch:
		return "observation_generate_for_event_batch"
	case KindReindex:
		return "observation_reindex"
	}
	return "observation_generate_for_event"
}

// SourceType says what a job's SourceID names.
func (k Kind) SourceType() string {
	switch k {
	case KindSummary:
		return "session_summary"
	case KindBatch:
		return "event_batch"
	case KindReindex:
		return "observation_reindex"
	}
	return "agent_event"
}

// DefaultMaxAttempts is how often a job is tried before it fails for good.
const DefaultMaxAttempts = 3

// Job is the outbox row that says an observation is owed. It is unique on
// (team, project, source type, source id, job type, revision).
type Job struct {
	ID            string    `json:"id"`
	ProjectID     string    `json:"projectId"`
	TeamID        string    `json:"teamId"`
	SourceType    string    `json:"sourceType"`
	SourceID      string    `json:"sourceId"`
	EventID       Opt       `json:"agentEventId"`
	SessionID     Opt       `json:"serverSessionId"`
	JobType       string    `json:"jobType"`
	Status        JobStatus `json:"status"`
	QueueID       string    `json:"bullmqJobId"` // the queue message's id; the name is the contract's
	Attempts      int       `json:"attempts"`
	MaxAttempts   int       `json:"maxAttempts"`
	NextAttemptAt Epoch     `json:"nextAttemptAtEpoch"`
	CompletedAt   Epoch     `json:"completedAtEpoch"`
	FailedAt      Epoch     `json:"failedAtEpoch"`
	CancelledAt   Epoch     `json:"cancelledAtEpoch"`
	LastError     Opt       `json:"lastError"`
	CreatedAt     Epoch     `json:"createdAtEpoch"`
	UpdatedAt     Epoch     `json:"updatedAtEpoch"`

	Kind Kind `json:"-"`
	// Revision tells summaries of one session apart: it is the number of events the
	// session had when the summary was asked for. Jobs of events have 0.
	Revision int64 `json:"-"`
	// Result is how a completed job ended: "observations", or "skipped: <reason>".
	Result Opt `json:"result,omitempty"`

	LockedBy    Opt   `json:"-"` // the lease: who works on it …
	LockedUntil Epoch `json:"-"` // … and until when nobody else may

	// ReservedTokens are set aside for a call that is under way, or that was cut off
	// and is not in the ledger yet.
	ReservedTokens int64 `json:"-"`

	// Retries is how often an operator put the job back to queued.
	Retries int `json:"-"`

	// What came with the request that owed the job.
	APIKeyID      Opt    `json:"-"`
	ActorID       Opt    `json:"-"`
	SourceAdapter string `json:"-"`
	RequestID     Opt    `json:"-"`
}

// Scope is the tenant that owns the job.
func (j Job) Scope() Scope { return Scope{TeamID: j.TeamID, ProjectID: j.ProjectID} }

// OfSession reports whether the job is about its session as a whole, rather than about
// something that happened in it.
func (j Job) OfSession() bool { return j.SessionID != "" && j.SourceID == string(j.SessionID) }

// GenerationKeys begins the keys of all that the job makes. It is followed by the
// place of each observation and what tells its text from others.
func (j Job) GenerationKeys() string { return "generation:v1:" + j.ID + ":" }

// Message is the wake-up call for the job.
func (j Job) Message() Message {
	return Message{
		ID: j.QueueID, Kind: j.Kind, JobID: j.ID, TeamID: j.TeamID, ProjectID: j.ProjectID,
		SourceType: j.SourceType, SourceID: j.SourceID, APIKeyID: string(j.APIKeyID),
		ActorID: string(j.ActorID), SourceAdapter: j.SourceAdapter, RequestID: string(j.RequestID),
	}
}

// Message is what travels through a queue: ids only. Whoever receives it reloads
// everything else from storage.
type Message struct {
	ID            string `json:"id"` // see QueueID
	Kind          Kind   `json:"kind"`
	TeamID        string `json:"team_id"`
	ProjectID     string `json:"project_id"`
	SourceType    string `json:"source_type"`
	SourceID      string `json:"source_id"`
	JobID         string `json:"generation_job_id"`
	APIKeyID      string `json:"api_key_id,omitempty"`
	ActorID       string `json:"actor_id,omitempty"`
	SourceAdapter string `json:"source_adapter,omitempty"`
	RequestID     string `json:"request_id,omitempty"`
}

// Validate checks that the message names a job completely.
func (m Message) Validate() error {
	var is Issues
	is.ID(m.ID, "id")
	is.ID(m.TeamID, "team_id")
	is.ID(m.ProjectID, "project_id")
	is.ID(m.SourceID, "source_id")
	is.ID(m.JobID, "generation_job_id")
	switch m.Kind {
	case KindEvent, KindBatch, KindSummary, KindReindex:
		if m.SourceType != m.Kind.SourceType() {
			is.Add("invalid_value", "Invalid option: expected \""+m.Kind.SourceType()+"\"", "source_type")
		}
	default:
		is.Add("invalid_value", "Invalid option: no such kind of job", "kind")
	}
	return is.Err()
}

// QueueID is the deterministic id of the job's message: a prefix for the kind,
// then the hex SHA-256 over kind, tenant and source as compact JSON, which is the
// original product's formula. It holds no colon, which some queues reserve. A
// revision above 0 is part of the hash.
func QueueID(j Job) string {
	prefix := "evt_"
	switch j.Kind {
	case KindBatch:
		prefix = "bat_"
	case KindSummary:
		prefix = "sum_"
	case KindReindex:
		prefix = "rei_"
	}
	// Strings and numbers always marshal.
	source, _ := json.Marshal(struct {
		Kind       Kind   `json:"kind"`
		TeamID     string `json:"team_id"`
		ProjectID  string `json:"project_id"`
		SourceType string `json:"source_type"`
		SourceID   string `json:"source_id"`
		Revision   int64  `json:"revision,omitempty"`
	}{j.Kind, j.TeamID, j.ProjectID, j.SourceType, j.SourceID, j.Revision})
	sum := sha256.Sum256(source)
	return prefix + hex.EncodeToString(sum[:])
}
