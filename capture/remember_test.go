package capture

import (
	"errors"
	"testing"

	"claude-mem/memory"
)

// What is left when all that is private is cut out is what counts, of a new memory and
// of a changed one.
func TestNothingIsStoredThatIsEmptyOnceCleaned(t *testing.T) {
	f := newFixture(t, Options{})
	kept, err := f.Remember(t.Context(), f.caller, Note{Project: f.p.ID, Kind: "décision_2", Content: "as it was"})
	if err != nil {
		t.Fatal(err)
	}
	names := func(err error, field string) bool {
		e, ok := errors.AsType[*memory.Error](err)
		return ok && len(e.Issues) == 1 && e.Issues[0].Path[0] == field
	}
	for _, content := range []string{"<private>all of it</private>", " \n<private>never closed", "\x00"} {
		if _, err := f.Remember(t.Context(), f.caller, Note{Project: f.p.ID, Content: content}); !names(err, "content") {
			t.Errorf("remember %q: %v", content, err)
		}
		if _, err := f.Edit(t.Context(), f.caller, kept.ID, Change{Content: &content}); !names(err, "content") {
			t.Errorf("change to %q: %v", content, err)
		}
	}
	for _, kind := range []string{"\x00", "two words", "a\nb", "\xff", "zero\u200bwidth"} {
		if _, err := f.Remember(t.Context(), f.caller, Note{Project: f.p.ID, Content: "x", Kind: kind}); !names(err, "kind") {
			t.Errorf("remember kind %q: %v", kind, err)
		}
		if _, err := f.Edit(t.Context(), f.caller, kept.ID, Change{Kind: &kind}); !names(err, "kind") {
			t.Errorf("change to kind %q: %v", kind, err)
		}
	}
	if got, err := f.store.Observation(t.Context(), f.p.Scope(), kept.ID); err != nil || got.Content != kept.Content || got.Kind != "décision_2" {
		t.Errorf("stored %+v, %v", got, err)
	}
}
