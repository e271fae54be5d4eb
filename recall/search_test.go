package recall

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"claude-mem/memory"
	"claude-mem/recall/rank"
	"claude-mem/storage"
)

func TestSearchTakesAnyText(t *testing.T) {
	f := setUp(t)
	f.put(t, found(memory.KindBugfix, "Fix the zone of DeliveredOn in delivery/day.go"))
	for _, query := range []string{"zone", `"zone" OR (`, "zone AND NOT *", "deliveredOn", "delivered", "delivery/day.go", "zone\x00;drop table", "NEAR(zone", "title:zone", "-zone", "café zone ~^"} {
		if hits, err := f.Search(t.Context(), f.scope, SearchInput{Query: query}); err != nil || len(hits) != 1 {
			t.Errorf("%q finds %q, %v", query, titles(hits), err)
		}
	}
	for _, query := range []string{"???", "parcel", "\"\"", "*"} {
		if hits, err := f.Search(t.Context(), f.scope, SearchInput{Query: query}); err != nil || len(hits) != 0 {
			t.Errorf("%q finds %q, %v", query, titles(hits), err)
		}
	}
}

func TestSearchWithoutWordsListsTheNewest(t *testing.T) {
	f := setUp(t)
	for i := 1; i <= 3; i++ {
		o := found(memory.KindChange, fmt.Sprintf("Change number %d", i))
		o.OccurredAt = day(i)
		f.put(t, o)
	}
	hits, err := f.Search(t.Context(), f.scope, SearchInput{Limit: 2, Filter: storage.ObservationFilter{Kinds: []string{memory.KindChange}}})
	if want := []string{"#3 Change number 3", "#2 Change number 2"}; err != nil || !slices.Equal(titles(hits), want) {
		t.Errorf("%q, %v", titles(hits), err)
	}
}

func TestSearchLeavesOutWhatWasSuperseded(t *testing.T) {
	f := setUp(t)
	session := f.session(t, "s")
	older := memory.Observation{Kind: memory.KindSummaryObservation, SessionID: session, Metadata: memory.Metadata{Title: "Zone of the depot, first half"}}
	newer := older
	newer.Metadata.Title = "Zone of the depot, all of it"
	f.put(t, older)
	last := f.put(t, newer)
	f.tx(t, func(tx storage.Tx) error {
		return tx.SupersedeSummaries(t.Context(), f.scope, string(session))
	})
	hits, err := f.Search(t.Context(), f.scope, SearchInput{Query: "zone"})
	if err != nil || len(hits) != 1 || hits[0].ID != last.ID {
		t.Errorf("found %q, %v", titles(hits), err)
	}
	if hits, err = f.Search(t.Context(), f.scope, SearchInput{Query: "zone", Superseded: true}); err != nil || len(hits) != 2 {
		t.Errorf("with superseded ones: %q, %v", titles(hits), err)
	}
}

func TestSearchListsWhatSaysTheSameOnce(t *testing.T) {
	f := setUp(t)
	for i := range 6 {
		o := found(memory.KindDiscovery, "Tests pass: go test ./zone")
		o.SessionID = f.session(t, fmt.Sprint(i))
		f.put(t, o)
	}
	other := found(memory.KindDiscovery, "Tests pass: go test ./zone")
	other.Metadata.Narrative = "They had failed for the zone of Auckland."
	f.put(t, other)
	hits, err := f.Search(t.Context(), f.scope, SearchInput{Query: "zone tests"})
	if err != nil || len(hits) != 2 {
		t.Errorf("found %q, %v", titles(hits), err)
	}
}

func TestSearchPagesAreDisjointAndComplete(t *testing.T) {
	f := setUp(t)
	for i := range 25 {
		f.put(t, found(memory.KindChange, fmt.Sprintf("Zone change %d", i/2))) // every title twice
	}
	var all []string
	for offset := 0; ; offset += 4 {
		hits, err := f.Search(t.Context(), f.scope, SearchInput{Query: "zone", Limit: 4, Offset: offset})
		if err != nil {
			t.Fatal(err)
		}
		if len(hits) == 0 {
			break
		}
		for _, h := range hits {
			if slices.Contains(all, h.Title()) {
				t.Errorf("%q is on two pages", h.Title())
			}
			all = append(all, h.Title())
		}
	}
	if len(all) != 13 {
		t.Errorf("%d distinct titles on all pages, want 13", len(all))
	}
}

func TestSearchStaysInItsProject(t *testing.T) {
	f := setUp(t)
	f.put(t, found(memory.KindChange, "Zone of the depot"))
	for _, s := range []memory.Scope{{TeamID: f.scope.TeamID, ProjectID: "other"}, {TeamID: "other", ProjectID: f.scope.ProjectID}, {}} {
		if hits, err := f.Search(t.Context(), s, SearchInput{Query: "zone"}); err != nil || len(hits) > 0 {
			t.Errorf("scope %+v sees %q, %v", s, titles(hits), err)
		}
	}
}

func TestTimelineIsAroundItsAnchor(t *testing.T) {
	f := setUp(t)
	for i := 1; i <= 9; i++ {
		o := found(memory.KindChange, fmt.Sprintf("Step %d of %s", i, map[bool]string{true: "zones", false: "work"}[i == 5]))
		o.OccurredAt = day(i)
		f.put(t, o)
	}
	numbers := func(tl Timeline) (out []int64) {
		for _, o := range tl.Observations {
			out = append(out, o.Number)
		}
		return out
	}
	for _, tt := range []struct {
		in   TimelineInput
		want []int64
	}{
		{TimelineInput{Anchor: 5, Before: 2, After: 1}, []int64{3, 4, 5, 6}},
		{TimelineInput{Query: "zones", Before: 1, After: 1}, []int64{4, 5, 6}},
		{TimelineInput{Anchor: 5, Before: MaxNeighbours, After: MaxNeighbours}, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{TimelineInput{Anchor: 9, After: 5}, []int64{9}},
		{TimelineInput{Anchor: 4}, []int64{4}},
	} {
		got, err := f.Timeline(t.Context(), f.scope, tt.in)
		if err != nil || !slices.Equal(numbers(got), tt.want) || got.Anchor != tt.want[slices.Index(tt.want, got.Anchor)] {
			t.Errorf("%+v gives %v around %d, %v", tt.in, numbers(got), got.Anchor, err)
		}
	}
	for _, in := range []TimelineInput{{Anchor: 77}, {Query: "parcels"}, {}} {
		if tl, err := f.Timeline(t.Context(), memory.Scope{TeamID: f.scope.TeamID, ProjectID: "none"}, in); !errors.Is(err, memory.ErrNotFound) {
			t.Errorf("%+v gives %v, %v", in, numbers(tl), err)
		}
	}
}

// Of each of two common words only the newest observations are looked at; what holds
// both is found however old it is.
func TestSearchFindsWhatHoldsCommonWordsTogether(t *testing.T) {
	f := setUp(t)
	both := f.put(t, found(memory.KindChange, "Zone of the depot"))
	f.tx(t, func(tx storage.Tx) error {
		for i := range 2 * (perTerm + 50) {
			o := found(memory.KindChange, fmt.Sprintf("%s number %d", []string{"Zone", "Depot"}[i%2], i))
			if _, err := f.write(t, tx, o); err != nil {
				return err
			}
		}
		return nil
	})
	hits, err := f.Search(t.Context(), f.scope, SearchInput{Query: "depot zone", Limit: 3})
	if err != nil || len(hits) != 3 || hits[0].ID != both.ID {
		t.Errorf("found %q, %v", titles(hits), err)
	}
	if !slices.Equal(hits[0].Matched, []string{"depot", "zone"}) || !slices.Equal(hits[1].Matched, []string{"depot"}) {
		t.Errorf("matched %q and %q", hits[0].Matched, hits[1].Matched)
	}
}

// A pair is asked for where that is cheap or finds enough soon.
func TestPairsAreBounded(t *testing.T) {
	for _, c := range []struct {
		holding []int64 // of a million
		asked   bool
	}{
		{[]int64{1500, 3000}, true},
		{[]int64{20_000, 30_000}, true},
		{[]int64{300_000, 400_000}, true}, // the newest few thousand are enough
		{[]int64{1500, 300_000}, false},
		{[]int64{1500, 1_000_000}, false},
		{[]int64{0, 0}, true},
	} {
		s := search{stats: rank.Statistics{Observations: 1_000_000, Holding: c.holding}}
		if got := s.entries(3) <= maxEntries; got != c.asked {
			t.Errorf("%v: %v, with %.0f entries", c.holding, got, s.entries(3))
		}
	}
}

func TestSearchOfALongTextIsBounded(t *testing.T) {
	f := setUp(t)
	f.put(t, found(memory.KindChange, "Zone of the depot"))
	var text strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&text, "word%d ", i)
	}
	hits, err := f.Search(t.Context(), f.scope, SearchInput{Query: "zone " + text.String()})
	if err != nil || len(hits) != 1 {
		t.Errorf("found %q, %v", titles(hits), err)
	}
}

func TestSearchGivesUpWithItsCaller(t *testing.T) {
	f := setUp(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if hits, err := f.Search(ctx, f.scope, SearchInput{Query: "zone"}); !errors.Is(err, context.Canceled) {
		t.Errorf("found %q, %v", titles(hits), err)
	}
}

// What stands beside a candidate is found too, but only if it passes the filter.
func TestNeighboursPassTheFilter(t *testing.T) {
	f := setUp(t)
	session := f.session(t, "s")
	put := func(kind, title, agent string) {
		o := found(kind, title)
		o.SessionID, o.AgentID = session, memory.Opt(agent)
		f.put(t, o)
	}
	put(memory.KindChange, "Zone of one", "")
	put(memory.KindBugfix, "Zone of two", "")
	put(memory.KindChange, "Zone of three", "sub")
	hits, err := f.Search(t.Context(), f.scope, SearchInput{Query: "zone", Filter: storage.ObservationFilter{Kinds: []string{memory.KindChange}, WithoutSubagents: true}})
	if want := []string{"#1 Zone of one"}; err != nil || !slices.Equal(titles(hits), want) {
		t.Errorf("found %q, %v", titles(hits), err)
	}
}
