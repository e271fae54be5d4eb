package rank

import (
	"math"

	"claude-mem/storage"
)

// Statistics say how common a query's terms are where it is asked.
type Statistics struct {
	Observations int64   // how many there are
	Holding      []int64 // how many of them hold each of the query's terms
}

// guessCounts is of the weight of a term that is only guessed: see Respell.
const guessCounts = 0.7

// Weights are the terms' inverse document frequencies, as BM25 has them: ln(1+N) for
// a term that nothing holds, next to nothing for one that all do.
func (s Statistics) Weights(q Query) []float64 {
	w := make([]float64, len(q.Terms))
	for i, t := range q.Terms {
		w[i] = s.weight(i)
		if t.guessed {
			w[i] *= guessCounts
		}
	}
	return w
}

func (s Statistics) weight(i int) float64 {
	n, holding := float64(s.Observations), float64(s.Holding[i])
	n = max(n, holding)
	return math.Log(1 + (n-holding+0.5)/(holding+0.5))
}

// Statistics counts, where all are all the observations there are.
func (q *Query) Statistics(all []storage.Ranked) Statistics {
	s := Statistics{Observations: int64(len(all)), Holding: make([]int64, len(q.Terms))}
	for i := range all {
		p := q.read(&all[i])
		for t, f := range p.frequency {
			if f > 0 {
				s.Holding[t]++
			}
		}
	}
	return s
}
