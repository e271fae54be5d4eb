package meaning_test

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"claude-mem/internal/id"
	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/recall/meaning"
	"claude-mem/storage"
	"claude-mem/storage/postgres"
	"claude-mem/storage/sqlite"
)

// question is a model that answers each question with one vector.
type question []float32

func (question) Model() string { return "m" }
func (q question) Embed(context.Context, []string) (providers.Embedding, error) {
	return providers.Embedding{Vectors: [][]float32{q}}, nil
}

// own hides that a store can compare vectors itself.
type own struct{ meaning.Store }

// library is a store with the vectors of a project, and others that must not be found.
type library struct {
	storage.Store
	t       *testing.T
	scope   memory.Scope
	cosines map[int64]float64 // with the question, of what may be found
}

func (l *library) tx(fn func(tx storage.Tx) error) {
	l.t.Helper()
	if err := l.InTx(l.t.Context(), fn); err != nil {
		l.t.Fatal(err)
	}
}

// project makes one in a team of that name.
func (l *library) project(team string) (s memory.Scope) {
	l.t.Helper()
	l.tx(func(tx storage.Tx) error {
		t, err := tx.EnsureTeam(l.t.Context(), memory.Team{ID: id.New(), Name: team, CreatedAt: 1})
		if err != nil {
			return err
		}
		p, err := tx.EnsureProject(l.t.Context(), memory.Project{ID: id.New(), TeamID: t.ID, Name: id.New(), CreatedAt: 1, UpdatedAt: 1})
		s = p.Scope()
		return err
	})
	return s
}

// put stores an observation for each vector.
func (l *library) put(s memory.Scope, model string, vectors ...[]int8) (stored []memory.Observation) {
	l.t.Helper()
	l.tx(func(tx storage.Tx) error {
		stored = nil
		for _, v := range vectors {
			o, _, err := tx.PutObservation(l.t.Context(), memory.Observation{
				ID: id.New(), TeamID: s.TeamID, ProjectID: s.ProjectID, Kind: memory.KindManual, Content: id.New(),
				OccurredAt: 1, CreatedAt: 1, UpdatedAt: 1,
			})
			if err != nil {
				return err
			}
			stored = append(stored, o)
			if err := tx.PutVectors(l.t.Context(), s, model, storage.Vector{Number: o.Number, Values: unsigned(v)}); err != nil {
				return err
			}
		}
		return nil
	})
	return stored
}

func unsigned(v []int8) []byte {
	out := make([]byte, len(v))
	for i, x := range v {
		out[i] = byte(x) //nolint:gosec // the bits are what counts
	}
	return out
}

// fill stores vectors of some dimensions at random, near ones of which only some count,
// and some that are equal.
func (l *library) fill(r *rand.Rand, q question) {
	l.t.Helper()
	near := make([]int8, len(q))
	for d := range near {
		near[d] = int8(q[d])
	}
	var vectors [][]int8
	for range 200 {
		v := make([]int8, len(q))
		for d := range v {
			v[d] = int8(r.IntN(256) - 128)
		}
		vectors = append(vectors, v)
	}
	vectors = append(vectors, vectors[7], vectors[7])
	for i, o := range l.put(l.scope, q.Model(), vectors...) {
		var dot, length float64
		for d, x := range vectors[i] {
			dot, length = dot+float64(q[d])*float64(x), length+float64(x)*float64(x)
		}
		l.cosines[o.Number] = dot / math.Sqrt(length)
	}
	for _, team := range []string{"ours", "theirs"} {
		s := l.project(team)
		want := l.put(s, q.Model(), near)
		// A store may first see them when it is asked about them.
		got, err := meaning.New(l.Store, q, meaning.Options{}).Nearest(l.t.Context(), s, "question", 9)
		if err != nil || !slices.Equal(got, []int64{want[0].Number}) {
			l.t.Errorf("in another project: %v, %v", got, err)
		}
	}
	l.put(l.scope, "another model", near)
	l.put(l.scope, q.Model(), append(slices.Clone(near), 0), make([]int8, len(q)))
	gone := l.put(l.scope, q.Model(), near, near)
	l.tx(func(tx storage.Tx) error {
		if _, err := tx.UpdateObservation(l.t.Context(), gone[0]); err != nil {
			return err
		}
		return tx.DeleteObservation(l.t.Context(), l.scope, gone[1].ID)
	})
}

// wanted are the n that point most in the direction of the question.
func (l *library) wanted(n int) []int64 {
	var all []int64
	for number, c := range l.cosines {
		if c > 0 {
			all = append(all, number)
		}
	}
	slices.SortFunc(all, func(a, b int64) int {
		return cmp.Or(cmp.Compare(l.cosines[b], l.cosines[a]), cmp.Compare(b, a))
	})
	return all[:min(n, len(all))]
}

// TestStoresAgree has each store's way of comparing vectors find the same, and shows
// that a store that can compare by itself finds what the program does.
func TestStoresAgree(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) (storage.Store, error){
		"sqlite": func(t *testing.T) (storage.Store, error) {
			return sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), sqlite.Options{})
		},
		"postgres": func(t *testing.T) (storage.Store, error) {
			return postgres.Open(t.Context(), testenv.SharedPostgres(t).Database(t, testenv.Template{}), postgres.Options{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			store, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			r := rand.New(rand.NewPCG(5, 6))
			q := make(question, 33)
			for d := range q {
				q[d] = float32(r.IntN(255) - 127)
			}
			q[0] = 127 // so that it stays what it is when it is quantised
			l := &library{Store: store, t: t, cosines: make(map[int64]float64)}
			l.scope = l.project("ours")
			l.fill(r, q)
			for way, s := range map[string]meaning.Store{"by itself": store, "by the program": own{store}} {
				for _, n := range []int{1, 40, 1000} {
					got, err := meaning.New(s, q, meaning.Options{}).Nearest(t.Context(), l.scope, "question", n)
					if want := l.wanted(n); err != nil || !slices.Equal(got, want) {
						t.Errorf("%s: the %d nearest are %v, %v; want %v", way, n, got, err, want)
					}
				}
			}
			if got, err := meaning.New(store, q, meaning.Options{}).Nearest(t.Context(), l.project("ours"), "question", 9); err != nil || len(got) > 0 {
				t.Errorf("in an empty project: %v, %v", got, err)
			}
		})
	}
}
