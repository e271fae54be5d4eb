package exchange

import (
	"encoding/json"

	"claude-mem/memory"
	"claude-mem/storage"
)

// Format names the format in a header; Version is what this program writes, and the
// newest that it reads.
const (
	Format  = "claude-mem-export"
	Version = 1
)

// Header is the first line of a file.
type Header struct {
	Format    string       `json:"format"`
	Version   int          `json:"version"`
	Product   string       `json:"product"` // the version of the program that wrote it
	CreatedAt memory.Epoch `json:"createdAtEpoch"`
	Project   memory.Opt   `json:"project,omitempty"` // the id of the only one in it
}

// Counts is how many rows of each kind there are.
type Counts struct {
	Teams        int64 `json:"teams"`
	Projects     int64 `json:"projects"`
	Sessions     int64 `json:"sessions"`
	Events       int64 `json:"events"`
	Jobs         int64 `json:"jobs"`
	Observations int64 `json:"observations"`
}

// Total is how many rows there are.
func (c Counts) Total() int64 {
	return c.Teams + c.Projects + c.Sessions + c.Events + c.Jobs + c.Observations
}

// End is the last line of a file.
type End struct {
	Counts Counts `json:"counts"`
}

// session is a session as a line has it.
type session struct {
	memory.Session
	DedupeKey memory.Opt `json:"dedupeKey,omitempty"`
}

// event is an event as a line has it.
type event struct {
	memory.Event
	DedupeKey memory.Opt `json:"dedupeKey,omitempty"`
	Generate  bool       `json:"generate,omitempty"`
}

// job is a job as a line has it. It never has a lease.
type job struct {
	memory.Job
	Kind          memory.Kind `json:"kind"`
	Revision      int64       `json:"revision,omitempty"`
	Retries       int         `json:"retries,omitempty"`
	APIKeyID      memory.Opt  `json:"apiKeyId,omitempty"`
	ActorID       memory.Opt  `json:"actorId,omitempty"`
	SourceAdapter string      `json:"sourceAdapter"`
	RequestID     memory.Opt  `json:"requestId,omitempty"`
	Events        []member    `json:"events,omitempty"` // of a batch
}

// member is an event of a batch.
type member struct {
	EventID string     `json:"id"`
	Bytes   int64      `json:"bytes"`
	Result  memory.Opt `json:"result,omitempty"`
}

// observation is an observation as a line has it.
type observation struct {
	memory.Observation
	Sources []memory.Source `json:"sources,omitempty"`
}

// line is one line of a file: exactly one of its fields is set.
type line struct {
	Header      *Header         `json:"header,omitempty"`
	Team        *memory.Team    `json:"team,omitempty"`
	Project     *memory.Project `json:"project,omitempty"`
	Session     *session        `json:"session,omitempty"`
	Event       *event          `json:"event,omitempty"`
	Job         *job            `json:"job,omitempty"`
	Observation *observation    `json:"observation,omitempty"`
	End         *End            `json:"end,omitempty"`
}

func sessionLine(s memory.Session) line {
	return line{Session: &session{Session: s, DedupeKey: memory.Opt(s.DedupeKey)}}
}

// row is the session that the line tells of.
func (s session) row() memory.Session {
	s.Session.DedupeKey = string(s.DedupeKey)
	return s.Session
}

func eventLine(e memory.Event) line {
	return line{Event: &event{Event: e, DedupeKey: memory.Opt(e.DedupeKey), Generate: e.Generate}}
}

// row is the event that the line tells of.
func (e event) row() memory.Event {
	e.Event.DedupeKey, e.Event.Generate = string(e.DedupeKey), e.Generate
	e.Payload = present(e.Payload)
	return e.Event
}

// present is a JSON value, or nothing if it is null.
func present(raw json.RawMessage) json.RawMessage {
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// jobLine writes a job that is under way as one that has not begun: whoever works on
// it does so for the store that it comes from.
func jobLine(j memory.Job, members []storage.BatchMember) line {
	if j.Status == memory.JobProcessing {
		j.Status, j.Attempts = memory.JobQueued, max(0, j.Attempts-1)
	}
	if j.Status == memory.JobQueued {
		j.APIKeyID = "" // or it would be refused where nobody knows the key
	}
	out := &job{
		Job: j, Kind: j.Kind, Revision: j.Revision, Retries: j.Retries, APIKeyID: j.APIKeyID,
		ActorID: j.ActorID, SourceAdapter: j.SourceAdapter, RequestID: j.RequestID,
	}
	for _, m := range members {
		out.Events = append(out.Events, member{m.EventID, m.Bytes, m.Result})
	}
	return line{Job: out}
}

// row is the job that the line tells of.
func (j job) row() memory.Job {
	r := j.Job
	r.Kind, r.Revision, r.Retries = j.Kind, j.Revision, j.Retries
	r.APIKeyID, r.ActorID, r.SourceAdapter, r.RequestID = j.APIKeyID, j.ActorID, j.SourceAdapter, j.RequestID
	return r
}
