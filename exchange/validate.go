package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"claude-mem/memory"
)

const (
	// maxKey bounds what databases keep in indexes.
	maxKey = 2000
	// maxName bounds names of projects, which are paths.
	maxName = 64 << 10
	// maxTime is the largest integer that JSON represents exactly everywhere.
	maxTime = 1<<53 - 1
)

// check collects the first thing that is wrong with a row.
type check struct {
	what string // the row, as its line names it
	err  error
}

// fail says what is wrong with a field.
func (c *check) fail(field, format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%s.%s: %s", c.what, field, fmt.Sprintf(format, args...))
	}
}

// text checks a text of at most so many bytes.
func (c *check) text(field, v string, maxBytes int) {
	switch {
	case strings.ContainsRune(v, 0):
		c.fail(field, "it holds a NUL, which no database takes; remove it")
	case len(v) > maxBytes:
		c.fail(field, "it has %d bytes, and %d are allowed; shorten it", len(v), maxBytes)
	}
}

// must checks a text that has to be there.
func (c *check) must(field, v string, maxBytes int) {
	if v == "" {
		c.fail(field, "it is missing; a row cannot be without one")
	}
	c.text(field, v, maxBytes)
}

// times checks points in time.
func (c *check) times(times map[string]memory.Epoch) {
	for field, t := range times {
		if t < 0 || t > maxTime {
			c.fail(field, "%d is no time in milliseconds since 1970", t)
		}
	}
}

// object checks that a value is a JSON object, or absent.
func (c *check) object(field string, raw json.RawMessage) {
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && raw[0] != '{' && string(raw) != "null" {
		c.fail(field, "it has to be an object")
	}
}

// count checks numbers that cannot be below zero.
func (c *check) count(field string, n int64) {
	if n < 0 || n > maxTime {
		c.fail(field, "%d is out of bounds", n)
	}
}

// tenant checks what says whose a row is.
func (c *check) tenant(id, team, project string) {
	c.must("id", id, maxKey)
	c.must("teamId", team, maxKey)
	c.must("projectId", project, maxKey)
}

// validate checks that the line holds one row, and that any store can take it.
func (l line) validate() error {
	var rows int
	for _, there := range []bool{l.Team != nil, l.Project != nil, l.Session != nil, l.Event != nil, l.Job != nil, l.Observation != nil, l.End != nil} {
		if there {
			rows++
		}
	}
	if l.Header != nil {
		return errors.New("header: there is a second one; import one file at a time")
	}
	if rows != 1 {
		return fmt.Errorf("the line holds %d rows instead of one: a team, project, session, event, job, observation or end", rows)
	}
	switch {
	case l.Team != nil:
		c := check{what: "team"}
		c.must("id", l.Team.ID, maxKey)
		c.must("name", l.Team.Name, maxKey)
		c.times(map[string]memory.Epoch{"createdAtEpoch": l.Team.CreatedAt})
		return c.err
	case l.Project != nil:
		c, p := check{what: "project"}, l.Project
		c.tenant(p.ID, p.TeamID, p.ID)
		c.must("name", p.Name, maxName)
		c.object("metadata", p.Metadata)
		c.times(map[string]memory.Epoch{"createdAtEpoch": p.CreatedAt, "updatedAtEpoch": p.UpdatedAt})
		return c.err
	case l.Session != nil:
		return l.Session.validate()
	case l.Event != nil:
		return l.Event.validate()
	case l.Job != nil:
		return l.Job.validate()
	case l.Observation != nil:
		return l.Observation.validate()
	}
	return nil
}

func (s session) validate() error {
	c := check{what: "session"}
	c.tenant(s.ID, s.TeamID, s.ProjectID)
	c.must("generationStatus", s.GenerationStatus, maxKey)
	for field, v := range map[string]memory.Opt{
		"externalSessionId": s.ExternalSessionID, "contentSessionId": s.ContentSessionID, "agentId": s.AgentID,
		"agentType": s.AgentType, "platformSource": s.PlatformSource, "dedupeKey": s.DedupeKey,
	} {
		c.text(field, string(v), maxKey)
	}
	c.object("metadata", s.Metadata)
	c.times(map[string]memory.Epoch{
		"startedAtEpoch": s.StartedAt, "endedAtEpoch": s.EndedAt, "lastGeneratedAtEpoch": s.LastGeneratedAt,
		"createdAtEpoch": s.CreatedAt, "updatedAtEpoch": s.UpdatedAt,
	})
	return c.err
}

func (e event) validate() error {
	c := check{what: "event"}
	c.tenant(e.ID, e.TeamID, e.ProjectID)
	c.must("sourceAdapter", e.SourceAdapter, maxKey)
	c.must("eventType", e.EventType, maxKey)
	for field, v := range map[string]memory.Opt{
		"serverSessionId": e.SessionID, "sourceEventId": e.SourceEventID, "platformSource": e.PlatformSource,
		"agentId": e.AgentID, "agentType": e.AgentType, "dedupeKey": e.DedupeKey,
	} {
		c.text(field, string(v), maxKey)
	}
	c.object("metadata", e.Metadata)
	c.times(map[string]memory.Epoch{
		"occurredAtEpoch": e.OccurredAt, "receivedAtEpoch": e.ReceivedAt, "createdAtEpoch": e.CreatedAt,
	})
	return c.err
}

func (j job) validate() error {
	c := check{what: "job"}
	c.tenant(j.ID, j.TeamID, j.ProjectID)
	c.must("sourceId", j.SourceID, maxKey)
	c.must("bullmqJobId", j.QueueID, maxKey)
	c.text("sourceAdapter", j.SourceAdapter, maxKey)
	for field, v := range map[string]memory.Opt{
		"agentEventId": j.EventID, "serverSessionId": j.SessionID, "result": j.Result,
		"apiKeyId": j.APIKeyID, "actorId": j.ActorID, "requestId": j.RequestID,
	} {
		c.text(field, string(v), maxKey)
	}
	c.text("lastError", string(j.LastError), maxLine)
	if !slices.Contains([]memory.Kind{memory.KindEvent, memory.KindBatch, memory.KindSummary}, j.Kind) {
		c.fail("kind", "there is no kind of job %q that is exported", j.Kind)
	}
	if j.SourceType != j.Kind.SourceType() {
		c.fail("sourceType", "it has to be %q for a job of kind %q", j.Kind.SourceType(), j.Kind)
	}
	if j.JobType != j.Kind.JobType() {
		c.fail("jobType", "it has to be %q for a job of kind %q", j.Kind.JobType(), j.Kind)
	}
	if j.Status != memory.JobQueued && !j.Status.Terminal() {
		c.fail("status", "%q is none; there are queued, completed, failed and cancelled", j.Status)
	}
	for field, n := range map[string]int{"attempts": j.Attempts, "maxAttempts": j.MaxAttempts, "retries": j.Retries} {
		if n < 0 || n > 1<<31-1 {
			c.fail(field, "%d is out of bounds", n)
		}
	}
	c.count("revision", j.Revision)
	for i, m := range j.Events {
		c.must(fmt.Sprintf("events[%d].id", i), m.EventID, maxKey)
		c.text(fmt.Sprintf("events[%d].result", i), string(m.Result), maxKey)
		c.count(fmt.Sprintf("events[%d].bytes", i), m.Bytes)
	}
	if len(j.Events) > 0 && j.Kind != memory.KindBatch {
		c.fail("events", "only a job of kind %q has them", memory.KindBatch)
	}
	c.times(map[string]memory.Epoch{
		"nextAttemptAtEpoch": j.NextAttemptAt, "completedAtEpoch": j.CompletedAt, "failedAtEpoch": j.FailedAt,
		"cancelledAtEpoch": j.CancelledAt, "createdAtEpoch": j.CreatedAt, "updatedAtEpoch": j.UpdatedAt,
	})
	return c.err
}

func (o observation) validate() error {
	c := check{what: "observation"}
	c.tenant(o.ID, o.TeamID, o.ProjectID)
	c.must("kind", o.Kind, maxKey)
	c.text("content", o.Content, maxLine)
	if o.Number < 1 || o.Number > maxTime {
		c.fail("number", "%d is none; the first is 1", o.Number)
	}
	for field, v := range map[string]memory.Opt{
		"serverSessionId": o.SessionID, "agentId": o.AgentID, "generationKey": o.GenerationKey,
		"createdByJobId": o.CreatedByJob, "supersededBy": o.SupersededBy,
	} {
		c.text(field, string(v), maxKey)
	}
	for i, s := range o.Sources {
		c.must(fmt.Sprintf("sources[%d].id", i), s.ID, maxKey)
		c.must(fmt.Sprintf("sources[%d].sourceType", i), s.SourceType, maxKey)
		c.must(fmt.Sprintf("sources[%d].sourceId", i), s.SourceID, maxKey)
		c.text(fmt.Sprintf("sources[%d].generationJobId", i), string(s.JobID), maxKey)
		c.times(map[string]memory.Epoch{fmt.Sprintf("sources[%d].createdAtEpoch", i): s.CreatedAt})
	}
	c.times(map[string]memory.Epoch{
		"occurredAtEpoch": o.OccurredAt, "createdAtEpoch": o.CreatedAt, "updatedAtEpoch": o.UpdatedAt,
	})
	return c.err
}
