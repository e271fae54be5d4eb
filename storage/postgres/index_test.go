package postgres

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"claude-mem/internal/termlist"
	"claude-mem/memory"
	"claude-mem/storage"
)

func vectorOf(o memory.Observation) *vector { return newVector(o, termlist.Of(o)) }

func TestVector(t *testing.T) {
	o := memory.Observation{TeamID: "t1", ProjectID: "p1"}
	o.Metadata = memory.Metadata{
		Title: "Truncating titles", Narrative: "a title is truncated",
		Facts: []string{"titles"}, Concepts: []string{"gotcha"}, FilesRead: []string{"a/b.go"},
	}
	o.Content = o.Metadata.Content()
	want := `'/t/t1' '/p/p1' '/c/gotcha' '/f/a/b.go' '/f/b.go' 'truncat' 'titl' 'a' 'is' 'bgo' 'b' 'go' 'gotcha'`
	if got := vectorOf(o).String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestVectorIsBounded(t *testing.T) {
	s := open(t, Options{})
	scope := tenant(t, s)
	var huge strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&huge, "word%x again ", i)
	}
	o := memory.Observation{
		ID: "huge", TeamID: scope.TeamID, ProjectID: scope.ProjectID, Kind: memory.KindManual, Content: huge.String(),
		OccurredAt: 1, CreatedAt: 1, UpdatedAt: 1,
	}
	o.Metadata.Concepts = []string{strings.Repeat("ü", 5000)}
	o.Metadata.FilesRead = []string{strings.Repeat("/", 5000), strings.Repeat("long/", 1000) + "end.go"}
	err := s.InTx(t.Context(), func(tx storage.Tx) error {
		_, _, err := tx.PutObservation(t.Context(), o)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]storage.Matching{
		"first words": {Clauses: [][]string{{"word1"}}},
		"a file":      {Clauses: [][]string{{"again"}}, Filter: storage.ObservationFilter{Files: []string{"end.go"}}},
		"a concept":   {Clauses: [][]string{{"again"}}, Filter: storage.ObservationFilter{Concepts: o.Metadata.Concepts}},
	} {
		if m, err := s.Matching(t.Context(), scope, q); err != nil || len(m[0].Numbers) != 1 {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

// Nothing in a term or a label is syntax.
func TestQuotedLexemesAreTakenToTheLetter(t *testing.T) {
	s := open(t, Options{})
	for _, lexeme := range []string{`it's`, `a\b`, `\'`, `'`, `a:1B`, `a & b | !c <-> d`, `(`, "tab\t", "日本", `*`, `/p/x`} {
		q := sql(`SELECT ?::text::tsvector @@ ?::text::tsquery AND NOT 'other'::tsvector @@ ?::text::tsquery`,
			quote(lexeme), anyOf([]string{lexeme}), anyOf([]string{lexeme}))
		if ok, err := one(t.Context(), s.q, "answer", value[bool], q); err != nil || !ok {
			t.Errorf("%q: %v, %v", lexeme, ok, err)
		}
	}
}

func FuzzVector(f *testing.F) {
	f.Add("title", "it's a\\b 'quoted'", "/a//b/", "c d")
	f.Fuzz(func(t *testing.T, title, content, file, concept string) {
		o := memory.Observation{Content: content}
		o.Metadata = memory.Metadata{Title: title, FilesRead: []string{file}, Concepts: []string{concept}}
		v := vectorOf(o)
		if v.size > maxVectorBytes {
			t.Errorf("%d bytes", v.size)
		}
		for lexeme := range v.lexemes {
			if lexeme == "" || len(lexeme) > maxLabelBytes {
				t.Errorf("lexeme %q", lexeme)
			}
		}
		if len(v.order) != len(v.lexemes) || !slices.Contains(v.order, label(conceptLabel, concept)) {
			t.Errorf("%d lexemes in order of %d", len(v.order), len(v.lexemes))
		}
	})
}
