package tokens_test

import (
	"strings"
	"testing"

	"claude-mem/internal/tokens"
)

func TestEstimate(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "a": 1, "abcdefg": 2, "配達": 2, "👍": 2, strings.Repeat("a", 700): 200,
	} {
		if got := tokens.Estimate(text); got != want {
			t.Errorf("%q has %d, want %d", text, got, want)
		}
	}
}

// A text may be paid for piece by piece.
func TestWeightsAddUp(t *testing.T) {
	parts := []string{"one ", "zwei 配達 ", "👍\n"}
	sum := 0
	for _, p := range parts {
		sum += tokens.Weight(p)
	}
	if whole := tokens.Weight(strings.Join(parts, "")); whole != sum {
		t.Errorf("the whole weighs %d, its parts %d", whole, sum)
	}
}

func TestBytesStandForTexts(t *testing.T) {
	for _, text := range []string{"x", strings.Repeat("if err != nil {", 40), strings.Repeat("配達", 40)} {
		if got, want := tokens.OfBytes(len(text)), int64(tokens.Estimate(text)); got < want {
			t.Errorf("%d bytes are taken for %d tokens, and have %d", len(text), got, want)
		}
	}
	if text := strings.Repeat("a", tokens.Bytes(100)); tokens.Estimate(text) > 100 {
		t.Errorf("%d bytes do not fit 100 tokens", len(text))
	}
}
