package postgres

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// believe makes a store take counts for granted that would need many rows to be true.
func believe(s *Store, scope memory.Scope, total int64, shares map[string]float64) {
	s.stats.totals[scope] = count{total, time.Now()}
	s.stats.common, s.stats.commonAt = commonTerms{rows: total, shares: shares}, time.Now()
}

func TestPlan(t *testing.T) {
	s := open(t, Options{})
	scope := memory.Scope{TeamID: "t", ProjectID: "p"}
	shares := map[string]float64{"everywhere": 0.9, "often": 0.1, "some": 0.05}
	for _, c := range []struct {
		name   string
		total  int64
		terms  []string
		filter storage.ObservationFilter
		want   plan
	}{
		{"few observations", 100, []string{"everywhere", "rare"}, storage.ObservationFilter{},
			plan{total: 100, asked: []string{"everywhere", "rare"}}},
		{"the rarest that match few together", 45_000, []string{"everywhere", "often", "rare", "some"}, storage.ObservationFilter{},
			plan{total: 45_000, asked: []string{"rare", "some"}}},
		{"more room", 30_000, []string{"everywhere", "often", "rare", "some"}, storage.ObservationFilter{},
			plan{total: 30_000, asked: []string{"rare", "some", "often"}}},
		{"nothing but common terms", 40_000, []string{"everywhere"}, storage.ObservationFilter{},
			plan{total: 40_000, asked: []string{"everywhere"}, newest: true}},
		{"with a file to go by", 40_000, []string{"everywhere"}, storage.ObservationFilter{Files: []string{"main.go"}},
			plan{total: 40_000, asked: []string{"everywhere"}}},
	} {
		// What is counted is not believed while it is small.
		if believe(s, scope, c.total, shares); c.total <= fewObservations {
			c.want.total = 0
		}
		got, err := s.plan(t.Context(), scope, c.terms, c.filter)
		if err != nil || got.total != c.want.total || got.newest != c.want.newest || !slices.Equal(got.asked, c.want.asked) {
			t.Errorf("%s: got %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
}

func TestRank(t *testing.T) {
	// Of 100 observations: the weights of three terms in each match.
	ordered := func(matches ...match) (numbers []int64) {
		plan{total: 100, shares: make([]float64, len(matches[0].weights))}.rank(matches)
		for _, m := range matches {
			numbers = append(numbers, m.number)
		}
		return numbers
	}
	for _, c := range []struct {
		name    string
		matches []match
		want    []int64
	}{
		{"a rare term counts more than a common one", []match{
			{number: 1, words: 9, weights: []float32{.5, 0}}, {number: 2, words: 9, weights: []float32{.5, 0}},
			{number: 3, words: 9, weights: []float32{.5, 0}}, {number: 4, words: 9, weights: []float32{0, .5}},
		}, []int64{4, 3, 2, 1}},
		{"two terms count more than one", []match{
			{number: 1, words: 9, weights: []float32{.5, .5}}, {number: 2, words: 9, weights: []float32{.5, 0}},
			{number: 3, words: 9, weights: []float32{0, .5}},
		}, []int64{1, 3, 2}},
		{"the title counts more than the narrative", []match{
			{number: 1, words: 9, weights: []float32{1}}, {number: 2, words: 9, weights: []float32{.5}},
		}, []int64{1, 2}},
		{"short texts count more than long ones", []match{
			{number: 1, words: 5, weights: []float32{.5}}, {number: 2, words: 50, weights: []float32{.5}},
		}, []int64{1, 2}},
		{"the newer of two alike comes first", []match{
			{number: 1, words: 5, weights: []float32{.5}}, {number: 2, words: 5, weights: []float32{.5}},
		}, []int64{2, 1}},
		{"nothing to divide by", []match{{number: 1, weights: []float32{.5}}}, []int64{1}},
	} {
		if got := ordered(c.matches...); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// remember stores observations with those titles, a millisecond apart.
func remember(t *testing.T, s *Store, scope memory.Scope, titles ...string) {
	t.Helper()
	err := s.InTx(t.Context(), func(tx storage.Tx) error {
		for i, title := range titles {
			o := memory.Observation{
				ID: id.New(), TeamID: scope.TeamID, ProjectID: scope.ProjectID, Kind: memory.KindChange,
				OccurredAt: memory.Epoch(i + 1), CreatedAt: 1, UpdatedAt: 1,
			}
			o.Metadata.Title = title
			o.Content = o.Metadata.Content()
			if _, _, err := tx.PutObservation(t.Context(), o); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// found lists the titles that a search finds.
func found(t *testing.T, s *Store, scope memory.Scope, terms ...string) (titles []string) {
	t.Helper()
	hits, err := s.Search(t.Context(), scope, storage.Query{Terms: terms})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hits {
		titles = append(titles, h.Title())
	}
	return titles
}

func TestSearchOfManyObservations(t *testing.T) {
	s := open(t, Options{})
	scope, theirs := tenant(t, s), tenant(t, s)
	remember(t, s, scope, "parser error", "cache", "error", "parser", "cache error")
	remember(t, s, theirs, "parser error of theirs")
	for _, c := range []struct {
		name   string
		shares map[string]float64
		terms  []string
		want   []string
	}{
		{"terms that all are rare", nil, []string{"error", "cache"}, []string{"cache error", "cache", "error", "parser error"}},
		// A common term finds nothing by itself beside a rare one.
		{"a common term beside a rare one", map[string]float64{"error": .9}, []string{"error", "cache"}, []string{"cache", "cache error"}},
		{"nothing but a common term", map[string]float64{"error": .9}, []string{"error"}, []string{"error", "cache error", "parser error"}},
		{"a term of many forms", nil, []string{"errors", "caching"}, []string{"cache error", "cache", "error", "parser error"}},
	} {
		believe(s, scope, 1_000_000, c.shares)
		if got := found(t, s, scope, c.terms...); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Among what a rare term finds, a common one may be rare too. It stays a weak hint.
func TestRankKnowsCommonTerms(t *testing.T) {
	matches := []match{
		{number: 1, words: 9, weights: []float32{.5, .5, 0}}, {number: 2, words: 9, weights: []float32{.5, 0, .5}},
	}
	plan{total: 100_000, shares: []float64{0, 0.5, 0}}.rank(matches)
	if matches[0].number != 2 || matches[0].score < 1.5*matches[1].score {
		t.Errorf("got %+v", matches)
	}
}

func TestSearchOfUnfitTerms(t *testing.T) {
	s := open(t, Options{})
	scope := tenant(t, s)
	remember(t, s, scope, "it's fine")
	for _, terms := range [][]string{nil, {""}, {"\x00"}, {"a\xff"}, {"/p/" + scope.ProjectID}, {"'", `\`, "&", "|", "!", ":*"}} {
		if got := found(t, s, scope, terms...); terms != nil && terms[0] != "/p/"+scope.ProjectID && len(got) != 0 {
			t.Errorf("%q found %q", terms, got)
		}
	}
	if got := found(t, s, scope, "\x00", "fine"); len(got) != 1 {
		t.Errorf("a fit term beside an unfit one found %q", got)
	}
}

func TestHitsLeaveOutWhatIsGone(t *testing.T) {
	s := open(t, Options{})
	scope := tenant(t, s)
	remember(t, s, scope, "first", "second")
	hits, err := s.hits(t.Context(), scope, []match{{number: 2, score: 2}, {number: 99, score: 1.5}, {number: 1, score: 1}})
	if err != nil || len(hits) != 2 || hits[0].Score != 2 || hits[0].Title() != "second" || hits[1].Score != 1 {
		t.Errorf("got %+v, %v", hits, err)
	}
}

// What makes a term common is learnt from the server's own statistics.
func TestCommonTermsAreLearnt(t *testing.T) {
	s := open(t, Options{})
	scope := tenant(t, s)
	exec(t, s, `INSERT INTO observations (id, team_id, project_id, kind, occurred_at, created_at, updated_at, words, content, metadata, terms)
		SELECT 'o' || n, $1, $2, 'change', n, n, n, 3, '', '{}', ('''everywhere'':1 w' || n || ':1')::tsvector FROM generate_series(1, 6000) n`,
		scope.TeamID, scope.ProjectID)
	if c, err := s.common(t.Context()); err != nil || len(c.shares) > 1 {
		t.Fatalf("before it was analysed: %v, %v", c, err)
	}
	exec(t, s, "ANALYZE observations")
	if c, _ := s.common(t.Context()); len(c.shares) > 1 {
		t.Error("statistics are read anew for each search")
	}
	s.stats.commonAt = time.Now().Add(-2 * statisticsAge)
	c, err := s.common(t.Context())
	if err != nil || c.rows != 6000 || c.shares["everywhere"] < 0.99 || c.shares["w17"] > 0.01 {
		t.Errorf("got %d rows, %v, %v; %v", c.rows, c.shares["everywhere"], c.shares["w17"], err)
	}
	for range 2 { // counted, then remembered
		if n, err := s.total(t.Context(), scope); err != nil || n != 6000 {
			t.Errorf("counted %d, %v", n, err)
		}
	}
	if got, err := s.plan(t.Context(), scope, []string{"everywhere", "w17"}, storage.ObservationFilter{}); err != nil ||
		fmt.Sprint(got.asked) != "[w17 everywhere]" || got.shares[0] < 0.99 {
		t.Errorf("planned %+v, %v", got, err)
	}
}
