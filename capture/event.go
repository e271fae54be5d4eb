package capture

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"strconv"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// EventOptions say what becomes of events besides being stored.
type EventOptions struct {
	Generate bool // owe an observation of each
}

// Stored is what became of an event.
type Stored struct {
	Event   memory.Event
	Created bool        // false: it was told before
	Job     *memory.Job // nil: no observation was asked for
}

// Events stores 1 to memory.MaxBatch events, all or none, and returns them in
// order. The issues of a ValidationError name an event by its place, unless there
// is only one.
func (c *Capture) Events(ctx context.Context, caller memory.Caller, ins []memory.EventInput, o EventOptions) ([]Stored, error) {
	if len(ins) == 0 || len(ins) > memory.MaxBatch {
		return nil, memory.Invalid(fmt.Sprintf("expected 1 to %d events", memory.MaxBatch))
	}
	drafts := make([]draft, len(ins))
	var invalid memory.Issues
	for i, in := range ins {
		err := in.Validate()
		if e, ok := errors.AsType[*memory.Error](err); ok {
			invalid = append(invalid, placed(e.Issues, i, len(ins))...)
		}
	}
	if err := invalid.Err(); err != nil {
		return nil, err
	}
	for i, in := range ins {
		p, err := c.ResolveProject(ctx, caller, in.ProjectID, Write)
		if err != nil {
			return nil, err
		}
		drafts[i] = c.newDraft(caller, p, in, o.Generate)
	}
	var out []Stored
	err := c.write(ctx, caller, func(u *unit) (err error) {
		if out, err = u.events(ctx, drafts); err == nil {
			u.auditEvents(out)
		}
		return err
	})
	return out, err
}

// placed puts the event's index in front of each path of a batch.
func placed(is []memory.Issue, i, n int) []memory.Issue {
	if n == 1 {
		return is
	}
	for k := range is {
		is[k].Path = append([]string{strconv.Itoa(i)}, is[k].Path...)
	}
	return is
}

// draft is an event with all that can be made ready before the transaction, so
// that the one writer there may be does nothing but write.
type draft struct {
	event   memory.Event
	job     memory.Job // zero if none is asked for
	policy  memory.Policy
	session sessionRef
	digest  [sha256.Size]byte // of the content, without the session
}

func (c *Capture) newDraft(caller memory.Caller, p memory.Project, in memory.EventInput, generate bool) draft {
	now := memory.Now()
	// The wire calls it a source type and the answer an adapter; they differ only for
	// adapters of our own.
	adapter := in.SourceAdapter
	if adapter == "" {
		adapter = in.SourceType
	}
	d := draft{
		policy: c.policy(p),
		event: memory.Event{
			ID: id.New(), ProjectID: p.ID, TeamID: p.TeamID,
			SourceAdapter: adapter, SourceEventID: memory.Opt(cleanText(in.SourceEventID)),
			EventType: cleanText(in.EventType), PlatformSource: memory.Opt(platform(in.PlatformSource)),
			AgentID: memory.Opt(cleanText(in.AgentID)), AgentType: memory.Opt(cleanText(in.AgentType)),
			Payload: cleanJSON(in.Payload), Metadata: cleanJSON(in.Metadata),
			OccurredAt: *in.OccurredAt, ReceivedAt: now, CreatedAt: now, Generate: generate,
		},
		session: sessionRef{
			serverID: cleanText(in.ServerSessionID), content: cleanText(in.ContentSessionID),
			platform: in.PlatformSource, startedAt: *in.OccurredAt,
		},
	}
	e := &d.event
	if e.SourceEventID == "" { // else its id tells it from others, and hashing is for nothing
		d.digest = contentDigest(e)
	}
	if generate {
		d.job = newJob(caller, memory.KindEvent, e.Scope(), e.ID, 0)
		d.job.EventID, d.job.SourceAdapter = memory.Opt(e.ID), adapter
	}
	return d
}

// newJob makes a job that is due at once.
func newJob(caller memory.Caller, k memory.Kind, s memory.Scope, sourceID string, revision int64) memory.Job {
	now := memory.Now()
	j := memory.Job{
		ID: id.New(), ProjectID: s.ProjectID, TeamID: s.TeamID,
		Kind: k, JobType: k.JobType(), SourceType: k.SourceType(), SourceID: sourceID, Revision: revision,
		Status: memory.JobQueued, MaxAttempts: memory.DefaultMaxAttempts, CreatedAt: now, UpdatedAt: now,
		APIKeyID: memory.Opt(caller.Key.ID), ActorID: caller.Key.ActorID, RequestID: memory.Opt(caller.RequestID),
	}
	j.QueueID = memory.QueueID(j)
	return j
}

// event stores one event with its job, or finds those that were stored before.
func (u *unit) event(ctx context.Context, d *draft) (Stored, error) {
	all, err := u.events(ctx, []draft{*d})
	if err != nil {
		return Stored{}, err
	}
	return all[0], nil
}

// events stores events with their jobs, in order.
func (u *unit) events(ctx context.Context, drafts []draft) ([]Stored, error) {
	sessions, err := u.resolveSessions(ctx, drafts)
	if err != nil {
		return nil, err
	}
	events := make([]memory.Event, len(drafts))
	for i := range drafts {
		d := &drafts[i]
		events[i] = d.event
		events[i].SessionID, events[i].DedupeKey = memory.Opt(sessions[i]), d.dedupeKey(sessions[i])
	}
	stored, err := storage.PutEvents(ctx, u.Tx, events)
	if err != nil {
		return nil, err
	}
	out := make([]Stored, len(stored))
	for i, e := range stored {
		if out[i], err = u.withJob(ctx, &drafts[i], e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// withJob owes the observation of an event that is new, if one was asked for, or
// finds the job of one that was stored before.
func (u *unit) withJob(ctx context.Context, d *draft, e storage.StoredEvent) (Stored, error) {
	out := Stored{Event: e.Event, Created: e.Created}
	if !e.Generate { // whatever is asked for now: what was owed when it was new counts
		return out, nil
	}
	var job memory.Job
	var err error
	switch {
	case e.Created && d.policy != memory.PolicyPerEvent && e.SessionID != "":
		job, err = u.oweBatch(ctx, d, e.Event)
	case e.Created:
		job = d.job
		job.SessionID = e.SessionID
		job, err = u.owe(ctx, job)
	default:
		job, err = u.jobOfEvent(ctx, e.Event)
	}
	if err != nil {
		return Stored{}, err
	}
	out.Job = &job
	return out, nil
}

// jobOfEvent finds the job that owes the event's observation, alone or with others.
func (u *unit) jobOfEvent(ctx context.Context, e memory.Event) (memory.Job, error) {
	job, err := u.JobOfSource(ctx, e.Scope(), memory.KindEvent, e.ID)
	if errors.Is(err, memory.ErrNotFound) {
		job, err = u.BatchOfEvent(ctx, e.Scope(), e.ID)
	}
	if err != nil {
		err = fmt.Errorf("the job of event %s: %w", e.ID, err)
	}
	return job, err
}

// owe stores the job and announces it, unless its time is still to come.
func (u *unit) owe(ctx context.Context, j memory.Job) (memory.Job, error) {
	j, created, err := u.PutJob(ctx, j)
	if err == nil && created && j.NextAttemptAt == 0 {
		u.msgs = append(u.msgs, j.Message())
	}
	return j, err
}

// dedupeKey is what makes two tellings the same event: the id it has at its source,
// or else all that it says. The session is part of the latter, and is known last.
func (d *draft) dedupeKey(sessionID string) string {
	if d.event.SourceEventID != "" {
		return "src:" + string(d.event.SourceEventID)
	}
	h := sha256.New()
	hashPart(h, sessionID)
	_, _ = h.Write(d.digest[:]) // a hash never fails
	return "sha:" + hex.EncodeToString(h.Sum(nil))
}

func contentDigest(e *memory.Event) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, part := range []string{
		e.SourceAdapter, e.EventType, string(e.AgentID), strconv.FormatInt(int64(e.OccurredAt), 10),
	} {
		hashPart(h, part)
	}
	hashPart(h, e.Payload)
	hashPart(h, e.Metadata)
	return [sha256.Size]byte(h.Sum(sum[:0]))
}

// hashPart adds a text with its length, so that no two lists of texts hash alike.
func hashPart[T string | json.RawMessage](h hash.Hash, part T) {
	var buf [20]byte
	_, _ = h.Write(strconv.AppendInt(buf[:0], int64(len(part)), 10))
	_, _ = h.Write([]byte{':'})
	_, _ = h.Write([]byte(part))
}
