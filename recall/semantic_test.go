package recall

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"claude-mem/internal/vector"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/recall/meaning"
	"claude-mem/storage"
)

// model knows three meanings, each by some words; all else means the same to it.
type model struct {
	broken bool
	asked  int
}

func (m *model) Model() string { return "three" }

func (m *model) Embed(_ context.Context, texts []string) (providers.Embedding, error) {
	m.asked++
	if m.broken {
		return providers.Embedding{}, errors.New("away")
	}
	out := make([][]float32, len(texts))
	for i, t := range texts {
		out[i] = []float32{0, 0, 0, 1}
		for d, words := range []string{"car automobile vehicle", "banana fruit", "clock time zone"} {
			for w := range strings.FieldsSeq(words) {
				if strings.Contains(strings.ToLower(t), w) {
					out[i][d], out[i][3] = 1, 0
				}
			}
		}
	}
	return providers.Embedding{Vectors: out}, nil
}

// meant remembers things with their vectors, and returns a Recall that knows them.
func meant(t *testing.T, m *model, change func(i int, o *memory.Observation)) *fixture {
	t.Helper()
	f := setUp(t)
	for i, title := range []string{"The automobile stands in the garage", "A fruit a day", "Zones are IANA names", "The garage door is green"} {
		o := found(memory.KindDiscovery, title)
		change(i, &o)
		o = f.put(t, o)
		made, err := (&model{}).Embed(t.Context(), []string{title})
		if err != nil {
			t.Fatal(err)
		}
		f.tx(t, func(tx storage.Tx) error {
			return tx.PutVectors(t.Context(), f.scope, m.Model(), storage.Vector{Number: o.Number, Values: vector.Quantise(made.Vectors[0])})
		})
	}
	f.Recall = New(f.store).WithMeaning(meaning.New(f.store, m, meaning.Options{}))
	return f
}

func asIs(int, *memory.Observation) {}

// look searches and returns the titles with what meaning had to do with it.
func look(t *testing.T, f *fixture, in SearchInput) (string, Semantic) {
	t.Helper()
	got, err := f.Find(t.Context(), f.scope, in)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(titles(got.Hits), "\n"), got.Semantic
}

func TestSearchByMeaning(t *testing.T) {
	f := meant(t, &model{}, asIs)
	got, how := look(t, f, SearchInput{Query: "where is my vehicle", Semantic: true})
	if !strings.HasPrefix(got, "#1 The automobile") || how != SemanticOn {
		t.Errorf("%s: %q", got, how)
	}
	got, how = look(t, f, SearchInput{Query: "where is my vehicle"})
	if got != "" || how != SemanticOff {
		t.Errorf("not wanted: %s: %q", got, how)
	}
	got, _ = look(t, f, SearchInput{Query: "the car in the garage", Semantic: true, Limit: 2})
	if !strings.HasPrefix(got, "#1 ") || !strings.Contains(got, "#4 ") {
		t.Errorf("what is in both lists is first:\n%s", got)
	}
	f.Recall = New(f.store)
	if _, how := look(t, f, SearchInput{Query: "garage", Semantic: true}); how != SemanticOff {
		t.Errorf("without a model: %q", how)
	}
}

func TestMeaningKeepsTheFilter(t *testing.T) {
	f := meant(t, &model{}, func(i int, o *memory.Observation) {
		switch i {
		case 0:
			o.SupersededBy = "another"
		case 1:
			o.AgentID = "a1"
		}
	})
	if got, _ := look(t, f, SearchInput{Query: "vehicle", Semantic: true}); strings.Contains(got, "automobile") {
		t.Errorf("what was superseded: %s", got)
	}
	got, _ := look(t, f, SearchInput{Query: "banana", Semantic: true, Filter: storage.ObservationFilter{WithoutSubagents: true}})
	if strings.Contains(got, "fruit") {
		t.Errorf("a sub-agent's: %s", got)
	}
	f.tx(t, func(tx storage.Tx) error {
		all, err := tx.ObservationsByNumber(t.Context(), f.scope, []int64{3})
		if err != nil {
			return err
		}
		return tx.DeleteObservation(t.Context(), f.scope, all[0].ID)
	})
	if got, how := look(t, f, SearchInput{Query: "clock", Semantic: true}); strings.Contains(got, "IANA") || how != SemanticOn {
		t.Errorf("what is gone: %s", got)
	}
	other := f.scope
	other.ProjectID = "another"
	if got, err := f.Find(t.Context(), other, SearchInput{Query: "fruit", Semantic: true}); err != nil || len(got.Hits) > 0 {
		t.Errorf("another project: %+v, %v", got, err)
	}
}

// What the filter keeps out does not take the places of what passes.
func TestMeaningLooksPastWhatIsFilteredOut(t *testing.T) {
	f := meant(t, &model{}, asIs)
	for i := range 60 {
		o := f.put(t, found(memory.KindFeature, "Vehicle "+strconv.Itoa(i)))
		f.tx(t, func(tx storage.Tx) error {
			return tx.PutVectors(t.Context(), f.scope, "three", storage.Vector{Number: o.Number, Values: []byte{127, 0, 0, 0}})
		})
	}
	got, _ := look(t, f, SearchInput{Query: "car", Semantic: true, Limit: 3, Filter: storage.ObservationFilter{Kinds: []string{memory.KindDiscovery}}})
	if !strings.HasPrefix(got, "#1 The automobile") {
		t.Errorf("%q", got)
	}
}

func TestWordsAreFoundWhenTheModelIsAway(t *testing.T) {
	m := &model{broken: true}
	f := meant(t, m, asIs)
	for range 3 {
		got, how := look(t, f, SearchInput{Query: "garage", Semantic: true})
		if strings.Count(got, "garage") != 2 || how != SemanticUnavailable {
			t.Errorf("%s: %q", got, how)
		}
	}
	if m.asked != 1 {
		t.Errorf("the model was asked %d times within its rest", m.asked)
	}
}

func TestNewVectorsAreFoundAndQuestionsAskedOnce(t *testing.T) {
	m := &model{}
	f := meant(t, m, asIs)
	look(t, f, SearchInput{Query: "vehicle", Semantic: true})
	o := f.put(t, found(memory.KindDiscovery, "Wheels come off"))
	f.tx(t, func(tx storage.Tx) error {
		return tx.PutVectors(t.Context(), f.scope, m.Model(), storage.Vector{Number: o.Number, Values: vector.Quantise([]float32{1, 0, 0, 0})})
	})
	if got, _ := look(t, f, SearchInput{Query: "vehicle", Semantic: true}); !strings.Contains(got, "Wheels") {
		t.Errorf("%s", got)
	}
	if m.asked != 1 {
		t.Errorf("asked %d times", m.asked)
	}
}
