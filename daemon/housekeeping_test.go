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

// Without a limit nothing of the audit log is removed. Words that no memory holds are.
func TestAuditLogIsKeptForEver(t *testing.T) {
	set := settings(t, config.AuditRetention, "0")
	cfg := load(t, set)
	scope := oldAudit(t, cfg, "team", 4000)
	forgotten(t, cfg, scope)
	word := storage.Spelling{Begin: "aard", End: "vark", Shortest: 4, Longest: 9}
	words := func() (w []string) {
		err := withStore(t.Context(), cfg, func(s storage.Store) (err error) {
			w, err = s.Words(t.Context(), scope, word)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	if len(words()) != 1 {
		t.Fatalf("the word is gone with its memory: %v", words())
	}
	r := start(t, set)
	eventually(t, "the word is gone", func() bool { return len(words()) == 0 })
	r.end()
	if log := audits(t, cfg, scope, ""); len(log) != 1 {
		t.Errorf("%d entries are left", len(log))
	}
}

// forgotten stores a memory in a project of the team, and deletes it.
func forgotten(t *testing.T, cfg *config.Config, team memory.Scope) {
	t.Helper()
	ctx := t.Context()
	err := withStore(ctx, cfg, func(s storage.Store) error {
		return s.InTx(ctx, func(tx storage.Tx) error {
			p, err := tx.EnsureProject(ctx, memory.Project{ID: id.New(), TeamID: team.TeamID, Name: "/src", CreatedAt: 1, UpdatedAt: 1})
			if err != nil {
				return err
			}
			o := memory.Observation{
				ID: id.New(), TeamID: team.TeamID, ProjectID: p.ID, Kind: "manual", Content: "an aardvark",
				OccurredAt: 1, CreatedAt: 1, UpdatedAt: 1,
			}
			if _, _, err := tx.PutObservation(ctx, o); err != nil {
				return err
			}
			return tx.DeleteObservation(ctx, o.Scope(), o.ID)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}
