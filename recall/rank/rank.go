// Package rank puts observations in the order of how well they answer a query. It is
// the one ranking there is: engines only say which observations hold which terms, and
// keep for each of them the list of its terms that this package reads.
//
// The score is BM25 over fields (as BM25F: frequencies are weighed by field and added
// up before they saturate), with real document frequencies, and with what it takes for
// short texts that belong together:
//
//   - Context: a term counts a little where a neighbour holds it, one of the observations
//     right before and after in the same session. What is asked for is often named once
//     and then spoken of, or edited, without its name.
//   - Nearness: terms that follow each other in the query and stand in a field as they
//     do there count as more.
//   - A question is seldom its own answer: what ends in one counts less, and what
//     follows it takes more of its context from it.
//   - Time: what is of a time that the query asks for counts as if it held one more of its
//     terms, a rare one.
//   - Recency: of what matches equally, the newer.
//
// Every constant has its reason beside it, and is round: off by half, each of them costs
// about a point of what bench/recall finds, where there is a table of that. What a name
// counts was chosen by queries for names that recorded coding sessions hold.
package rank

import (
	"cmp"
	"math"
	"slices"

	"claude-mem/storage"
)

const (
	// saturation is BM25's k1. Observations are short: that a term is there says nearly
	// all, how often little.
	saturation = 1
	// brevity is BM25's b: how much a long text has to hold more. In long texts from
	// search engines' collections 0.75 is usual; among notes of a few lines, whose
	// length says more about the day than about the topic, 0.2.
	brevity = 0.2
	// usualLength is the length that BM25 compares with, in terms. A mean of what was
	// found would make a score depend on what else is ranked, and with it the order of
	// two observations on how many pages are asked for.
	usualLength = 40

	// contextCounts is what a term counts in a neighbour, of once in the observation
	// itself, and contextAnswer in a question right before it. That nearer neighbours
	// count more, or those before it, finds no more; nor does a reach of four.
	contextCounts, contextAnswer = 0.2, 0.8
	// questionCounts is of the score of what ends as a question.
	questionCounts = 0.8
	// What two terms that follow each other in the query count more by, of the lesser
	// weight, where they stand as far from each other as there: in a sentence, and in a
	// query of nothing but names, which most often was copied.
	nearInSentence, nearInName = 0.3, 1.5
	freshness, freshFor        = 0.02, 30 * 24 * 3600 * 1000.0
)

// PeriodCounts is the weight of being of the time that the query asks for: about that of
// a term that one of fifty observations holds.
const PeriodCounts = 4

// Reach is how far away a neighbour may be, by number.
const Reach = 2

// Found is an observation with its score.
type Found struct {
	Number  int64
	Score   float64
	Matched []string // the query's words that it holds
	Asked   bool     // as of storage.Ranked: else it may not pass the filter
}

// Order scores the observations that hold any of the terms, and lists the best first;
// of equals the one with the highest number. all is in ascending order by number and
// has the neighbours too.
//
// An observation that holds none, but whose neighbours do, is not found: on LoCoMo it
// would add half a point of recall, and everywhere else an answer to every question.
func (q *Query) Order(s Statistics, all []storage.Ranked) []Found {
	sc := scorer{query: q, weights: s.Weights(*q), profiles: make([]profile, len(all))}
	for i := range all {
		sc.profiles[i] = q.read(&all[i])
		sc.newest = max(sc.newest, float64(all[i].OccurredAt))
	}
	out := make([]Found, 0, len(all))
	for i := range sc.profiles {
		p := &sc.profiles[i]
		if p.matches() {
			out = append(out, Found{Number: p.Number, Score: sc.score(i), Matched: p.words(q), Asked: p.Asked})
		}
	}
	slices.SortFunc(out, func(a, b Found) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Number, a.Number))
	})
	return out
}

// scorer scores one query's observations.
type scorer struct {
	query    *Query
	weights  []float64
	profiles []profile
	newest   float64 // time
}

func (s *scorer) score(i int) float64 {
	p := &s.profiles[i]
	context := s.context(i)
	half := saturation * (1 - brevity + brevity*p.length/usualLength)
	near := nearInSentence
	if s.query.name {
		near = nearInName
	}
	var score float64
	for t, w := range s.weights {
		if f := p.frequency[t] + context[t]; f > 0 {
			score += w * f * (saturation + 1) / (f + half)
		}
		if p.near[t] > 0 {
			score += near * min(w, s.weights[t+1]) / float64(p.near[t])
		}
	}
	if s.query.dated(p.OccurredAt) {
		score += PeriodCounts
	}
	if p.question {
		score *= questionCounts
	}
	return score * (1 + freshness*math.Exp2(-(s.newest-float64(p.OccurredAt))/freshFor))
}

// context is what an observation's neighbours add to the frequency of each term.
func (s *scorer) context(i int) []float64 {
	p := &s.profiles[i]
	sum := make([]float64, len(s.weights))
	add := func(j int) {
		n := &s.profiles[j]
		if n.Thread != p.Thread {
			return
		}
		weight := contextCounts
		if n.Number == p.Number-1 && n.question {
			weight = contextAnswer
		}
		for t, f := range n.frequency {
			sum[t] += weight * min(f, 1)
		}
	}
	for j := i - 1; j >= 0 && p.Number-s.profiles[j].Number <= Reach; j-- {
		add(j)
	}
	for j := i + 1; j < len(s.profiles) && s.profiles[j].Number-p.Number <= Reach; j++ {
		add(j)
	}
	return sum
}
