package meaning

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

var scope = memory.Scope{TeamID: "t", ProjectID: "p"}

// TestNearestIsExact compares with a plain search through all vectors.
func TestNearestIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const dims = 17
	all := make(shelf, 9000) // enough to be shared by cores
	cosine := make(map[int64]float64)
	q := make(fixed, dims)
	for d := range q {
		q[d] = float32(r.IntN(255) - 127)
	}
	q[0] = 127 // so that it stays what it is when it is quantised
	for i := range all {
		v := make([]byte, dims)
		var dot, length float64
		for d := range v {
			x := r.IntN(255) - 127
			v[d] = byte(int8(x))
			dot, length = dot+float64(q[d])*float64(x), length+float64(x*x)
		}
		all[i] = storage.Vector{Number: int64(i + 1), Seq: int64(i + 1), Values: v}
		cosine[int64(i+1)] = dot / math.Sqrt(length)
	}
	want := make([]int64, 0, len(all))
	for n := range cosine {
		want = append(want, n)
	}
	slices.SortFunc(want, func(a, b int64) int { return cmp.Compare(cosine[b], cosine[a]) })
	got, err := New(all, q, Options{}).Nearest(t.Context(), scope, "question", 50)
	if err != nil || len(got) != 50 {
		t.Fatalf("%d, %v", len(got), err)
	}
	for i := range got {
		if math.Abs(cosine[got[i]]-cosine[want[i]]) > 1e-3 {
			t.Errorf("place %d has %d (%f), want %d (%f)", i, got[i], cosine[got[i]], want[i], cosine[want[i]])
		}
	}
}

func TestVectorsOfAnotherLengthAndOfNoneAreLeftOut(t *testing.T) {
	all := shelf{
		{Number: 1, Seq: 1, Values: []byte{1, 0}}, {Number: 2, Seq: 2, Values: []byte{1, 0, 0}},
		{Number: 3, Seq: 3, Values: []byte{0, 0}}, {Number: 4, Seq: 4, Values: []byte{255, 0}},
	}
	if got, err := New(all, fixed{1, 0}, Options{}).Nearest(t.Context(), scope, "x", 9); err != nil || !slices.Equal(got, []int64{1}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := New(all, fixed{1, 0, 0}, Options{}).Nearest(t.Context(), scope, "x", 9); err != nil || got != nil {
		t.Errorf("a question of another length: %v, %v", got, err)
	}
	if got, err := New(shelf{}, fixed{1}, Options{}).Nearest(t.Context(), scope, "x", 9); err != nil || got != nil {
		t.Errorf("nothing: %v, %v", got, err)
	}
}

// slow answers when its context ends.
type slow struct{ asked int }

func (*slow) Model() string { return "slow" }
func (s *slow) Embed(ctx context.Context, _ []string) (providers.Embedding, error) {
	s.asked++
	<-ctx.Done()
	return providers.Embedding{}, ctx.Err()
}

func TestASlowModelIsNotWaitedFor(t *testing.T) {
	m := &slow{}
	x := New(shelf{{Number: 1, Seq: 1, Values: []byte{1}}}, m, Options{})
	for range 2 {
		if _, err := x.Nearest(t.Context(), scope, "x", 1); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%v", err)
		}
	}
	if m.asked != 1 {
		t.Errorf("asked %d times", m.asked)
	}
	x.questions.restUntil = time.Time{}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Nearest(gone, scope, "x", 1); !errors.Is(err, ErrUnavailable) || !x.questions.restUntil.IsZero() {
		t.Errorf("one who went away is no reason to rest: %v", err)
	}
}

// fussy refuses every text.
type fussy struct{ slow }

func (f *fussy) Embed(context.Context, []string) (providers.Embedding, error) {
	f.asked++
	return providers.Embedding{}, &providers.Error{Class: providers.BadRequest, Err: errors.New("too long")}
}

func TestAQuestionThatIsRefusedDoesNotStopTheNext(t *testing.T) {
	m := &fussy{}
	x := New(shelf{{Number: 1, Seq: 1, Values: []byte{1}}}, m, Options{})
	for _, text := range []string{"one", "two"} {
		if _, err := x.Nearest(t.Context(), scope, text, 1); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%v", err)
		}
	}
	if m.asked != 2 {
		t.Errorf("asked %d times", m.asked)
	}
}

// thick takes its time for each page.
type thick struct{ shelf }

func (b thick) Vectors(ctx context.Context, s memory.Scope, model string, seq int64, limit int) ([]storage.Vector, error) {
	time.Sleep(readFor)
	return b.shelf.Vectors(ctx, s, model, seq, limit)
}

// A large project is read in pieces, and no question waits for all of them.
func TestVectorsAreReadInPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all shelf
		for i := range int64(3*storage.MaxPage + 7) {
			all = append(all, storage.Vector{Number: i + 1, Seq: i + 1, Values: []byte{1}})
		}
		x := New(thick{all}, fixed{1}, Options{})
		refused := 0
		for {
			began := time.Now()
			got, err := x.Nearest(t.Context(), scope, "x", 1)
			if took := time.Since(began); took > 3*readFor {
				t.Fatalf("a question waits for %s", took)
			}
			if err == nil {
				if want := int64(len(all)); !slices.Equal(got, []int64{want}) {
					t.Errorf("%v, want %d", got, want)
				}
				break
			}
			if refused++; !errors.Is(err, ErrUnavailable) || refused > len(all) {
				t.Fatal(err)
			}
		}
		if refused == 0 {
			t.Error("all was read at once")
		}
	})
}

func TestTheNewestVectorsAreKept(t *testing.T) {
	told := 0
	p := newSpace(3*2, func() { told++ }) // room for three
	for i := range int64(8) {
		p.put(storage.Vector{Number: i + 1, Values: []byte{1, byte(i)}})
	}
	p.put(storage.Vector{Number: 7, Values: []byte{1, 0}})
	if got := p.nearest([]int8{1, 0}, 9); !slices.Equal(got, []int64{7, 6, 8}) || told != 1 {
		t.Errorf("%v, told %d times", got, told)
	}
}

func TestWhatIsGoneIsForgotten(t *testing.T) {
	x := New(shelf{{Number: 1, Seq: 1, Values: []byte{1}}, {Number: 2, Seq: 2, Values: []byte{1}}}, fixed{1}, Options{})
	x.Forget(scope, []int64{1}) // of a project that was never asked about
	if got, err := x.Nearest(t.Context(), scope, "x", 9); err != nil || !slices.Equal(got, []int64{2, 1}) {
		t.Errorf("%v, %v", got, err)
	}
	x.spaces.all[scope].seq += overlap // what is new is not read again
	x.Forget(scope, []int64{2, 5})
	if got, err := x.Nearest(t.Context(), scope, "x", 9); err != nil || !slices.Equal(got, []int64{1}) {
		t.Errorf("%v, %v", got, err)
	}
}

// What is asked is told; who may not be asked is not.
func TestTheModelIsAskedWhereItMayAndThatIsTold(t *testing.T) {
	var told []int64
	may := false
	x := New(shelf{{Number: 1, Seq: 1, Values: []byte{1}}}, fixed{1}, Options{
		May: func(context.Context, memory.Scope) bool { return may },
		Asked: func(s memory.Scope, tokens int64) {
			if s != scope {
				t.Errorf("asked for %v", s)
			}
			told = append(told, tokens)
		},
	})
	if _, err := x.Nearest(t.Context(), scope, "x", 1); !errors.Is(err, ErrUnavailable) || told != nil {
		t.Errorf("%v, told %v", err, told)
	}
	may = true
	for range 2 { // the second time it is known
		if got, err := x.Nearest(t.Context(), scope, "x", 1); err != nil || len(got) != 1 {
			t.Errorf("%v, %v", got, err)
		}
	}
	if !slices.Equal(told, []int64{3}) {
		t.Errorf("told %v", told)
	}
}

func TestFewProjectsAreKept(t *testing.T) {
	x := New(shelf{{Number: 1, Seq: 1, Values: []byte{1}}}, fixed{1}, Options{})
	for i := range 3 * maxSpaces {
		s := memory.Scope{TeamID: "t", ProjectID: string(rune('a' + i%(maxSpaces+3)))}
		if _, err := x.Nearest(t.Context(), s, "x", 1); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(x.spaces.all); n != maxSpaces || len(x.spaces.used) != n {
		t.Errorf("%d projects are kept, %d are noted", n, len(x.spaces.used))
	}
	for i := range 2 * maxQuestions {
		if _, err := x.questions.vector(t.Context(), scope, string(rune(i+1000))); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(x.questions.known); n > maxQuestions {
		t.Errorf("%d questions are kept", n)
	}
}
