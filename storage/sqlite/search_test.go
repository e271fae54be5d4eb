package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"claude-mem/memory"
	"claude-mem/storage"
)

// wordStore holds rows observations with the word "everywhere", of which the oldest
// hundred have "often" too.
func wordStore(t *testing.T, rows int) *Store {
	t.Helper()
	s := openAt(t, filepath.Join(t.TempDir(), "m.db"), Options{})
	exec(t, s, `INSERT INTO teams VALUES ('t', 't', 1)`)
	exec(t, s, `INSERT INTO projects VALUES ('p', 't', 'p', '{}', 1, 1)`)
	exec(t, s, fmt.Sprintf(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO observations (number, id, team_id, project_id, kind, occurred_at, created_at, updated_at, content, metadata)
		SELECT i, 'o' || i, 't', 'p', iif(i = 1, 'bugfix', 'change'), i, i, i, '', '{}' FROM n`, rows))
	key := projectKey(memory.Scope{TeamID: "t", ProjectID: "p"})
	exec(t, s, `INSERT INTO observations_fts (rowid, terms) SELECT number, ?1 || 'everywhere'
		|| iif(number <= 100, ' ' || ?1 || 'often', '') FROM observations`, key)
	return s
}

func TestMatchingOfManyEstimates(t *testing.T) {
	const rows = countTo + 5000
	s := wordStore(t, rows)
	scope := memory.Scope{TeamID: "t", ProjectID: "p"}
	for range 2 { // the second time from the count that is remembered
		n, err := s.Extent(context.Background(), scope)
		if err != nil || n != rows {
			t.Errorf("the extent is %d, not %d (%v)", n, rows, err)
		}
		m, err := s.Matching(context.Background(), scope, storage.Matching{
			Clauses: [][]string{{"everywhere"}, {"often"}, {"everywhere", "often"}}, Limit: 50,
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := m[0].Numbers; len(n) != 50 || n[0] != rows || m[0].Total != rows {
			t.Errorf("a word that all have: %d found from %d on, %d in all", len(n), n[0], m[0].Total)
		}
		// Those that have it stand together, so the estimate is far too high, but no
		// higher than what there is.
		if n := m[1].Numbers; len(n) != 50 || n[0] != 100 || m[1].Total > rows || m[1].Total <= 50 {
			t.Errorf("a word that the oldest have: %d found, %d in all", len(n), m[1].Total)
		}
		if n := m[2].Numbers; len(n) != 50 || n[0] != 100 {
			t.Errorf("both words: %v", n)
		}
	}
}

// A filter that few pass must not make a search read the whole store.
func TestMatchingLooksIntoABoundedNumber(t *testing.T) {
	s := wordStore(t, maxLooked+10)
	m, err := s.Matching(context.Background(), memory.Scope{TeamID: "t", ProjectID: "p"}, storage.Matching{
		Clauses: [][]string{{"everywhere"}, {"often"}}, Filter: storage.ObservationFilter{Kinds: []string{"bugfix"}},
	})
	if err != nil || len(m[0].Numbers) != 0 || len(m[1].Numbers) != 1 {
		t.Errorf("found %v, %v", m, err)
	}
}

func TestExtentsAreBounded(t *testing.T) {
	es := newExtents()
	for i := range 3 * maxExtents {
		es.put(memory.Scope{TeamID: fmt.Sprint(i)}, extent{count: believedFrom})
	}
	if len(es.m) > maxExtents {
		t.Errorf("%d counts are remembered", len(es.m))
	}
	es.put(memory.Scope{TeamID: "small"}, extent{count: believedFrom - 1})
	if _, ok := es.get(memory.Scope{TeamID: "small"}); ok {
		t.Error("the count of few is believed")
	}
}

func TestProjectKeysAreTerms(t *testing.T) {
	seen := make(map[string]bool)
	for i := range 1000 {
		k := projectKey(memory.Scope{ProjectID: fmt.Sprint("project ", i)})
		if !isTerm(k) || len(k) != keyLen || seen[k] {
			t.Errorf("key %q", k)
		}
		seen[k] = true
	}
	for text, want := range map[string]bool{"abc9": true, "größe": true, "日本": true, "": false, "A": false, "a b": false, `a"`: false, "a*": false, "a\x00": false} {
		if isTerm(text) != want {
			t.Errorf("isTerm(%q) = %v", text, !want)
		}
	}
}
