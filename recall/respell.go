package recall

import (
	"cmp"
	"context"
	"slices"
	"unicode/utf8"

	"claude-mem/internal/lexical"
	"claude-mem/internal/spelling"
	"claude-mem/recall/period"
	"claude-mem/storage"
)

// A word that nothing holds finds nothing. Most often it is spelt wrong, by whoever
// asks, and the project has the word that is meant. So a search asks for the nearest that
// it has as well, and says so. Words that are there are never replaced.

const (
	// maxRespelled is how many words of a query are looked for in other spellings.
	maxRespelled = 3
	// maxSpellings is how many words are asked for instead of one.
	maxSpellings = 2
	// maxWeighed is how many near words are weighed by how common they are.
	maxWeighed = 16
)

// Respelled is a word of a query that no observation holds, and what was looked for
// instead.
type Respelled struct {
	Asked string
	Found []string
}

// respell replaces terms that nothing holds by the nearest words that something does.
func (c *search) respell(ctx context.Context, n int) error {
	unknown, err := c.unknown(ctx)
	if err != nil {
		return err
	}
	for _, i := range unknown {
		near, err := c.near(ctx, c.query.Terms[i].Word)
		if err != nil {
			return err
		}
		held, err := c.mostCommon(ctx, near, n)
		if err != nil {
			return err
		}
		if len(held) > 0 {
			c.replace(i, held)
		}
	}
	return nil
}

// replace has words in the place of a term.
func (c *search) replace(i int, near []spelt) {
	r := Respelled{Asked: c.query.Terms[i].Word}
	for _, s := range near {
		r.Found = append(r.Found, s.word)
	}
	for n, place := range c.query.Respell(i, r.Found) {
		if place == len(c.stats.Holding) {
			c.stats.Holding = append(c.stats.Holding, 0)
		}
		c.note(place, near[n].matches)
	}
	c.respelled = append(c.respelled, r)
}

// unknown are the terms that no observation of the scope holds, whatever the filter, and that
// may be spelt wrong: no month, and no compound, whose parts stand for it.
func (c *search) unknown(ctx context.Context) (unknown []int, err error) {
	var q storage.Matching
	for i, t := range c.query.Terms {
		if len(unknown) == maxRespelled {
			break
		}
		if c.stats.Holding[i] == 0 && spelling.IsWord(t.Word) && !t.Whole && !period.IsName(t.Word) {
			unknown = append(unknown, i)
			q.Clauses = append(q.Clauses, []string{t.Root})
		}
	}
	if len(unknown) == 0 || !c.narrowed() {
		return unknown, nil
	}
	q.Limit = 1
	matches, err := c.store.Matching(ctx, c.scope, q)
	if err != nil {
		return nil, err
	}
	n := 0
	return slices.DeleteFunc(unknown, func(int) bool {
		n++
		return matches[n-1].Total > 0
	}), nil
}

// narrowed reports whether the filter hides some of what holds a word.
func (c *search) narrowed() bool {
	f := c.filter
	return len(f.Kinds)+len(f.Concepts)+len(f.Files) > 0 || f.Since != 0 || f.Until != 0 || f.SessionID != "" || f.SupersededBy != ""
}

// near lists the words that observations hold and that are nearest to one that none does.
func (c *search) near(ctx context.Context, word string) (near []string, err error) {
	edits, n := spelling.Edits(word), utf8.RuneCountInString(word)
	begin, end := spelling.Ends(word)
	like, err := c.store.Words(ctx, c.scope, storage.Spelling{Begin: begin, End: end, Shortest: n - edits, Longest: n + edits})
	for _, w := range like {
		if !spelling.BeginAlike(word, w) {
			continue
		}
		switch d := spelling.Distance(word, w, edits); {
		case d < edits:
			near, edits = []string{w}, d
		case d == edits:
			near = append(near, w)
		}
	}
	return near, err
}

// spelt is another spelling of a word, and what holds it.
type spelt struct {
	word    string
	matches storage.Matches
}

// mostCommon takes those of the words that most observations hold, of each root one.
func (c *search) mostCommon(ctx context.Context, words []string, n int) ([]spelt, error) {
	q := storage.Matching{Filter: c.coarse(), Limit: c.perTerm(n)}
	var all []spelt
	seen := make(map[string]bool)
	for _, t := range c.query.Terms {
		seen[t.Root] = true
	}
	for _, w := range words {
		if root := lexical.Root(w); !seen[root] && len(all) < maxWeighed {
			seen[root] = true
			q.Clauses = append(q.Clauses, []string{root})
			all = append(all, spelt{word: w})
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	matches, err := c.store.Matching(ctx, c.scope, q)
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].matches = matches[i]
	}
	all = slices.DeleteFunc(all, func(s spelt) bool { return s.matches.Total == 0 })
	slices.SortStableFunc(all, func(a, b spelt) int { return cmp.Compare(b.matches.Total, a.matches.Total) })
	return all[:min(len(all), maxSpellings)], nil
}
