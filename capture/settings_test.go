package capture

import (
	"errors"
	"testing"

	"claude-mem/memory"
	"claude-mem/storage"
)

func TestSetGeneration(t *testing.T) {
	f := newFixture(t, Options{})
	f.tx(t, func(tx storage.Tx) error {
		_, err := tx.SetProjectMetadata(t.Context(), f.p.Scope(), f.p.ID, []byte(`{"colour":"red","generation":{"policy":"debounce"}}`), 1)
		return err
	})
	limit := int64(100)
	p, err := f.SetGeneration(t.Context(), f.caller, f.p.ID, memory.GenerationSettings{DailyTokens: &limit})
	if err != nil || string(p.Metadata) != `{"colour":"red","generation":{"dailyTokens":100}}` {
		t.Errorf("metadata %s, %v", p.Metadata, err)
	}
	audits, err := f.store.Audit(t.Context(), f.p.Scope(), storage.AuditFilter{Action: memory.AuditProjectChange}, storage.Page{})
	if err != nil || len(audits) != 1 {
		t.Errorf("%d audit rows, %v", len(audits), err)
	}
	negative := int64(-1)
	for _, wrong := range []memory.GenerationSettings{{Policy: "never"}, {MonthlyTokens: &negative}} {
		if _, err := f.SetGeneration(t.Context(), f.caller, f.p.ID, wrong); !errors.Is(err, memory.ErrValidation) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	bound := memory.Caller{Key: f.key(t, f.q.ID)}
	if _, err := f.SetGeneration(t.Context(), bound, f.p.ID, memory.GenerationSettings{}); !errors.Is(err, memory.ErrNotFound) {
		t.Errorf("a project of another key: %v", err)
	}
}
