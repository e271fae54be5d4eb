package meaning

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

// shelf has n vectors in memory.
type shelf []storage.Vector

func (s shelf) Vectors(_ context.Context, _ memory.Scope, _ string, seq int64, limit int) ([]storage.Vector, error) {
	from := min(int(seq), len(s))
	return s[from:min(from+limit, len(s))], nil
}

// fixed answers at once.
type fixed []float32

func (fixed) Model() string { return "fixed" }
func (f fixed) Embed(_ context.Context, texts []string) (providers.Embedding, error) {
	return providers.Embedding{Vectors: [][]float32{f}, Tokens: 3}, nil
}

// BenchmarkNearest is what a search by meaning costs besides the model, once the
// project is in memory.
func BenchmarkNearest(b *testing.B) {
	for _, dims := range []int{256, 768} {
		b.Run(fmt.Sprintf("vectors=100000/dims=%d", dims), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			all := make(shelf, 100_000)
			for i := range all {
				v := make([]byte, dims)
				for d := range v {
					v[d] = byte(r.UintN(256))
				}
				all[i] = storage.Vector{Number: int64(i + 1), Seq: int64(i + 1), Values: v}
			}
			q := make(fixed, dims)
			for d := range q {
				q[d] = r.Float32() - 0.5
			}
			x := New(all, q, Options{})
			scope := memory.Scope{TeamID: "t", ProjectID: "p"}
			for err := ErrUnavailable; errors.Is(err, ErrUnavailable); { // until all is read
				_, err = x.Nearest(b.Context(), scope, "question", 1)
			}
			for b.Loop() {
				if got, err := x.Nearest(b.Context(), scope, "question", 40); err != nil || len(got) != 40 {
					b.Fatal(len(got), err)
				}
			}
		})
	}
}
