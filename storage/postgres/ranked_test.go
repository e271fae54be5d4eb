package postgres

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"claude-mem/storage"
)

// Spans hold what is asked for with its neighbours, each number once, however it lies.
func TestSpansCoverNumbersOnce(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		reach := rnd.Int64N(storage.MaxReach + 1)
		numbers := make([]int64, rnd.IntN(40))
		want := make(map[int64]bool) // whether it is asked for
		for i := range numbers {
			numbers[i] = rnd.Int64N(120) - 10
			for n := numbers[i] - reach; n <= numbers[i]+reach; n++ {
				want[n] = want[n] || n == numbers[i]
			}
		}
		s := spansOf(numbers, reach)
		got := make(map[int64]bool)
		for i, low := range s.lows {
			if i > 0 && low <= s.highs[i-1] || s.highs[i] < low || s.highs[i]-low >= maxSpan {
				t.Fatalf("reach %d of %v: spans %v to %v", reach, numbers, s.lows, s.highs)
			}
			for n := low; n <= s.highs[i]; n++ {
				got[n] = s.asked[i]>>(n-low)&1 == 1
			}
		}
		for n, asked := range want {
			if g, ok := got[n]; !ok || g != asked {
				t.Fatalf("reach %d of %v: %d is covered: %v, as asked: %v, want %v", reach, numbers, n, ok, g, asked)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("reach %d of %v: %d numbers are covered, want %d", reach, numbers, len(got), len(want))
		}
	}
	if s := spansOf([]int64{math.MaxInt64, math.MinInt64}, 2); !slices.Equal(s.lows, nil) {
		t.Errorf("past the last number: %v", s.lows)
	}
}
