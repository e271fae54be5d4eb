package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"claude-mem/memory"
	"claude-mem/storage"
)

// wordStore holds rows observations with the word "everywhere", of which the first
// hundred have "often" too, the first two "seldom", and one "once".
func wordStore(t *testing.T, rows int) *Store {
	t.Helper()
	s := openAt(t, filepath.Join(t.TempDir(), "m.db"), Options{})
	exec(t, s, `INSERT INTO teams VALUES ('t', 't', 1)`)
	exec(t, s, `INSERT INTO projects VALUES ('p', 't', 'p', '{}', 1, 1)`)
	exec(t, s, fmt.Sprintf(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO observations (number, id, team_id, project_id, kind, occurred_at, created_at, updated_at, content, metadata)
		SELECT i, 'o' || i, 't', 'p', 'change', i, i, i, '', '{}' FROM n`, rows))
	exec(t, s, `INSERT INTO observations_fts (rowid, narrative) SELECT number, 'everywhere'
		|| iif(number <= 100, ' often', '') || iif(number <= 2, ' seldom', '') || iif(number = 1, ' once', '') FROM observations`)
	return s
}

func TestCommonTermsAreLeftOut(t *testing.T) {
	// The limit is 1 in 50: 120 rows of 6000.
	s := wordStore(t, 6000)
	scope := memory.Scope{TeamID: "t", ProjectID: "p"}
	for _, c := range []struct {
		terms []string
		want  int // how many are found
	}{
		{[]string{"everywhere"}, 1000},
		{[]string{"everywhere", "once"}, 1000},         // two terms are never too many
		{[]string{"everywhere", "often", "once"}, 100}, // the common one tells nothing
		{[]string{"everywhere", "seldom", "once"}, 2},
		{[]string{"everywhere", "once", "nowhere"}, 1},
		{[]string{"everywhere", `"everywhere`, "everywhere "}, 1000}, // all are common: the rarest stay
		{[]string{"nowhere", "none", "nil"}, 0},
	} {
		for range 2 { // the second time from the counts that are remembered
			hits, err := s.Search(context.Background(), scope, storage.Query{Terms: slices.Clone(c.terms), Page: storage.Page{Limit: 1000}})
			if err != nil || len(hits) != c.want {
				t.Errorf("%q finds %d, not %d (%v)", c.terms, len(hits), c.want, err)
			}
		}
	}
}

func TestRankingIsBounded(t *testing.T) {
	s := wordStore(t, maxRanked+10)
	for offset, want := range map[int]int{0: 5, maxRanked - 3: 3, maxRanked: 0} {
		hits, err := s.Search(context.Background(), memory.Scope{TeamID: "t", ProjectID: "p"},
			storage.Query{Terms: []string{"everywhere"}, Page: storage.Page{Limit: 5, Offset: offset}})
		if err != nil || len(hits) != want {
			t.Errorf("at offset %d there are %d, not %d (%v)", offset, len(hits), want, err)
		}
	}
}

func TestFrequenciesAreBounded(t *testing.T) {
	f := newFrequencies()
	for i := range 3 * maxFrequencies {
		f.put(fmt.Sprint(i), int64(i), true)
	}
	if len(f.m) > maxFrequencies {
		t.Errorf("%d counts are remembered", len(f.m))
	}
	f.put("cut", 11, false)
	if _, ok := f.get("cut", 10); !ok {
		t.Error("a count that reached its limit is forgotten")
	}
	if _, ok := f.get("cut", 20); ok {
		t.Error("a count that stopped at 11 is taken for one up to 20")
	}
}
