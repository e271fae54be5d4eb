package llm

import (
	"context"
	"strings"
	"testing"

	"claude-mem/internal/tokens"
	"claude-mem/memory"
)

// canned is a model that answers as it was told.
type canned Completion

func (c canned) Complete(context.Context, Call) (Completion, error) { return Completion(c), nil }

// What a server says of itself is a stranger's word as well.
func TestAServersOwnWords(t *testing.T) {
	p := New("p", canned{Text: whole, Model: "m\x1b[2J" + strings.Repeat("x", 1000), InputTokens: -5, OutputTokens: 7}, Options{Model: "asked"})
	got, err := p.Generate(t.Context(), request(memory.KindEvent))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Model) > maxModel || strings.Contains(got.Model, "\x1b") || got.InputTokens != 0 || got.OutputTokens != 7 {
		t.Errorf("model %q, tokens %d and %d", got.Model, got.InputTokens, got.OutputTokens)
	}
}

// A budget counts tokens; a server that counts none is counted by estimate.
func TestUncountedTokensAreEstimated(t *testing.T) {
	r := request(memory.KindEvent)
	p := New("p", canned{Text: whole}, Options{Model: "asked"})
	got, err := p.Generate(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	in, out := tokens.Estimate(system(r))+tokens.Estimate(Prompt(r, defaultInput)), tokens.Estimate(whole)
	if got.Model != "asked" || got.InputTokens != int64(in) || got.OutputTokens != int64(out) {
		t.Errorf("model %q, tokens %d and %d, want %d and %d", got.Model, got.InputTokens, got.OutputTokens, in, out)
	}
}
