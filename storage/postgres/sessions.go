package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
	"claude-mem/storage"
)

const sessionColumns = `id, project_id, team_id, COALESCE(external_session_id, ''), COALESCE(content_session_id, ''),
	COALESCE(agent_id, ''), COALESCE(agent_type, ''), COALESCE(platform_source, ''), generation_status, metadata,
	started_at, COALESCE(ended_at, 0), COALESCE(last_generated_at, 0), created_at, updated_at, COALESCE(dedupe_key, '')`

func readSession(r pgx.Rows) (s memory.Session, err error) {
	return s, r.Scan(&s.ID, &s.ProjectID, &s.TeamID, &s.ExternalSessionID, &s.ContentSessionID,
		&s.AgentID, &s.AgentType, &s.PlatformSource, &s.GenerationStatus, rawInto(&s.Metadata),
		&s.StartedAt, &s.EndedAt, &s.LastGeneratedAt, &s.CreatedAt, &s.UpdatedAt, &s.DedupeKey)
}

// session finds one session by a condition, the newest if several meet it.
func (r reads) session(ctx context.Context, s memory.Scope, cond string, arg string) (memory.Session, error) {
	return one(ctx, r.q, "session", readSession, sql(`SELECT `+sessionColumns+` FROM server_sessions WHERE `).
		within(s, "").and(cond, arg).add(` ORDER BY started_at DESC, id DESC LIMIT 1`))
}

func (r reads) Session(ctx context.Context, s memory.Scope, id string) (memory.Session, error) {
	return r.session(ctx, s, "id = ?", id)
}

func (r reads) SessionByExternalID(ctx context.Context, s memory.Scope, external string) (memory.Session, error) {
	return r.session(ctx, s, "external_session_id = ?", external)
}

func (r reads) SessionByContentID(ctx context.Context, s memory.Scope, content string) (memory.Session, error) {
	return r.session(ctx, s, "content_session_id = ?", content)
}

func (r reads) Sessions(ctx context.Context, s memory.Scope, p storage.Page) ([]memory.Session, error) {
	return all(ctx, r.q, readSession, sql(`SELECT `+sessionColumns+` FROM server_sessions WHERE `).
		in(s, "").add(` ORDER BY started_at DESC, id DESC`).page(p))
}

// SessionDigests checks the tenant on the sessions alone: what belongs to one shares
// its project by a foreign key.
func (r reads) SessionDigests(ctx context.Context, s memory.Scope, ids []string) ([]memory.SessionDigest, error) {
	return all(ctx, r.q, func(r pgx.Rows) (d memory.SessionDigest, err error) {
		return d, r.Scan(&d.SessionID, &d.Prompts, &d.ToolCalls, &d.Observations, &d.Summary, &d.FirstPrompt, &d.LastEventAt)
	}, sql(`SELECT s.id, e.prompts, e.calls, o.observations, COALESCE((SELECT MAX(o.number) FROM observations o
			WHERE o.session_id = s.id AND o.kind = '`+memory.KindSummaryObservation+`'), 0),
		COALESCE((SELECT p.id FROM agent_events p WHERE p.session_id = s.id AND p.event_type = '`+memory.EventUserPrompt+`'
			ORDER BY p.occurred_at, p.id LIMIT 1), ''), e.last
		FROM (SELECT DISTINCT unnest(?::text[]) COLLATE "C" AS id) n,
		LATERAL (SELECT s.id FROM server_sessions s WHERE s.id = n.id`, ids[:min(len(ids), storage.MaxPage)]).add(` AND `).
		within(s, "s.").add(` LIMIT 1) s, -- which no plan can turn round
		LATERAL (SELECT COUNT(*) FILTER (WHERE e.event_type = '`+memory.EventUserPrompt+`') prompts,
			COUNT(*) FILTER (WHERE e.event_type = '`+memory.EventToolUse+`') calls, COALESCE(MAX(e.occurred_at), 0) last
			FROM agent_events e WHERE e.session_id = s.id) e,
		LATERAL (SELECT COUNT(*) FILTER (WHERE o.superseded_by IS NULL) observations
			FROM observations o WHERE o.session_id = s.id) o ORDER BY s.id`))
}

func (t *tx) EnsureSession(ctx context.Context, in memory.Session) (memory.Session, bool, error) {
	in.Metadata = object(in.Metadata)
	n, err := t.exec(ctx, sql(`INSERT INTO server_sessions (id, team_id, project_id, external_session_id, content_session_id,
		agent_id, agent_type, platform_source, generation_status, metadata, dedupe_key,
		started_at, ended_at, last_generated_at, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (dedupe_key, project_id) DO NOTHING`,
		in.ID, in.TeamID, in.ProjectID, text(in.ExternalSessionID), text(in.ContentSessionID),
		text(in.AgentID), text(in.AgentType), text(in.PlatformSource), in.GenerationStatus, string(in.Metadata),
		text(memory.Opt(in.DedupeKey)), in.StartedAt, epoch(in.EndedAt), epoch(in.LastGeneratedAt), in.CreatedAt, in.UpdatedAt))
	if err != nil {
		return memory.Session{}, false, err
	}
	if n == 1 {
		return in, true, nil
	}
	s, err := one(ctx, t.q, "session", readSession, sql(`SELECT `+sessionColumns+` FROM server_sessions WHERE `).
		within(in.Scope(), "").and("dedupe_key = ?", in.DedupeKey))
	return s, false, err
}

// HoldSession takes the one lock that an event's reference to its session does not
// share: so it waits for events that are being stored, and those that follow wait.
func (t *tx) HoldSession(ctx context.Context, s memory.Scope, id string) (memory.Session, error) {
	return one(ctx, t.q, "session", readSession, sql(`SELECT `+sessionColumns+` FROM server_sessions WHERE `).
		within(s, "").and("id = ?", id).add(` FOR UPDATE`))
}

func (t *tx) EndSession(ctx context.Context, s memory.Scope, id string, at memory.Epoch) (memory.Session, error) {
	return one(ctx, t.q, "session", readSession, sql(`UPDATE server_sessions SET ended_at = COALESCE(ended_at, ?),
		updated_at = CASE WHEN ended_at IS NULL THEN GREATEST(updated_at, ?) ELSE updated_at END WHERE `, at, at).
		within(s, "").and("id = ?", id).add(` RETURNING `+sessionColumns))
}

func (t *tx) SetSessionGeneration(ctx context.Context, s memory.Scope, id, status string, generatedAt memory.Epoch) error {
	n, err := t.exec(ctx, sql(`UPDATE server_sessions SET generation_status = ?,
		last_generated_at = COALESCE(?, last_generated_at), updated_at = GREATEST(updated_at, ?) WHERE `,
		status, epoch(generatedAt), generatedAt).within(s, "").and("id = ?", id))
	if err == nil && n == 0 {
		err = memory.Errorf(memory.CodeNotFound, "no such session")
	}
	return err
}
