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

var auditTable = table[memory.AuditEntry]{
	name: "audit_log",
	columns: []column[memory.AuditEntry]{
		{"id", "text", func(e *memory.AuditEntry) any { return e.ID }},
		{"team_id", "text", func(e *memory.AuditEntry) any { return e.TeamID }},
		{"project_id", "text", func(e *memory.AuditEntry) any { return text(e.ProjectID) }},
		{"actor_id", "text", func(e *memory.AuditEntry) any { return text(e.ActorID) }},
		{"api_key_id", "text", func(e *memory.AuditEntry) any { return text(e.APIKeyID) }},
		{"action", "text", func(e *memory.AuditEntry) any { return e.Action }},
		{"resource_type", "text", func(e *memory.AuditEntry) any { return e.ResourceType }},
		{"resource_id", "text", func(e *memory.AuditEntry) any { return text(e.ResourceID) }},
		{"request_id", "text", func(e *memory.AuditEntry) any { return text(e.RequestID) }},
		{"details", "json", func(e *memory.AuditEntry) any { return string(object(e.Details)) }},
		{"created_at", "bigint", func(e *memory.AuditEntry) any { return int64(e.CreatedAt) }},
	},
}

// PutAudit sends the rows with the next statement, or with the draft.
func (t *tx) PutAudit(ctx context.Context, entries ...memory.AuditEntry) error {
	t.audits = append(t.audits, entries...)
	if t.failed == nil && len(t.audits) >= maxPending {
		t.settle(ctx)
		t.queueRows()
	}
	return t.failure()
}

func (t *tx) DropAudit(ctx context.Context, s memory.Scope, before memory.Epoch, limit int) (int64, error) {
	return t.exec(ctx, sql(`DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE `).inTeam(s).
		and("created_at < ?", before).add(` ORDER BY created_at, id LIMIT ? FOR UPDATE SKIP LOCKED)`, max(limit, 0)))
}
