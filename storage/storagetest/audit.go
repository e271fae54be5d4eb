package storagetest

import (
	"sync"
	"sync/atomic"

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

// testDropAudit checks that what is too old goes in steps, the oldest first, however
// many remove it, and that nothing else does.
func testDropAudit(f *fixture) {
	put := func(s memory.Scope, at ...memory.Epoch) {
		f.tx(func(tx storage.Tx) error {
			for _, at := range at {
				e := memory.AuditEntry{ID: id.New(), TeamID: s.TeamID, ProjectID: memory.Opt(s.ProjectID), Action: "a", ResourceType: "t", CreatedAt: at}
				f.ok(tx.PutAudit(f.ctx, e))
			}
			return nil
		})
	}
	drop := func(s memory.Scope, before memory.Epoch, limit int) (n int64) {
		f.tx(func(tx storage.Tx) (err error) {
			n, err = tx.DropAudit(f.ctx, s, before, limit)
			return err
		})
		return n
	}
	times := func(s memory.Scope) []memory.Epoch {
		log, err := f.store.Audit(f.ctx, s, storage.AuditFilter{}, storage.Page{})
		f.ok(err)
		return ids(log, func(e memory.AuditEntry) memory.Epoch { return e.CreatedAt })
	}
	team := memory.Scope{TeamID: f.ours.TeamID}
	put(f.ours, 3, 1, 10, 11)
	put(f.ours2, 2)
	put(team, 4) // of no project
	put(f.theirs, 1)
	f.same("a step", drop(team, 10, 2), int64(2))
	f.same("the oldest are gone", times(team), []memory.Epoch{11, 10, 4, 3})
	f.same("the rest", drop(team, 10, 9), int64(2))
	f.same("nothing is left to remove", drop(team, 10, 9), int64(0))
	f.same("no room", drop(team, 99, 0), int64(0))
	f.same("what is young enough stays", times(team), []memory.Epoch{11, 10})
	f.same("what is another team's stays", times(f.theirs), []memory.Epoch{1})

	const old, servers = 60, 4
	for at := range memory.Epoch(old) {
		put(f.ours, at/7)
	}
	var removed atomic.Int64
	var wg sync.WaitGroup
	for range servers {
		wg.Go(func() {
			for range old {
				var n int64
				err := f.store.InTx(f.ctx, func(tx storage.Tx) (err error) {
					n, err = tx.DropAudit(f.ctx, team, 10, 7)
					return err
				})
				if removed.Add(n); err != nil {
					f.Errorf("remove: %v", err)
				}
			}
		})
	}
	wg.Wait()
	f.same("each is removed once", removed.Load(), int64(old))
	f.same("what is young enough stays still", times(team), []memory.Epoch{11, 10})
}
