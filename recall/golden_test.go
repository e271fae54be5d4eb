package recall

import (
	"context"
	"slices"
	"strings"
	"testing"

	"claude-mem/internal/recorded"
	"claude-mem/internal/testenv"
	"claude-mem/storage"
	"claude-mem/storage/postgres"
)

// TestGoldenQueries holds both engines to what is found of the recorded sessions. The
// floors are a little below what is found; the log has the place of each.
func TestGoldenQueries(t *testing.T) {
	engines := map[string]func(t *testing.T) *fixture{
		"sqlite": func(t *testing.T) *fixture { return rememberAll(t) },
		"postgres": func(t *testing.T) *fixture {
			server := testenv.SharedPostgres(t)
			store, err := postgres.Open(context.Background(), server.Database(t, testenv.Template{}), postgres.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { store.Close() })
			return setUpOn(t, store).rememberAll(t)
		},
	}
	for name, open := range engines {
		t.Run(name, func(t *testing.T) {
			f := open(t)
			for _, set := range []struct {
				name        string
				queries     []recorded.Golden
				first, five int // how many must be the first hit, among the first five
			}{{"questions", recorded.GoldenQuestions(), 30, 33}, {"code", recorded.GoldenCode(), 24, 26}, {"typos", recorded.GoldenTypos(), 6, 7}} {
				first, five := 0, 0
				for _, g := range set.queries {
					at := f.place(t, g)
					t.Logf("%2d %s", at, g.Query)
					if at == 1 {
						first++
					}
					if at > 0 && at <= 5 {
						five++
					}
				}
				t.Logf("%s: of %d queries %d are answered by the first hit, %d by the first five", set.name, len(set.queries), first, five)
				if first < set.first || five < set.five {
					t.Errorf("%s: %d first, %d in five; want %d, %d", set.name, first, five, set.first, set.five)
				}
			}
		})
	}
}

// place is that of the first hit of a right session, 0 if none is among the first 20.
func (f *fixture) place(t *testing.T, g recorded.Golden) int {
	t.Helper()
	hits, err := f.Search(t.Context(), f.scope, SearchInput{Query: g.Query})
	if err != nil {
		t.Fatal(err)
	}
	var right []string
	for name := range strings.FieldsSeq(g.Sessions) {
		right = append(right, string(f.session(t, name+".jsonl")))
	}
	return slices.IndexFunc(hits, func(h storage.Hit) bool { return slices.Contains(right, string(h.SessionID)) }) + 1
}
