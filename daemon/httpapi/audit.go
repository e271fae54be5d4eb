package httpapi

import (
	"claude-mem/client"
	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// auditLog reads the log of one project, or of all that the key reaches. Entries that
// wait to be written are written first, so that a client finds what it just did.
func (a *API) auditLog(r *request) (answer, error) {
	scope, q := r.caller.Scope(), r.query()
	if q.Get("projectId") != "" {
		p, err := a.namedProject(r, q)
		if err != nil {
			return answer{}, err
		}
		scope = p.Scope()
	}
	a.writeReads(r.Context())
	page := storage.Page{Limit: q.int("limit", 50, 1, 200), Offset: q.int("offset", 0, 0, 1<<31-1)}
	entries, err := a.Store.Audit(r.Context(), scope, storage.AuditFilter{
		Action: q.Get("action"), ResourceID: q.Get("resourceId"), RequestID: q.Get("requestId"), Since: q.time("since"),
	}, page)
	if err != nil {
		return answer{}, err
	}
	if entries == nil {
		entries = []memory.AuditEntry{}
	}
	return ok(client.AuditLog{Audit: entries, Limit: page.Limit, Offset: page.Offset, RequestID: r.caller.RequestID})
}

// auditEntry begins an entry of what the caller did.
func (r *request) auditEntry(action, resourceType string, s memory.Scope) memory.AuditEntry {
	return memory.AuditEntry{
		ID: id.New(), TeamID: s.TeamID, ProjectID: memory.Opt(s.ProjectID), ActorID: r.caller.Key.ActorID,
		APIKeyID: memory.Opt(r.caller.Key.ID), RequestID: memory.Opt(r.caller.RequestID),
		Action: action, ResourceType: resourceType, CreatedAt: memory.Now(),
	}
}
