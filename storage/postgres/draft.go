package postgres

import (
	"context"
	"errors"

	"claude-mem/memory"
)

// maxDraftEvents is how many events a transaction keeps as a draft at most. With more
// of them it has its commit's price spread already, and stores them at once.
const maxDraftEvents = 20

// draft is what a transaction wants stored. As long as it wants nothing else, it
// needs no connection: its events are taken for new, which nearly all are, and when
// its function has returned, the writer stores it together with others.
//
// So nothing of a draft is seen by any other, nor is anything read that depends on
// it, until all of it is committed. When an event turns out not to be new, or a session
// that went on when it was read to have ended, nothing of the draft is stored, and the
// function is run again with a connection that knows.
type draft struct {
	events []memory.Event
	going  []memory.Session // that were read and had not ended
	jobs   []memory.Job
	audits []memory.AuditEntry
	msgs   []memory.Message
}

// errGuess means that something is not as a draft took it to be.
var errGuess = errors.New("an event that was taken for new is not, or a session has ended meanwhile")

// rows is how many rows the draft has.
func (d *draft) rows() int { return len(d.events) + len(d.jobs) + len(d.audits) }

// bytes is about how much the draft takes on its way.
func (d *draft) bytes() int {
	const row = 500
	n := row * d.rows()
	for i := range d.events {
		n += len(d.events[i].Payload) + len(d.events[i].Metadata)
	}
	return n
}

// draftEvents adds events to the draft, if the transaction still is one and they
// may all be new.
func (t *tx) draftEvents(ctx context.Context, events []memory.Event) bool {
	if t.exact || t.conn != nil || t.failed != nil || ctx.Err() != nil || len(t.events)+len(events) > maxDraftEvents {
		return false
	}
	keys := make(map[eventKey]bool, len(t.events)+len(events))
	for _, part := range [][]memory.Event{t.events, events} {
		for _, e := range part {
			k := keyOf(e)
			if k.dedupe != "" && keys[k] {
				return false
			}
			keys[k] = true
		}
	}
	t.events, t.guessed = append(t.events, events...), true
	for _, e := range events {
		t.newEvents[e.ID] = true
	}
	return true
}

// settle makes a transaction with a connection of a draft: it asks for an answer.
func (t *tx) settle(ctx context.Context) {
	if t.conn != nil || t.acquire(ctx) != nil || len(t.events) == 0 {
		return
	}
	events, jobs, audits := t.events, t.jobs, t.audits
	t.events, t.jobs, t.audits = nil, nil, nil // not before the events
	fresh, err := t.insertEvents(ctx, events)
	if err != nil {
		return
	}
	t.jobs, t.audits = jobs, audits
	for _, e := range events {
		if !fresh.take(e.ID) {
			t.failed = errGuess
			return
		}
	}
	ended, err := t.ended(ctx, t.going)
	if err != nil {
		return
	}
	if len(ended) > 0 {
		t.failed = errGuess
		return
	}
	t.guessed = false
}

// submit has the draft stored and its messages published.
func (t *tx) submit(ctx context.Context) error {
	if t.failed != nil {
		return t.failure()
	}
	if t.rows() == 0 {
		return nil
	}
	d := t.draft
	t.draft = draft{}
	err := t.s.writer.do(ctx, d)
	t.guessed = errors.Is(err, errGuess)
	return err
}

// Session implements [storage.SessionReader]. A draft changes no session, so that it
// need not end to see one; but what it reads must hold still when its events are
// stored. A session that has ended never goes on.
func (t *tx) Session(ctx context.Context, s memory.Scope, id string) (memory.Session, error) {
	if t.conn != nil || len(t.events) == 0 {
		return t.reads.Session(ctx, s, id)
	}
	found, err := t.s.Session(ctx, s, id)
	if err == nil && found.EndedAt == 0 {
		t.going = append(t.going, found)
	}
	return found, err
}

// ended finds out which of the sessions have ended, by id. It has to be asked once the
// events are stored: whoever ends a session counts those or is through, and is seen.
func (t *tx) ended(ctx context.Context, sessions []memory.Session) (map[string]bool, error) {
	if len(sessions) == 0 {
		return nil, nil
	}
	ids, teams, projects := make([]string, len(sessions)), make([]string, len(sessions)), make([]string, len(sessions))
	for i, s := range sessions {
		ids[i], teams[i], projects[i] = s.ID, s.TeamID, s.ProjectID
	}
	found, err := all(ctx, t.q, value[string], sql(`SELECT id FROM server_sessions WHERE id = ANY(?)
		AND COALESCE(project_id, '') = ANY(?) AND COALESCE(team_id, '') = ANY(?) AND ended_at IS NOT NULL`, ids, projects, teams))
	ended := make(map[string]bool, len(found))
	for _, id := range found {
		ended[id] = true
	}
	return ended, err
}
