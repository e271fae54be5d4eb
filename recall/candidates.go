package recall

import (
	"cmp"
	"context"
	"math/bits"
	"slices"

	"claude-mem/memory"
	"claude-mem/recall/rank"
	"claude-mem/storage"
)

const (
	// perTerm is how many observations of each term are looked at, the newest. A term
	// that more of them hold tells little by itself; for several such, see together.
	perTerm = 1000
	// allTerms bounds that for a long query, over all of its terms.
	allTerms = 6000
	// perPair is how many observations that hold two common terms are looked at.
	perPair = 200
	// pairedTerms is of how many common terms, the rarest, each two are asked for
	// together.
	pairedTerms = 3
	// maxEntries bounds how many entries of an index are walked for a pair. It leaves out
	// pairs of a rather rare term with one that nearly all hold, which tells little.
	maxEntries = 50_000
	// maxTimed bounds how many observations are looked at for those of a time: the index
	// does not know when something occurred.
	maxTimed = 10_000
	// candidates is how many observations are ranked, their neighbours not counted, for
	// the first MaxLimit hits; further pages rank as many as there can be. On LoCoMo 60
	// and 300 find the same, for what stands beside them is ranked as well.
	candidates = 100

	// The same of a brief search.
	perTermBriefly    = 300
	maxEntriesBriefly = 10_000
	candidatesBriefly = 60
)

// search finds candidates for a query: observations that hold its terms, those first
// that hold the most telling ones.
type search struct {
	store  Store
	scope  memory.Scope
	filter storage.ObservationFilter
	brief  bool // see SearchInput
	query  rank.Query
	stats  rank.Statistics
	found  map[int64]uint64 // which terms an observation holds, as far as it is known
	common []int            // the terms that more observations hold than were looked at
	dated  map[int64]bool   // which are of the time that the query asks for, as far as it is known

	respelled []Respelled
}

// find collects candidates, the best n, in ascending order.
func (c *search) find(ctx context.Context, n int) (numbers []int64, err error) {
	if c.stats.Observations, err = c.store.Extent(ctx, c.scope); err != nil {
		return nil, err
	}
	err = c.each(ctx, n)
	if err == nil && !c.brief {
		err = c.respell(ctx, n)
	}
	if err == nil && len(c.common) > 1 {
		err = c.together(ctx, n)
	}
	if err == nil && c.query.Until > 0 {
		err = c.ofTime(ctx)
	}
	if err != nil {
		return nil, err
	}
	return c.best(n), nil
}

// each looks for every term by itself.
func (c *search) each(ctx context.Context, n int) error {
	q := storage.Matching{Filter: c.coarse(), Limit: c.perTerm(n)}
	for _, t := range c.query.Terms {
		q.Clauses = append(q.Clauses, []string{t.Root})
	}
	matches, err := c.store.Matching(ctx, c.scope, q)
	if err != nil {
		return err
	}
	c.found, c.stats.Holding = make(map[int64]uint64), make([]int64, len(matches))
	for i, m := range matches {
		c.note(i, m)
	}
	return nil
}

// note notes what holds the i-th term.
func (c *search) note(i int, m storage.Matches) {
	c.stats.Holding[i] = m.Total
	for _, number := range m.Numbers {
		c.found[number] |= 1 << i
	}
	if m.Total > int64(len(m.Numbers)) {
		c.common = append(c.common, i)
	}
}

// perTerm is how many observations of each term are looked at, where n are wanted.
func (c *search) perTerm(n int) int {
	each := perTerm
	if c.brief {
		each = perTermBriefly
	}
	return min(max(min(each, allTerms/len(c.query.Terms)), n), storage.MaxPage)
}

// ofTime looks for terms in the time that the query asks for: what holds them may be
// older than the newest that do.
func (c *search) ofTime(ctx context.Context) error {
	q := storage.Matching{Filter: c.coarse(), Limit: perPair}
	q.Filter.Since, q.Filter.Until = max(q.Filter.Since, c.query.Since), earlier(q.Filter.Until, c.query.Until)
	terms := c.rarest(maxTimed)
	for _, i := range terms {
		q.Clauses = append(q.Clauses, []string{c.query.Terms[i].Root})
	}
	matches, err := c.store.Matching(ctx, c.scope, q)
	if err != nil {
		return err
	}
	c.dated = make(map[int64]bool)
	for i, m := range matches {
		for _, number := range m.Numbers {
			c.found[number] |= 1 << terms[i]
			c.dated[number] = true
		}
	}
	return nil
}

// rarest are the rarest terms, as many as a number of observations hold at most.
func (c *search) rarest(most int64) []int {
	terms := make([]int, len(c.query.Terms))
	for i := range terms {
		terms[i] = i
	}
	slices.SortStableFunc(terms, func(a, b int) int { return cmp.Compare(c.stats.Holding[a], c.stats.Holding[b]) })
	for n, i := range terms {
		if most -= c.stats.Holding[i]; most < 0 {
			return terms[:n]
		}
	}
	return terms
}

// together looks for the common terms in pairs, and for all of them: what holds
// several may be older than the newest that hold one. It need not, when as many as are
// ranked hold two of the rarest already: that costs a hundredth of the score of the
// first ten hits, and saves a third of the time.
func (c *search) together(ctx context.Context, n int) error {
	slices.SortStableFunc(c.common, func(a, b int) int { return cmp.Compare(c.stats.Holding[a], c.stats.Holding[b]) })
	common := c.common[:min(len(c.common), pairedTerms)]
	var all uint64
	for _, i := range common {
		all |= 1 << i
	}
	var sets []uint64
	if len(common) > 2 {
		sets = append(sets, all)
	}
	for i, a := range common {
		for _, b := range common[i+1:] {
			sets = append(sets, 1<<a|1<<b)
		}
	}
	if c.holdingTwo(all) >= n {
		return nil
	}
	most := float64(maxEntries)
	if c.brief {
		most = maxEntriesBriefly
	}
	sets = slices.DeleteFunc(sets, func(set uint64) bool { return c.entries(set) > most })
	if len(sets) == 0 {
		return nil
	}
	q := storage.Matching{Filter: c.coarse(), Limit: perPair}
	for _, set := range sets {
		q.Clauses = append(q.Clauses, c.roots(set))
	}
	matches, err := c.store.Matching(ctx, c.scope, q)
	if err != nil {
		return err
	}
	for i, m := range matches {
		for _, number := range m.Numbers {
			c.found[number] |= sets[i]
		}
	}
	return nil
}

// coarse is the filter that candidates are asked for. A brief search leaves the kinds to
// the ranking: to look into the row of each match costs more than all else.
func (c *search) coarse() storage.ObservationFilter {
	f := c.filter
	if c.brief {
		f.Kinds = nil
	}
	return f
}

// holdingTwo counts what is known to hold at least two of a set of terms.
func (c *search) holdingTwo(set uint64) (n int) {
	for _, holds := range c.found {
		if bits.OnesCount64(holds&set) > 1 {
			n++
		}
	}
	return n
}

// entries estimates how many entries of an index are walked for the newest perPair
// observations that hold a set of terms, if the terms are independent of each other:
// all of them, unless so many hold the set that it is found sooner.
func (c *search) entries(set uint64) float64 {
	all := max(float64(c.stats.Observations), 1)
	holding, sum := all, 0.0
	for ; set != 0; set &= set - 1 {
		n := float64(c.stats.Holding[bits.TrailingZeros64(set)])
		holding *= min(n/all, 1)
		sum += n
	}
	return sum * min(1, perPair/max(holding, 1))
}

// roots are the terms of a set.
func (c *search) roots(set uint64) (roots []string) {
	for ; set != 0; set &= set - 1 {
		roots = append(roots, c.query.Terms[bits.TrailingZeros64(set)].Root)
	}
	return roots
}

// best takes those whose terms weigh most, of equals the newest.
func (c *search) best(n int) []int64 {
	weights := c.stats.Weights(c.query)
	sums := make(map[uint64]float64)
	all := make([]candidate, 0, len(c.found))
	for number, holds := range c.found {
		sum, known := sums[holds]
		if !known {
			for set := holds; set != 0; set &= set - 1 {
				sum += weights[bits.TrailingZeros64(set)]
			}
			sums[holds] = sum
		}
		if c.dated[number] {
			sum += rank.PeriodCounts
		}
		all = append(all, candidate{number, sum})
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(b.number, a.number))
	})
	numbers := make([]int64, min(n, len(all)))
	for i := range numbers {
		numbers[i] = all[i].number
	}
	slices.Sort(numbers)
	return numbers
}

type candidate struct {
	number int64
	weight float64
}

// passing keeps those that pass the filter. Of a candidate that is known; of what
// stood beside one it has to be asked.
func (c *search) passing(ctx context.Context, found []rank.Found) ([]rank.Found, error) {
	var beside []int64
	for _, f := range found {
		if !f.Asked {
			beside = append(beside, f.Number)
		}
	}
	if beside == nil {
		return found, nil
	}
	passing, err := c.store.Ranked(ctx, c.scope, storage.Ranking{Numbers: beside, Filter: c.filter})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(found), func(f rank.Found) bool {
		return !f.Asked && !slices.ContainsFunc(passing, func(p storage.Ranked) bool { return p.Number == f.Number })
	}), nil
}
