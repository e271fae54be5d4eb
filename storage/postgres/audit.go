package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
	"claude-mem/storage"
)

const auditColumns = `id, team_id, COALESCE(project_id, ''), COALESCE(actor_id, ''), COALESCE(api_key_id, ''), action,
	resource_type, COALESCE(resource_id, ''), COALESCE(request_id, ''), details, created_at`

func readAudit(r pgx.Rows) (e memory.AuditEntry, err error) {
	return e, r.Scan(&e.ID, &e.TeamID, &e.ProjectID, &e.ActorID, &e.APIKeyID, &e.Action,
		&e.ResourceType, &e.ResourceID, &e.RequestID, rawInto(&e.Details), &e.CreatedAt)
}

func (r reads) Audit(ctx context.Context, s memory.Scope, f storage.AuditFilter, p storage.Page) ([]memory.AuditEntry, error) {
	q := sql(`SELECT ` + auditColumns + ` FROM audit_log WHERE `)
	if f.ResourceID != "" || f.RequestID != "" {
		q.within(s, "") // these have indexes of their own
	} else {
		q.inTeam(s)
	}
	if f.Action != "" {
		q.and("action = ?", f.Action)
	}
	if f.ResourceID != "" {
		q.and("resource_id = ?", f.ResourceID)
	}
	if f.RequestID != "" {
		q.and("request_id = ?", f.RequestID)
	}
	if f.Since != 0 {
		q.and("created_at >= ?", f.Since)
	}
	return all(ctx, r.q, readAudit, q.add(` ORDER BY created_at DESC, id DESC`).page(p))
}

// PutAudit sends the rows with the next statement.
func (t *tx) PutAudit(ctx context.Context, entries ...memory.AuditEntry) error {
	for _, e := range entries {
		err := t.later(ctx, sql(`INSERT INTO audit_log (id, team_id, project_id, actor_id, api_key_id, action, resource_type,
			resource_id, request_id, details, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			e.ID, e.TeamID, text(e.ProjectID), text(e.ActorID), text(e.APIKeyID), e.Action, e.ResourceType,
			text(e.ResourceID), text(e.RequestID), string(object(e.Details)), e.CreatedAt))
		if err != nil {
			return err
		}
	}
	return nil
}
