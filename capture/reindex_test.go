package capture

import (
	"errors"
	"testing"

	"claude-mem/memory"
	"claude-mem/storage"
)

// owedVectors lists the sources of the reindex jobs of the project, the newest first.
func (f *fixture) owedVectors(t *testing.T) (sources []string) {
	t.Helper()
	jobs, _, err := f.store.Jobs(t.Context(), f.p.Scope(), storage.JobFilter{SourceType: memory.KindReindex.SourceType()}, storage.Page{})
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range jobs {
		sources = append(sources, j.SourceID)
	}
	return sources
}

func TestVectorsAreOwedForWhatIsWritten(t *testing.T) {
	f := newFixture(t, Options{Reindex: true})
	o := f.note(t, "Tabs")
	content := "Tabs, always"
	if _, err := f.Edit(t.Context(), f.caller, o.ID, Change{Content: &content}); err != nil {
		t.Fatal(err)
	}
	if got := f.owedVectors(t); len(got) != 2 || got[0] != o.ID || got[1] != o.ID {
		t.Errorf("owed %q", got)
	}
	if err := f.Reindex(t.Context(), f.caller, f.p.ID); err != nil {
		t.Fatal(err)
	}
	if got := f.owedVectors(t); len(got) != 3 || got[0] != f.p.ID {
		t.Errorf("owed %q", got)
	}
	_, foreign := f.tenant(t, "other team", "/src/f")
	if err := f.Reindex(t.Context(), f.caller, foreign.ID); !errors.Is(err, memory.ErrNotFound) {
		t.Errorf("another team's project: %v", err)
	}
}

func TestWithoutAModelNoVectorsAreOwed(t *testing.T) {
	f := newFixture(t, Options{})
	f.note(t, "Tabs")
	if got := f.owedVectors(t); got != nil {
		t.Errorf("owed %q", got)
	}
	if err := f.Reindex(t.Context(), f.caller, f.p.ID); err != nil || f.owedVectors(t) != nil {
		t.Errorf("%v", err)
	}
}
