package postgres

import (
	"slices"
	"testing"
	"time"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// believe makes a store take counts for granted that would need many rows to be true.
func believe(s *Store, scope memory.Scope, total int64, shares map[string]float64) {
	s.stats.totals[scope] = count{n: total, at: time.Now()}
	s.stats.common, s.stats.commonAt = commonTerms{rows: total, shares: shares}, time.Now()
}

// remember stores observations with those titles, a millisecond apart, and returns
// their numbers.
func remember(t *testing.T, s *Store, scope memory.Scope, titles ...string) (numbers []int64) {
	t.Helper()
	err := s.InTx(t.Context(), func(tx storage.Tx) error {
		for i, title := range titles {
			o := memory.Observation{
				ID: id.New(), TeamID: scope.TeamID, ProjectID: scope.ProjectID, Kind: memory.KindChange,
				OccurredAt: memory.Epoch(i + 1), CreatedAt: 1, UpdatedAt: 1,
			}
			o.Metadata.Title = title
			o.Content = o.Metadata.Content()
			o, _, err := tx.PutObservation(t.Context(), o)
			if err != nil {
				return err
			}
			numbers = append(numbers, o.Number)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return numbers
}

func TestMatchingOfCommonTerms(t *testing.T) {
	s := open(t, Options{})
	scope, theirs := tenant(t, s), tenant(t, s)
	n := remember(t, s, scope, "parser error", "cache", "error", "parser", "cache error")
	remember(t, s, theirs, "parser error of theirs")
	const total = 1_000_000
	for _, c := range []struct {
		name    string
		shares  map[string]float64
		filter  storage.ObservationFilter
		clauses [][]string
		want    []storage.Matches
	}{
		{"all are rare", nil, storage.ObservationFilter{}, [][]string{{"error"}, {"cach"}},
			[]storage.Matches{{Numbers: []int64{n[4], n[2], n[0]}, Total: 3}, {Numbers: []int64{n[4], n[1]}, Total: 2}}},
		{"a common one beside a rare one", map[string]float64{"error": .5}, storage.ObservationFilter{},
			[][]string{{"error"}, {"cach"}}, []storage.Matches{{Numbers: []int64{n[4], n[2], n[0]}, Total: total / 2}, {Numbers: []int64{n[4], n[1]}, Total: 2}}},
		{"where the tenant has most of the store", map[string]float64{label(projectLabel, scope.ProjectID): .9}, storage.ObservationFilter{},
			[][]string{{"error"}}, []storage.Matches{{Numbers: []int64{n[4], n[2], n[0]}, Total: 3}}},
		{"of some time, a common one beside a rare one is not listed", map[string]float64{"error": .5}, storage.ObservationFilter{Since: 1},
			[][]string{{"error"}, {"cach"}}, []storage.Matches{{Total: total / 2}, {Numbers: []int64{n[4], n[1]}, Total: 2}}},
		{"of some time, nothing but common ones", map[string]float64{"error": .5, "cach": .25}, storage.ObservationFilter{Since: 1},
			[][]string{{"error"}, {"cach"}}, []storage.Matches{{Numbers: []int64{n[4], n[2], n[0]}, Total: total / 2},
				{Numbers: []int64{n[4], n[1]}, Total: total / 4}}},
		{"nothing but common ones", map[string]float64{"error": .5, "cach": .25}, storage.ObservationFilter{},
			[][]string{{"error"}, {"cach"}, {"error", "cach"}}, []storage.Matches{{Numbers: []int64{n[4], n[2], n[0]}, Total: total / 2},
				{Numbers: []int64{n[4], n[1]}, Total: total / 4}, {Numbers: []int64{n[4]}, Total: total / 8}}},
		{"a common one beside one that is nowhere", map[string]float64{"error": .5}, storage.ObservationFilter{},
			[][]string{{"error"}, {"nowher"}}, []storage.Matches{{Numbers: []int64{n[4], n[2], n[0]}, Total: total / 2}, {}}},
		{"common ones that are rare together", map[string]float64{"error": .5, "cach": .003}, storage.ObservationFilter{},
			[][]string{{"error", "cach"}}, []storage.Matches{{Numbers: []int64{n[4]}, Total: 1}}},
		{"with a file to go by", map[string]float64{"error": .5}, storage.ObservationFilter{Files: []string{"main.go"}},
			[][]string{{"error"}}, []storage.Matches{{Total: total / 2}}},
	} {
		believe(s, scope, total, c.shares)
		got, err := s.Matching(t.Context(), scope, storage.Matching{Clauses: c.clauses, Filter: c.filter, Limit: 10})
		if err != nil || !slices.EqualFunc(got, c.want, func(a, b storage.Matches) bool {
			return slices.Equal(a.Numbers, b.Numbers) && a.Total == b.Total
		}) {
			t.Errorf("%s: %+v, want %+v, %v", c.name, got, c.want, err)
		}
	}
}

// What common terms are in is looked for in the newest epochs, and further back where
// there is less of it than they are said to have.
func TestMatchingLooksFurtherBack(t *testing.T) {
	s := open(t, Options{})
	scope := tenant(t, s)
	exec(t, s, `INSERT INTO observations (id, team_id, project_id, kind, occurred_at, created_at, updated_at, content, metadata, terms)
		SELECT 'o' || n, $1, $2, 'change', n, n, n, '', '{}',
		('''/p/' || $2 || ''' everywhere ' || CASE WHEN n <= 3 THEN 'early' ELSE 'late' END)::tsvector
		FROM generate_series(1, 6000) n`, scope.TeamID, scope.ProjectID)
	for _, c := range []struct {
		name  string
		total int64
		share float64 // of what is looked for
		term  string
		want  storage.Matches
	}{
		{"in the newest", 1_000_000, .5, "everywhere", storage.Matches{Numbers: []int64{6000, 5999}, Total: 500_000}},
		{"too far back for a common one", 1_000_000, .5, "early", storage.Matches{Total: 500_000}},
		{"further back", 1_000_000, .004, "early", storage.Matches{Numbers: []int64{3, 2}, Total: 4000}},
		{"anywhere, if it cannot be many", 6000, .4, "early", storage.Matches{Numbers: []int64{3, 2}, Total: 2400}},
	} {
		believe(s, scope, c.total, map[string]float64{c.term: c.share})
		got, err := s.Matching(t.Context(), scope, storage.Matching{Clauses: [][]string{{c.term}}, Limit: 2})
		if err != nil || !slices.Equal(got[0].Numbers, c.want.Numbers) || got[0].Total != c.want.Total {
			t.Errorf("%s: %+v, want %+v, %v", c.name, got, c.want, err)
		}
	}
}

// How many match what the server's statistics do not know is found out by a look at the newest
// numbers, once.
func TestMatchingOfUnknownTerms(t *testing.T) {
	s, tr := traced(t)
	scope := tenant(t, s)
	exec(t, s, `INSERT INTO observations (id, team_id, project_id, kind, occurred_at, created_at, updated_at, content, metadata, terms)
		SELECT 'o' || n, $1, $2, 'change', n, n, n, '', '{}', ('''/p/' || $2 || ''' ' || CASE WHEN n <= 2 THEN 'early' ELSE 'late' END)::tsvector
		FROM generate_series(1, 6000) n`, scope.TeamID, scope.ProjectID)
	believe(s, scope, 1_000_000, nil)
	s.stats.common.least = .006
	for _, c := range []struct {
		name, term string
		since      memory.Epoch
		limit      int
		looks      int
		want       storage.Matches
	}{
		{"of some time", "early", 1, 10, 1, storage.Matches{Numbers: []int64{2, 1}, Total: 2}},
		{"too many to list", "late", 0, 2, 1, storage.Matches{Numbers: []int64{6000, 5999}, Total: 6000}},
		{"few of the newest", "early", 0, 10, 2, storage.Matches{Numbers: []int64{2, 1}, Total: 2}},
		{"known by now", "early", 0, 10, 1, storage.Matches{Numbers: []int64{2, 1}, Total: 2}},
	} {
		tr.take()
		got, err := s.Matching(t.Context(), scope, storage.Matching{
			Clauses: [][]string{{c.term}}, Filter: storage.ObservationFilter{Since: c.since}, Limit: c.limit,
		})
		if err != nil || !slices.Equal(got[0].Numbers, c.want.Numbers) || got[0].Total != c.want.Total {
			t.Errorf("%s: %+v, want %+v, %v", c.name, got, c.want, err)
		}
		if looks := len(tr.take()); looks != c.looks {
			t.Errorf("%s: looked %d times, want %d", c.name, looks, c.looks)
		}
	}
	for range maxLearnt + 1 {
		s.stats.learn(id.New(), .001)
	}
	if n := len(s.stats.learnt); n > maxLearnt {
		t.Errorf("%d terms are remembered", n)
	}
}

// Epochs and eras begin no later than the numbers that are asked for, and not much before.
func TestMatchingAmongTheNewest(t *testing.T) {
	s := open(t, Options{})
	scope := tenant(t, s)
	exec(t, s, `INSERT INTO observations (number, id, team_id, project_id, kind, occurred_at, created_at, updated_at, content, metadata, terms)
		SELECT n, 'o' || n, $1, $2, 'change', n, n, n, '', '{}', ('''/p/' || $2 || ''' word')::tsvector FROM unnest(ARRAY[100, 20000, 42000, 50000, 58900, 59100, 60000]) n`,
		scope.TeamID, scope.ProjectID)
	for _, c := range []struct {
		numbers int64
		want    []int64
	}{
		{1, []int64{60000}},
		{1000, []int64{60000, 59100, 58900}},                // the epoch of 59001 begins with 58880
		{16667, []int64{60000, 59100, 58900, 50000, 42000}}, // the era of 43334 with 40960
		{100000, []int64{60000, 59100, 58900, 50000, 42000, 20000, 100}},
		{0, []int64{60000, 59100, 58900, 50000, 42000, 20000, 100}},
	} {
		out := make([]storage.Matches, 1)
		q := lookup{estimates: estimates{scope: scope}, limit: 10}.find([]clause{{place: 1, query: allOf([]string{"word"}), numbers: c.numbers}})
		if _, err := s.collect(t.Context(), out, q); err != nil || !slices.Equal(out[0].Numbers, c.want) {
			t.Errorf("among %d: %v, want %v, %v", c.numbers, out[0].Numbers, c.want, err)
		}
	}
}

// What makes a term common is learnt from the server's own statistics.
func TestCommonTermsAreLearnt(t *testing.T) {
	s := open(t, Options{})
	scope := tenant(t, s)
	exec(t, s, `INSERT INTO observations (id, team_id, project_id, kind, occurred_at, created_at, updated_at, content, metadata, terms)
		SELECT 'o' || n, $1, $2, 'change', n, n, n, '', '{}', ('''everywhere'' w' || n)::tsvector FROM generate_series(1, 6000) n`,
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
		if n, err := s.Extent(t.Context(), scope); err != nil || n != 6000 {
			t.Errorf("counted %d, %v", n, err)
		}
	}
}

// What was stored before there was an index of the present form is indexed when the
// database is opened.
func TestOpenIndexesWhatIsNot(t *testing.T) {
	s := open(t, Options{})
	scope := tenant(t, s)
	exec(t, s, `INSERT INTO observations (id, team_id, project_id, kind, occurred_at, created_at, updated_at, content, metadata, terms)
		SELECT 'o' || n, $1, $2, 'manual', n, n, n, 'remember this', '{}', '' FROM generate_series(1, 450) n`, scope.TeamID, scope.ProjectID)
	exec(t, s, `INSERT INTO observations_unindexed SELECT number FROM observations`)
	again, err := Open(t.Context(), s.pool.Config().ConnString(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	m, err := again.Matching(t.Context(), scope, storage.Matching{Clauses: [][]string{{"rememb"}}})
	if err != nil || len(m[0].Numbers) != 450 {
		t.Errorf("%d are found, %v", len(m[0].Numbers), err)
	}
	ranked, err := again.Ranked(t.Context(), scope, storage.Ranking{Numbers: m[0].Numbers[:1]})
	if err != nil || len(ranked) != 1 || len(ranked[0].List) == 0 || ranked[0].Thread == 0 {
		t.Errorf("ranked by %+v, %v", ranked, err)
	}
}
