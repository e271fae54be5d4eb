package vector

import "testing"

func BenchmarkDot(b *testing.B) {
	x, y := make([]int8, 768), make([]int8, 768)
	for i := range x {
		x[i], y[i] = int8(i%100), int8(i%90-40)
	}
	for b.Loop() {
		Dot(x, y)
	}
}
