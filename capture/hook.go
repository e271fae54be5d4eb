package capture

import (
	"context"
	"errors"
	"maps"
	"slices"

	"claude-mem/memory"
)

// hookAdapter is the source of everything that hooks tell.
const hookAdapter = "hook"

// hookDraft is a hook record made ready for the transaction.
type hookDraft struct {
	record  memory.HookRecord
	project memory.Project
	session sessionRef
	event   *draft // nil: the record has none
	kept    bool   // it lay in the spool before it was told
}

// Hook takes in what one hook call amounts to. The answer holds no context: that
// is for whoever knows recall to add.
func (c *Capture) Hook(ctx context.Context, caller memory.Caller, r memory.HookRecord) (memory.HookAnswer, error) {
	d, err := c.prepareHook(ctx, caller, r)
	if err != nil {
		return memory.HookAnswer{}, err
	}
	// An agent waits for an answer to a question; it need not wait for a disk, too.
	if sid, ok := c.sessions.get(d.session.key(d.project.ID)); ok && d.asksOnly() {
		return memory.HookAnswer{SessionID: sid}, nil
	}
	return c.tell(ctx, caller, d)
}

// HookBatch takes in records in order, as few transactions as it can make of them.
// rejected holds, at the place of each record, why it can never be taken in; nil
// for those that were. When err is not nil the rest may be told again later: to
// tell the whole batch again is harmless.
func (c *Capture) HookBatch(ctx context.Context, caller memory.Caller, rs []memory.HookRecord) (rejected []error, err error) {
	rejected = make([]error, len(rs))
	places := make([]int, 0, len(rs)) // of the drafts among the records
	drafts := make([]hookDraft, 0, len(rs))
	for i, r := range rs {
		d, err := c.prepareHook(ctx, caller, r)
		if err = setAside(err, &rejected[i]); err != nil {
			return rejected, err
		}
		if rejected[i] == nil {
			d.kept = true
			places, drafts = append(places, i), append(drafts, d)
		}
	}
	if len(drafts) == 0 {
		return rejected, nil
	}
	_, err = c.tell(ctx, caller, drafts...)
	if err == nil || ctx.Err() != nil {
		return rejected, err
	}
	// One of them spoils it for all: find out which.
	for k, d := range drafts {
		_, err := c.tell(ctx, caller, d)
		if err = setAside(err, &rejected[places[k]]); err != nil {
			return rejected, err
		}
	}
	return rejected, nil
}

// tell writes records in one transaction, and owes the summaries that they make
// necessary. It returns the answer to the last.
func (c *Capture) tell(ctx context.Context, caller memory.Caller, drafts ...hookDraft) (answer memory.HookAnswer, err error) {
	err = c.write(ctx, caller, func(u *unit) (err error) {
		late := make(map[string]hookDraft) // by session
		for _, d := range drafts {
			if answer, err = u.hook(ctx, d); err != nil {
				return err
			}
			if answer.EventID != "" && !answer.Duplicate {
				late[answer.SessionID] = d
			}
		}
		return u.oweLateSummaries(ctx, late)
	})
	return answer, err
}

// setAside moves the fault of a wrong record to rejected; a failure of ours it returns.
func setAside(err error, rejected *error) error {
	switch memory.CodeOf(err) {
	case memory.CodeValidation, memory.CodeForbidden, memory.CodeNotFound, memory.CodeConflict, memory.CodeTooLarge:
		*rejected = err
		return nil
	}
	return err
}

func (c *Capture) prepareHook(ctx context.Context, caller memory.Caller, r memory.HookRecord) (hookDraft, error) {
	if err := r.Validate(); err != nil {
		return hookDraft{}, err
	}
	p, err := c.ResolveProject(ctx, caller, r.Project, Hook)
	if err != nil {
		return hookDraft{}, err
	}
	if r.OccurredAt == 0 {
		r.OccurredAt = memory.Now()
	}
	sid := cleanText(r.SessionID)
	// The host's id is both names of the session: whoever tells of it under either
	// finds the same one.
	d := hookDraft{record: r, project: p, session: sessionRef{
		external: sid, content: sid, platform: r.PlatformSource, startedAt: r.OccurredAt,
	}}
	if t := r.Want.Tree; t != nil {
		d.session.branch = cleanText(t.Branch)
	}
	if e := r.Event; e != nil {
		ev := c.newDraft(caller, p, memory.EventInput{
			SourceType: hookAdapter, SourceEventID: e.SourceID, EventType: e.Type, PlatformSource: r.PlatformSource,
			AgentID: e.AgentID, AgentType: e.AgentType, Payload: e.Payload, OccurredAt: &r.OccurredAt,
		}, e.Type != memory.EventUserPrompt) // a prompt alone is nothing done
		ev.session = d.session
		d.event = &ev
	}
	return d, nil
}

// asksOnly reports whether the record tells nothing that would have to be stored.
func (d hookDraft) asksOnly() bool {
	return d.event == nil && !d.record.Summarize && !d.record.EndSession
}

// hook writes one record.
func (u *unit) hook(ctx context.Context, d hookDraft) (memory.HookAnswer, error) {
	scope := d.project.Scope()
	sid, err := u.resolveSession(ctx, scope, d.session)
	if err != nil {
		return memory.HookAnswer{}, err
	}
	answer := memory.HookAnswer{SessionID: sid}
	if d.record.EndSession {
		// Whatever is not counted below has to find that the session has ended. It is held
		// before a batch of it is joined: see storage.SessionWriter.
		if _, err := u.HoldSession(ctx, scope, sid); err != nil {
			return answer, err
		}
	}
	if d.event != nil {
		stored, err := u.event(ctx, d.event)
		if err != nil {
			return answer, err
		}
		u.auditEvents([]Stored{stored})
		answer.EventID, answer.Duplicate, answer.JobID = stored.Event.ID, !stored.Created, jobID(stored.Job)
	}
	if !d.record.Summarize && !d.record.EndSession {
		return answer, nil
	}
	n, err := u.CountSessionEvents(ctx, scope, sid)
	if err != nil {
		return answer, err
	}
	if n > 0 { // a session in which nothing happened has nothing to sum up
		var due memory.Epoch
		if p := u.c.policy(d.project); p == memory.PolicyEndOfSession && !d.record.EndSession {
			due = u.c.due(p, u.now, u.now)
		}
		job, err := u.oweSummary(ctx, scope, sid, n, due)
		if err != nil {
			return answer, err
		}
		answer.JobID = job.ID
	}
	if !d.record.EndSession {
		return answer, nil
	}
	if err := u.wake(ctx, scope, sid); err != nil {
		return answer, err
	}
	return answer, u.endAt(ctx, scope, sid, d.record.OccurredAt, answer.JobID)
}

// oweLateSummaries owes anew the summaries of those sessions that had ended when
// events of theirs came. Two hooks of one moment overtake each other, and while
// events lay in the spool, the end may have arrived by the direct way: nobody will
// ask again. What happened after the end is not late, but tells of a session that
// was resumed, and will end again.
func (u *unit) oweLateSummaries(ctx context.Context, last map[string]hookDraft) error {
	for _, sid := range slices.Sorted(maps.Keys(last)) { // in one order, for whoever waits for others
		d := last[sid]
		scope := d.project.Scope()
		s, err := u.Session(ctx, scope, sid)
		if err != nil {
			return err
		}
		if s.EndedAt == 0 || !d.kept && d.record.OccurredAt > s.EndedAt {
			continue
		}
		// Who comes late at the same moment waits here, so that the last counts all.
		if _, err := u.EndSession(ctx, scope, sid, s.EndedAt); err != nil {
			return err
		}
		n, err := u.CountSessionEvents(ctx, scope, sid)
		if err != nil {
			return err
		}
		if _, err := u.oweSummary(ctx, scope, sid, n, 0); err != nil {
			return err
		}
		if err := u.wake(ctx, scope, sid); err != nil {
			return err
		}
	}
	return nil
}

// endAt ends a session at the time its end happened, which may be long before it
// is told, but for clocks that go ahead of ours.
func (u *unit) endAt(ctx context.Context, s memory.Scope, sid string, at memory.Epoch, jobID string) error {
	found, err := u.Session(ctx, s, sid)
	if errors.Is(err, memory.ErrNotFound) {
		return memory.Errorf(memory.CodeInternal, "session %s is gone: %w", sid, err)
	}
	if err != nil {
		return err
	}
	_, err = u.end(ctx, found, min(at, u.now), jobID)
	return err
}
