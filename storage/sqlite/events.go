package sqlite

import (
	"context"

	"claude-mem/memory"
	"claude-mem/storage"
)

const eventColumns = `id, project_id, team_id, COALESCE(session_id, ''), source_adapter, COALESCE(source_event_id, ''),
	event_type, COALESCE(platform_source, ''), COALESCE(agent_id, ''), COALESCE(agent_type, ''), payload, metadata,
	occurred_at, received_at, created_at, COALESCE(dedupe_key, ''), generate`

func readEvent(s scanner) (e memory.Event, err error) {
	return e, s.Scan(&e.ID, &e.ProjectID, &e.TeamID, &e.SessionID, &e.SourceAdapter, &e.SourceEventID,
		&e.EventType, &e.PlatformSource, &e.AgentID, &e.AgentType, (*[]byte)(&e.Payload), (*[]byte)(&e.Metadata),
		&e.OccurredAt, &e.ReceivedAt, &e.CreatedAt, &e.DedupeKey, &e.Generate)
}

// Event implements storage.EventReader.
func (r reads) Event(ctx context.Context, s memory.Scope, id string) (memory.Event, error) {
	w := within(s).and("id = ?", id)
	return one(ctx, r.q, "event", readEvent, `SELECT `+eventColumns+` FROM agent_events WHERE `+w.String(), w.args...)
}

// ofSession is the condition that a row is of a session of the tenant. The tenant
// is looked up on the session, whose project its rows share by a foreign key, so
// that an index by session need not be left for every row.
func ofSession(s memory.Scope, sessionID string) *where {
	session := within(s).and("id = ?", sessionID)
	return (&where{}).and("session_id = (SELECT id FROM server_sessions WHERE "+session.String()+")", session.args...)
}

// SessionEvents implements storage.EventReader.
func (r reads) SessionEvents(ctx context.Context, s memory.Scope, sessionID string, p storage.Page) ([]memory.Event, error) {
	w := ofSession(s, sessionID)
	return all(ctx, r.q, readEvent, `SELECT `+eventColumns+` FROM agent_events WHERE `+w.String()+
		` ORDER BY occurred_at, id LIMIT ? OFFSET ?`, w.page(p)...)
}

// EventsBefore implements storage.EventReader.
func (r reads) EventsBefore(ctx context.Context, s memory.Scope, e memory.Event, n int) ([]memory.Event, error) {
	w := ofSession(s, string(e.SessionID)).and("(occurred_at, id) < (?, ?)", e.OccurredAt, e.ID)
	return all(ctx, r.q, readEvent, `SELECT `+eventColumns+` FROM agent_events WHERE `+w.String()+
		` ORDER BY occurred_at DESC, id DESC LIMIT ? OFFSET ?`, w.page(storage.Page{Limit: n})...)
}

// LastPrompt implements storage.EventReader.
func (r reads) LastPrompt(ctx context.Context, s memory.Scope, sessionID string, notAfter memory.Epoch) (memory.Event, error) {
	w := ofSession(s, sessionID).and("event_type = '"+memory.EventUserPrompt+"'").and("occurred_at <= ?", notAfter)
	return one(ctx, r.q, "event", readEvent, `SELECT `+eventColumns+` FROM agent_events INDEXED BY agent_events_prompts WHERE `+w.String()+
		` ORDER BY occurred_at DESC, id DESC LIMIT 1`, w.args...)
}

// CountSessionEvents implements storage.EventReader.
func (r reads) CountSessionEvents(ctx context.Context, s memory.Scope, sessionID string) (int64, error) {
	w := ofSession(s, sessionID)
	return one(ctx, r.q, "session", number, `SELECT COUNT(*) FROM agent_events WHERE `+w.String(), w.args...)
}

// PutEvent implements storage.EventWriter. The insert itself finds the event that
// is there, along the unique index: a look before it would cost every new event one
// more statement to spare the rare old one.
func (t *tx) PutEvent(ctx context.Context, e memory.Event) (memory.Event, bool, error) {
	e.Metadata = object(e.Metadata)
	n, err := t.exec(ctx, `INSERT INTO agent_events (id, team_id, project_id, session_id, source_adapter, source_event_id,
		event_type, platform_source, agent_id, agent_type, metadata, dedupe_key, generate,
		occurred_at, received_at, created_at, payload)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project_id, dedupe_key) DO NOTHING`,
		e.ID, e.TeamID, e.ProjectID, text(e.SessionID), e.SourceAdapter, text(e.SourceEventID),
		e.EventType, text(e.PlatformSource), text(e.AgentID), text(e.AgentType), string(e.Metadata),
		text(memory.Opt(e.DedupeKey)), e.Generate, e.OccurredAt, e.ReceivedAt, e.CreatedAt, raw(e.Payload))
	if err != nil {
		return memory.Event{}, false, err
	}
	if n == 1 {
		return e, true, nil
	}
	// Not within: here the project's index is the sharp one.
	w := in(e.Scope()).and("dedupe_key = ?", e.DedupeKey)
	old, err := one(ctx, t.q, "event", readEvent, `SELECT `+eventColumns+` FROM agent_events WHERE `+w.String(), w.args...)
	return old, false, err
}
