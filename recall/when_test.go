package recall

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"claude-mem/memory"
	"claude-mem/recall/rank"
	"claude-mem/storage"
)

// What is of the time that a query asks for comes first; a query of nothing but a time
// lists it.
func TestSearchKnowsTimes(t *testing.T) {
	f := setUp(t)
	for i := 1; i <= 4; i++ {
		o := found(memory.KindChange, fmt.Sprintf("Zone of depot %d", i))
		o.OccurredAt = day(i)
		f.put(t, o)
	}
	now := day(2).Time()
	for _, c := range []struct {
		query string
		now   time.Time
		want  []string
	}{
		{"which zone was changed on 2 January 2026?", time.Time{}, []string{"#2 Zone of depot 2", "#3 Zone of depot 3"}},
		{"the zone changed yesterday", now, []string{"#1 Zone of depot 1", "#3 Zone of depot 3"}},
		{"what did we do yesterday?", now, []string{"#1 Zone of depot 1"}},
		{"what was there on 2 January?", now, []string{"#2 Zone of depot 2"}},
		{"what did we do yesterday?", time.Time{}, nil},
		{"the zone changed yesterday", time.Time{}, []string{"#3 Zone of depot 3", "#2 Zone of depot 2"}},
		{"what did we do in 2025?", now, nil},
	} {
		hits, err := f.Search(t.Context(), f.scope, SearchInput{Query: c.query, Now: c.now, Limit: 2})
		if err != nil || !slices.Equal(titles(hits), c.want) {
			t.Errorf("%q finds %q, %v", c.query, titles(hits), err)
		}
	}
	hits, err := f.Search(t.Context(), f.scope, SearchInput{Query: "what did we do in January?", Now: now, Filter: storage.ObservationFilter{Until: day(2)}})
	if err != nil || !slices.Equal(titles(hits), []string{"#1 Zone of depot 1"}) {
		t.Errorf("within a filter: %q, %v", titles(hits), err)
	}
}

// Of a common word only the newest observations are looked at; that of the time asked for
// is found however old it is.
func TestSearchFindsACommonWordAtItsTime(t *testing.T) {
	f := setUp(t)
	old := f.put(t, found(memory.KindChange, "Zone of the depot"))
	f.tx(t, func(tx storage.Tx) error {
		for i := range perTerm + 50 {
			o := found(memory.KindChange, fmt.Sprintf("Zone number %d", i))
			o.OccurredAt = day(9)
			if _, err := f.write(t, tx, o); err != nil {
				return err
			}
		}
		return nil
	})
	hits, err := f.Search(t.Context(), f.scope, SearchInput{Query: "zone on 2026-01-01", Limit: 2})
	if err != nil || len(hits) != 2 || hits[0].ID != old.ID {
		t.Errorf("found %q, %v", titles(hits), err)
	}
}

// Where too many observations hold a term, those of a time are not looked for among
// them.
func TestLookingForATimeIsBounded(t *testing.T) {
	for _, c := range []struct {
		holding []int64
		want    int
	}{{[]int64{50, 20}, 2}, {[]int64{maxTimed, 20}, 1}, {[]int64{1_000_000, 1_000_000}, 0}} {
		s := search{query: rank.Parse("zone depot"), stats: rank.Statistics{Holding: c.holding}}
		if got := len(s.rarest(maxTimed)); got != c.want {
			t.Errorf("%v: %d terms, want %d", c.holding, got, c.want)
		}
	}
}
