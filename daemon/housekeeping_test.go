package daemon

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"claude-mem/internal/config"
	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// oldAudit stores entries in the audit log of the profile, made days ago, of a team
// that it makes.
func oldAudit(t *testing.T, cfg *config.Config, team string, days ...int) memory.Scope {
	t.Helper()
	var scope memory.Scope
	err := withStore(t.Context(), cfg, func(s storage.Store) error {
		return s.InTx(t.Context(), func(tx storage.Tx) error {
			tm, err := ensureTeam(t.Context(), tx, team)
			if err != nil {
				return err
			}
			scope = memory.Scope{TeamID: tm.ID}
			for _, d := range days {
				err := tx.PutAudit(t.Context(), memory.AuditEntry{
					ID: id.New(), TeamID: tm.ID, Action: fmt.Sprint("days ", d), ResourceType: "t",
					CreatedAt: memory.Now().Add(-time.Duration(d) * 24 * time.Hour),
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return scope
}

// A daemon removes what of the audit log is older than it is told to keep, of every
// team, and nothing else.
func TestAuditLogIsKeptForSomeDays(t *testing.T) {
	s := settings(t, config.AuditRetention, "30")
	cfg := load(t, s)
	many := slices.Repeat([]int{31}, tidyRows+2) // more than one step
	first, second := oldAudit(t, cfg, "first", append(many, 29)...), oldAudit(t, cfg, "second", 400, 1)
	r := start(t, s)
	eventually(t, "the old entries are gone", func() bool { return len(audits(t, cfg, first, ""))+len(audits(t, cfg, second, "")) <= 2 })
	r.end()
	for scope, want := range map[memory.Scope]string{first: "days 29", second: "days 1"} {
		if log := audits(t, cfg, scope, ""); len(log) != 1 || log[0].Action != want {
			t.Errorf("%d entries are left, want that of %s", len(log), want)
		}
	}
}

// Without a limit nothing is removed, and nothing waits for a time to do so.
func TestAuditLogIsKeptForEver(t *testing.T) {
	cfg := load(t, settings(t, config.AuditRetention, "0"))
	scope := oldAudit(t, cfg, "team", 4000)
	err := withStore(t.Context(), cfg, func(s storage.Store) error {
		p := &parts{engines: engines{store: s}}
		p.tidy(t.Context(), cfg)
		return nil
	})
	if log := audits(t, cfg, scope, ""); err != nil || len(log) != 1 {
		t.Errorf("%d entries are left, %v", len(log), err)
	}
}
