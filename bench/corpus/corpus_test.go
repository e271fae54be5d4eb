package corpus

import (
	"testing"

	"claude-mem/internal/lexical"
	"claude-mem/memory"
)

// The numbers mean something only if words are as unevenly spread as in real text.
func TestCorpusIsLikeText(t *testing.T) {
	const rows = 500
	c := New()
	in := make(map[string]int)
	for n := range rows {
		seen := make(map[string]bool)
		for _, term := range lexical.Terms(c.Observation(memory.Scope{}, n).Content) {
			seen[term] = true
		}
		for term := range seen {
			in[term]++
		}
	}
	once := 0
	for _, n := range in {
		if n == 1 {
			once++
		}
	}
	if in["file"] < rows/2 {
		t.Errorf("a very common word is in %d of %d observations", in["file"], rows)
	}
	if once < len(in)/3 {
		t.Errorf("%d of %d words occur once: too few", once, len(in))
	}
	if again := New().Observation(memory.Scope{}, 0).Content; again != New().Observation(memory.Scope{}, 0).Content {
		t.Error("two runs differ")
	}
}
