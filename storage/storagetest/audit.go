package storagetest

import (
	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// testAudit checks the filters of the audit log.
func testAudit(f *fixture) {
	entry := func(action string, resource memory.Opt, at memory.Epoch) memory.AuditEntry {
		return memory.AuditEntry{
			ID: id.New(), TeamID: f.ours.TeamID, ProjectID: memory.Opt(f.ours.ProjectID), Action: action,
			ResourceType: "thing", ResourceID: resource, Details: []byte(`{}`), CreatedAt: at,
		}
	}
	full := entry(memory.AuditKeyCreate, "r1", 30)
	full.ActorID, full.APIKeyID, full.RequestID, full.Details = "actor", "key", "request", []byte(`{"generationJobId": "j"}`)
	old, twin := entry(memory.AuditEventReceived, "r1", 10), entry(memory.AuditEventReceived, "", 30)
	teamWide := entry(memory.AuditKeyRevoke, "r2", 40)
	teamWide.ProjectID = ""
	f.tx(func(tx storage.Tx) error {
		f.ok(tx.PutAudit(f.ctx))
		return tx.PutAudit(f.ctx, old, full, twin, teamWide)
	})
	team := memory.Scope{TeamID: f.ours.TeamID}
	for _, c := range []struct {
		what   string
		scope  memory.Scope
		filter storage.AuditFilter
		want   []memory.AuditEntry
	}{
		{"newest first, then by id", team, storage.AuditFilter{}, []memory.AuditEntry{teamWide, twin, full, old}},
		{"of a project", f.ours, storage.AuditFilter{}, []memory.AuditEntry{twin, full, old}},
		{"by action", team, storage.AuditFilter{Action: memory.AuditEventReceived}, []memory.AuditEntry{twin, old}},
		{"by resource", team, storage.AuditFilter{ResourceID: "r1"}, []memory.AuditEntry{full, old}},
		{"by request", team, storage.AuditFilter{RequestID: "request"}, []memory.AuditEntry{full}},
		{"since", team, storage.AuditFilter{Since: 30}, []memory.AuditEntry{teamWide, twin, full}},
		{"all at once", team, storage.AuditFilter{Action: memory.AuditEventReceived, ResourceID: "r1", Since: 5}, []memory.AuditEntry{old}},
	} {
		got, err := f.store.Audit(f.ctx, c.scope, c.filter, storage.Page{})
		f.ok(err)
		f.same(c.what, got, c.want)
	}
}
