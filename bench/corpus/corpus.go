// Package corpus makes observations like those of coding sessions, in any number.
package corpus

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"claude-mem/internal/id"
	"claude-mem/memory"
)

// vocabulary is how many words a corpus has. English text of this kind has about
// that many that occur more than once in a million observations.
const vocabulary = 30_000

// Corpus is a source of observations and of queries for them. How often a word occurs
// follows Zipf's law, as in any text that people write: the most common is in
// most observations, half of all words in next to none. It is the same on
// every run.
type Corpus struct {
	rnd  *rand.Rand
	zipf *rand.Zipf
}

// New begins a corpus.
func New() *Corpus {
	rnd := rand.New(rand.NewPCG(1, 2))
	return &Corpus{rnd, rand.NewZipf(rnd, 1.05, 4, vocabulary-1)}
}

// word is the vocabulary's word of that rank, 0 the most common. The first are
// those that every session is full of; the rest are made of syllables.
func word(rank int) string {
	common := [...]string{
		"the", "file", "test", "error", "function", "returns", "added", "fix", "config", "server",
		"request", "when", "handler", "cache", "update", "database", "parse", "value", "context", "build",
	}
	if rank < len(common) {
		return common[rank]
	}
	syllables := [...]string{"ba", "cor", "de", "fin", "gol", "hex", "in", "jo", "ket", "lum", "mar", "nod", "ope", "par", "qu", "ret", "sto", "tri", "up", "vex"}
	var w strings.Builder
	for n := rank; n > 0; n /= len(syllables) {
		w.WriteString(syllables[n%len(syllables)])
	}
	return w.String()
}

// text is n words.
func (c *Corpus) text(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = word(int(c.zipf.Uint64()))
	}
	return strings.Join(words, " ")
}

// Observation is the n-th of a project, of the size that the local provider writes:
// about 60 words and a file; each fortieth is a summary.
func (c *Corpus) Observation(s memory.Scope, n int) memory.Observation {
	kinds := memory.GeneratedKinds()
	o := memory.Observation{
		ID: id.New(), TeamID: s.TeamID, ProjectID: s.ProjectID, Kind: kinds[c.rnd.IntN(len(kinds))],
		OccurredAt: memory.Epoch(1_795_000_000_000 + int64(n)*1000), CreatedAt: 1, UpdatedAt: 1,
		Metadata: memory.Metadata{
			Title: c.text(7), Narrative: c.text(35), Facts: []string{c.text(9), c.text(9)},
			FilesModified: []string{fmt.Sprintf("%s/%s.go", word(c.rnd.IntN(400)), word(c.rnd.IntN(vocabulary)))},
		},
	}
	if n%40 == 39 {
		o.Kind = memory.KindSummaryObservation
		o.Metadata.Summary = &memory.Summary{Request: c.text(8), Completed: c.text(20), NextSteps: c.text(8)}
	}
	o.Content = o.Metadata.Content()
	return o
}

// Ranks below this are words that a large part of all observations has.
const commonRanks = 20

// Common is n words, each of them very common.
func (c *Corpus) Common(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = word(1 + c.rnd.IntN(commonRanks-1))
	}
	return strings.Join(words, " ")
}

// Mixed is n words as they come in text: common and rare ones, and stop words.
func (c *Corpus) Mixed(n int) string { return c.text(n) }

// Rare is n words, each of them rare.
func (c *Corpus) Rare(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = word(1000 + c.rnd.IntN(vocabulary-1000))
	}
	return strings.Join(words, " ")
}

// Misspelt is n rare words, the first of them with two of its letters swapped.
func (c *Corpus) Misspelt(n int) string {
	words := []byte(c.Rare(n))
	words[2], words[3] = words[3], words[2]
	return string(words)
}
