package recall

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"claude-mem/memory"
	"claude-mem/storage"
)

func TestSearchRespellsWhatNothingHolds(t *testing.T) {
	f := setUp(t)
	for _, title := range []string{"Authentication of the parser", "Parse MaxChunkSize", "Zone of v2 depot", "Chill the zones", "Another chunk"} {
		f.put(t, found(memory.KindChange, title))
	}
	for _, c := range []struct {
		query, first string
		respelled    []Respelled
	}{
		{"authentication", "#1 Authentication of the parser", nil},
		{"authetnication", "#1 Authentication of the parser", []Respelled{{"authetnication", []string{"authentication"}}}},
		{"autentication failed", "#1 Authentication of the parser", []Respelled{{"autentication", []string{"authentication"}}}},
		{"authentikatoin", "#1 Authentication of the parser", []Respelled{{"authentikatoin", []string{"authentication"}}}},
		{"praser", "#1 Authentication of the parser", []Respelled{{"praser", []string{"parser"}}}},
		{"arser", "#1 Authentication of the parser", []Respelled{{"arser", []string{"parser"}}}},
		{"MaxChnukSize", "#2 Parse MaxChunkSize", []Respelled{{"chnuk", []string{"chunk"}}}},
		{"maxchnuksize", "#2 Parse MaxChunkSize", []Respelled{{"maxchnuksize", []string{"maxchunksize"}}}},
		{"zoone dpot", "#3 Zone of v2 depot", []Respelled{{"zoone", []string{"zone"}}, {"dpot", []string{"depot"}}}},
		{"zones", "#4 Chill the zones", nil}, // another form of what is there
		{"bhill", "", nil},                   // another first letter
		{"zxyz zoe", "", nil},                // too far, too short
		{"decembre in december", "", nil},    // no month is another word
		{"depot chnuk", "#3 Zone of v2 depot", []Respelled{{"chnuk", []string{"chunk"}}}},
	} {
		got, err := f.Find(t.Context(), f.scope, SearchInput{Query: c.query})
		if err != nil {
			t.Fatal(err)
		}
		first := ""
		if len(got.Hits) > 0 {
			first = titles(got.Hits)[0]
		}
		if d := cmp.Diff(c.respelled, got.Respelled); first != c.first || d != "" {
			t.Errorf("%q finds %q, not %q first; respelled (-want +got):\n%s", c.query, titles(got.Hits), c.first, d)
		}
	}
	got, err := f.Find(t.Context(), f.scope, SearchInput{Query: "praser"})
	if err != nil || len(got.Hits) != 1 || !slices.Equal(got.Hits[0].Matched, []string{"parser"}) {
		t.Errorf("matched %+v, %v", got.Hits, err)
	}
}

// A word that only the filter hides is there.
func TestAFilterMakesNoWordUnknown(t *testing.T) {
	f := setUp(t)
	f.put(t, found(memory.KindChange, "Zone of the depot"))
	f.put(t, found(memory.KindBugfix, "Zones and a clone"))
	f.put(t, found(memory.KindBugfix, "Cone"))
	got, err := f.Find(t.Context(), f.scope, SearchInput{Query: "depot", Filter: storage.ObservationFilter{Kinds: []string{memory.KindBugfix}}})
	if err != nil || len(got.Hits) > 0 || got.Respelled != nil {
		t.Errorf("found %q, respelled %v, %v", titles(got.Hits), got.Respelled, err)
	}
}

// Of equally near words the most common are taken, and only so many of a query's words are
// looked for.
func TestRespellingIsBounded(t *testing.T) {
	f := setUp(t)
	for i, word := range []string{"chunk", "chunk", "chunk", "clunk", "clunk", "chuck"} {
		f.put(t, found(memory.KindChange, fmt.Sprintf("A %s, number %d", word, i)))
	}
	got, err := f.Find(t.Context(), f.scope, SearchInput{Query: "cunk"})
	if err != nil || len(got.Hits) != 5 || !slices.Equal(got.Respelled[0].Found, []string{"chunk", "clunk"}) {
		t.Errorf("found %q, respelled %v, %v", titles(got.Hits), got.Respelled, err)
	}
	got, err = f.Find(t.Context(), f.scope, SearchInput{Query: "nubmer chunkk clunkk chuckk"})
	if err != nil || len(got.Respelled) != maxRespelled {
		t.Errorf("respelled %v, %v", got.Respelled, err)
	}
}
