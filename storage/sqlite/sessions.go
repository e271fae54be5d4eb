package sqlite

import (
	"context"

	"claude-mem/memory"
	"claude-mem/storage"
)

const sessionColumns = `id, project_id, team_id, COALESCE(external_session_id, ''), COALESCE(content_session_id, ''),
	COALESCE(agent_id, ''), COALESCE(agent_type, ''), COALESCE(platform_source, ''), generation_status, metadata,
	started_at, COALESCE(ended_at, 0), COALESCE(last_generated_at, 0), created_at, updated_at, COALESCE(dedupe_key, '')`

func readSession(sc scanner) (s memory.Session, err error) {
	return s, sc.Scan(&s.ID, &s.ProjectID, &s.TeamID, &s.ExternalSessionID, &s.ContentSessionID,
		&s.AgentID, &s.AgentType, &s.PlatformSource, &s.GenerationStatus, (*[]byte)(&s.Metadata),
		&s.StartedAt, &s.EndedAt, &s.LastGeneratedAt, &s.CreatedAt, &s.UpdatedAt, &s.DedupeKey)
}

// session finds one session by a condition. Asked for a whole team several projects
// may have one of that name, as when a conversation moves to another repository:
// the newest is the one that is meant.
func (r reads) session(ctx context.Context, w *where) (memory.Session, error) {
	return one(ctx, r.q, "session", readSession,
		`SELECT `+sessionColumns+` FROM server_sessions WHERE `+w.String()+` ORDER BY started_at DESC, id DESC LIMIT 1`,
		w.args...)
}

// Session implements storage.SessionReader.
func (r reads) Session(ctx context.Context, s memory.Scope, id string) (memory.Session, error) {
	return r.session(ctx, within(s).and("id = ?", id))
}

// SessionByExternalID implements storage.SessionReader.
func (r reads) SessionByExternalID(ctx context.Context, s memory.Scope, external string) (memory.Session, error) {
	return r.session(ctx, within(s).and("external_session_id = ?", external))
}

// SessionByContentID implements storage.SessionReader.
func (r reads) SessionByContentID(ctx context.Context, s memory.Scope, content string) (memory.Session, error) {
	return r.session(ctx, within(s).and("content_session_id = ?", content))
}

// Sessions implements storage.SessionReader.
func (r reads) Sessions(ctx context.Context, s memory.Scope, p storage.Page) ([]memory.Session, error) {
	w := in(s)
	return all(ctx, r.q, readSession, `SELECT `+sessionColumns+` FROM server_sessions WHERE `+w.String()+
		` ORDER BY started_at DESC, id DESC LIMIT ? OFFSET ?`, w.page(p)...)
}

// SessionDigests implements storage.SessionReader. Only the sessions' own rows are
// checked for the tenant, see ofSession.
func (r reads) SessionDigests(ctx context.Context, s memory.Scope, ids []string) ([]memory.SessionDigest, error) {
	w := within(s).and("id IN (SELECT value FROM json_each(?))", jsonList(ids[:min(len(ids), storage.MaxPage)]))
	return all(ctx, r.q, func(sc scanner) (d memory.SessionDigest, err error) {
		return d, sc.Scan(&d.SessionID, &d.Prompts, &d.ToolCalls, &d.Observations, &d.Summary, &d.FirstPrompt, &d.LastEventAt)
	}, `SELECT s.id,
		(SELECT COUNT(*) FROM agent_events e WHERE e.session_id = s.id AND e.event_type = '`+memory.EventUserPrompt+`'),
		(SELECT TOTAL(e.event_type = '`+memory.EventToolUse+`') FROM agent_events e WHERE e.session_id = s.id),
		(SELECT TOTAL(o.superseded_by IS NULL) FROM observations o WHERE o.session_id = s.id),
		COALESCE((SELECT MAX(o.number) FROM observations o
			WHERE o.session_id = s.id AND o.kind = '`+memory.KindSummaryObservation+`'), 0),
		COALESCE((SELECT e.id FROM agent_events e WHERE e.session_id = s.id AND e.event_type = '`+memory.EventUserPrompt+`'
			ORDER BY e.occurred_at, e.id LIMIT 1), ''),
		COALESCE((SELECT MAX(e.occurred_at) FROM agent_events e WHERE e.session_id = s.id), 0)
		FROM server_sessions s WHERE `+w.String()+` ORDER BY s.id`, w.args...)
}

// EnsureSession implements storage.SessionWriter.
func (t *tx) EnsureSession(ctx context.Context, n memory.Session) (memory.Session, bool, error) {
	n.Metadata = object(n.Metadata)
	rows, err := t.exec(ctx, `INSERT INTO server_sessions (id, team_id, project_id, external_session_id, content_session_id,
		agent_id, agent_type, platform_source, generation_status, metadata, dedupe_key,
		started_at, ended_at, last_generated_at, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project_id, dedupe_key) DO NOTHING`,
		n.ID, n.TeamID, n.ProjectID, text(n.ExternalSessionID), text(n.ContentSessionID),
		text(n.AgentID), text(n.AgentType), text(n.PlatformSource), n.GenerationStatus, string(n.Metadata),
		text(memory.Opt(n.DedupeKey)), n.StartedAt, epoch(n.EndedAt), epoch(n.LastGeneratedAt), n.CreatedAt, n.UpdatedAt)
	if err != nil {
		return memory.Session{}, false, err
	}
	if rows == 1 {
		return n, true, nil
	}
	s, err := t.session(ctx, in(n.Scope()).and("dedupe_key = ?", n.DedupeKey))
	return s, false, err
}

// HoldSession implements storage.SessionWriter: there is one writer at a time.
func (t *tx) HoldSession(ctx context.Context, s memory.Scope, id string) (memory.Session, error) {
	return t.Session(ctx, s, id)
}

// EndSession implements storage.SessionWriter.
func (t *tx) EndSession(ctx context.Context, s memory.Scope, id string, at memory.Epoch) (memory.Session, error) {
	w := within(s).and("id = ?", id)
	if _, err := t.exec(ctx, `UPDATE server_sessions SET ended_at = ?, updated_at = MAX(updated_at, ?) WHERE ended_at IS NULL AND `+w.String(),
		append([]any{at, at}, w.args...)...); err != nil {
		return memory.Session{}, err
	}
	return t.Session(ctx, s, id)
}

// SetSessionGeneration implements storage.SessionWriter. It comes without a time
// most often, and the row's own clock must not go back.
func (t *tx) SetSessionGeneration(ctx context.Context, s memory.Scope, id, status string, generatedAt memory.Epoch) error {
	w := within(s).and("id = ?", id)
	n, err := t.exec(ctx, `UPDATE server_sessions SET generation_status = ?,
		last_generated_at = COALESCE(?, last_generated_at), updated_at = MAX(updated_at, COALESCE(?, 0)) WHERE `+w.String(),
		append([]any{status, epoch(generatedAt), epoch(generatedAt)}, w.args...)...)
	if err == nil && n == 0 {
		err = memory.Errorf(memory.CodeNotFound, "no such session")
	}
	return err
}
