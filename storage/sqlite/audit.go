package sqlite

import (
	"context"

	"claude-mem/memory"
	"claude-mem/storage"
)

const auditColumns = `id, team_id, COALESCE(project_id, ''), COALESCE(actor_id, ''), COALESCE(api_key_id, ''), action,
	resource_type, COALESCE(resource_id, ''), COALESCE(request_id, ''), details, created_at`

func readAudit(s scanner) (e memory.AuditEntry, err error) {
	return e, s.Scan(&e.ID, &e.TeamID, &e.ProjectID, &e.ActorID, &e.APIKeyID, &e.Action,
		&e.ResourceType, &e.ResourceID, &e.RequestID, (*[]byte)(&e.Details), &e.CreatedAt)
}

// Audit implements storage.AuditReader.
func (r reads) Audit(ctx context.Context, s memory.Scope, f storage.AuditFilter, p storage.Page) ([]memory.AuditEntry, error) {
	w := inTeam(s)
	if f.ResourceID != "" || f.RequestID != "" {
		w = within(s) // these have indexes of their own
	}
	if f.Action != "" {
		w.and("action = ?", f.Action)
	}
	if f.ResourceID != "" {
		w.and("resource_id = ?", f.ResourceID)
	}
	if f.RequestID != "" {
		w.and("request_id = ?", f.RequestID)
	}
	if f.Since != 0 {
		w.and("created_at >= ?", f.Since)
	}
	return all(ctx, r.q, readAudit, `SELECT `+auditColumns+` FROM audit_log WHERE `+w.String()+
		` ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?`, w.page(p)...)
}

// PutAudit implements storage.AuditWriter. No statement changes what the log says.
func (t *tx) PutAudit(ctx context.Context, entries ...memory.AuditEntry) error {
	for _, e := range entries {
		_, err := t.exec(ctx, `INSERT INTO audit_log (id, team_id, project_id, actor_id, api_key_id, action, resource_type,
			resource_id, request_id, details, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			e.ID, e.TeamID, text(e.ProjectID), text(e.ActorID), text(e.APIKeyID), e.Action, e.ResourceType,
			text(e.ResourceID), text(e.RequestID), string(object(e.Details)), e.CreatedAt)
		if err != nil {
			return err
		}
	}
	return nil
}

// DropAudit implements storage.AuditWriter.
func (t *tx) DropAudit(ctx context.Context, s memory.Scope, before memory.Epoch, limit int) (int64, error) {
	w := inTeam(s).and("created_at < ?", before)
	return t.exec(ctx, `DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE `+w.String()+
		` ORDER BY created_at, id LIMIT ?)`, append(w.args, max(limit, 0))...)
}
