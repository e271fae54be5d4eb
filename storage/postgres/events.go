package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
	"claude-mem/storage"
)

const eventColumns = `id, project_id, team_id, COALESCE(session_id, ''), source_adapter, COALESCE(source_event_id, ''),
	event_type, COALESCE(platform_source, ''), COALESCE(agent_id, ''), COALESCE(agent_type, ''), payload, metadata,
	occurred_at, received_at, created_at, COALESCE(dedupe_key, ''), generate`

func readEvent(r pgx.Rows) (e memory.Event, err error) {
	return e, r.Scan(&e.ID, &e.ProjectID, &e.TeamID, &e.SessionID, &e.SourceAdapter, &e.SourceEventID,
		&e.EventType, &e.PlatformSource, &e.AgentID, &e.AgentType, rawInto(&e.Payload), rawInto(&e.Metadata),
		&e.OccurredAt, &e.ReceivedAt, &e.CreatedAt, &e.DedupeKey, &e.Generate)
}

func (r reads) Event(ctx context.Context, s memory.Scope, id string) (memory.Event, error) {
	return one(ctx, r.q, "event", readEvent,
		sql(`SELECT `+eventColumns+` FROM agent_events WHERE `).within(s, "").and("id = ?", id))
}

func (r reads) SessionEvents(ctx context.Context, s memory.Scope, sessionID string, p storage.Page) ([]memory.Event, error) {
	return all(ctx, r.q, readEvent, sql(`SELECT `+eventColumns+` FROM agent_events WHERE `).within(s, "").
		and("session_id = ?", sessionID).add(` ORDER BY occurred_at, id`).page(p))
}

func (r reads) EventsBefore(ctx context.Context, s memory.Scope, e memory.Event, n int) ([]memory.Event, error) {
	return all(ctx, r.q, readEvent, sql(`SELECT `+eventColumns+` FROM agent_events WHERE `).within(s, "").
		and("session_id = ?", string(e.SessionID)).and("(occurred_at, id) < (?, ?)", e.OccurredAt, e.ID).
		add(` ORDER BY occurred_at DESC, id DESC`).page(storage.Page{Limit: n}))
}

func (r reads) LastPrompt(ctx context.Context, s memory.Scope, sessionID string, notAfter memory.Epoch) (memory.Event, error) {
	return one(ctx, r.q, "event", readEvent, sql(`SELECT `+eventColumns+` FROM agent_events WHERE `).within(s, "").
		and("session_id = ?", sessionID).and("event_type = '"+memory.EventUserPrompt+"'").and("occurred_at <= ?", notAfter).
		add(` ORDER BY occurred_at DESC, id DESC LIMIT 1`))
}

func (r reads) CountSessionEvents(ctx context.Context, s memory.Scope, sessionID string) (int64, error) {
	return one(ctx, r.q, "session", value[int64], sql(`SELECT COUNT(*) FROM agent_events WHERE `).within(s, "").
		and("session_id = ?", sessionID))
}
