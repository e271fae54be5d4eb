package vector

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestQuantisedDirectionsAreAlmostTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	draw := func() []float32 {
		v := make([]float32, 255)
		for i := range v {
			v[i] = float32(r.NormFloat64()) * 1e-3
		}
		return v
	}
	for range 100 {
		a, b := draw(), draw()
		var ab, aa, bb float64
		for i := range a {
			ab, aa, bb = ab+float64(a[i])*float64(b[i]), aa+float64(a[i])*float64(a[i]), bb+float64(b[i])*float64(b[i])
		}
		qa, qb := Signed(Quantise(a)), Signed(Quantise(b))
		got := float64(Dot(qa, qb)) / math.Sqrt(float64(Dot(qa, qa))*float64(Dot(qb, qb)))
		if want := ab / math.Sqrt(aa*bb); math.Abs(got-want) > 0.01 {
			t.Errorf("cosine %f, want %f", got, want)
		}
	}
}

func TestQuantiseOfLittle(t *testing.T) {
	if got := Signed(Quantise([]float32{0, 0})); got[0] != 0 || got[1] != 0 {
		t.Errorf("zeros became %v", got)
	}
	if got := Signed(Quantise([]float32{-2, 1, 2})); got[0] != -127 || got[1] != 64 || got[2] != 127 {
		t.Errorf("%v", got)
	}
	if got := Quantise(nil); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
