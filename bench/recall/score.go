package main

import (
	"fmt"
	"slices"
)

// score sums up how well questions were answered.
type score struct {
	questions       int
	hit1, hit5      float64 // a right turn is the first, is among the first five
	recall10, recip float64 // share of the right turns among the first ten; 1 / place of the first
	recall100       float64 // what a better order could find at all
}

// add counts one question by what was found, best first.
func (s *score) add(q question, found []string) {
	s.questions++
	best := slices.IndexFunc(found, func(id string) bool { return slices.Contains(q.Evidence, id) })
	if best == 0 {
		s.hit1++
	}
	if best >= 0 && best < 5 {
		s.hit5++
	}
	if best >= 0 {
		s.recip += 1 / float64(best+1)
	}
	for i, id := range found {
		if slices.Contains(q.Evidence, id) {
			share := 1 / float64(len(q.Evidence))
			s.recall100 += share
			if i < 10 {
				s.recall10 += share
			}
		}
	}
}

const header = "ranking    questions                     n  recall@10  hit@1  hit@5    MRR  recall@100"

func (s score) row(ranking, questions string) string {
	n := float64(max(s.questions, 1))
	return fmt.Sprintf("%-10s %-25s %5d %10.3f %6.3f %6.3f %6.3f %11.3f",
		ranking, questions, s.questions, s.recall10/n, s.hit1/n, s.hit5/n, s.recip/n, s.recall100/n)
}
