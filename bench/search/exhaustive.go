package main

import (
	"context"

	"claude-mem/memory"
	"claude-mem/recall"
	"claude-mem/recall/rank"
	"claude-mem/storage"
)

// maxExhaustive is of how many observations all lists are held in memory, to rank
// every one of them.
const maxExhaustive = 200_000

// exhaustive ranks all observations of a scope, as a search would that leaves nothing
// out.
type exhaustive struct {
	all []storage.Ranked
}

// readAll reads what the first rows observations are ranked by.
func readAll(ctx context.Context, s storage.Store, scope memory.Scope, rows int) (*exhaustive, error) {
	var e exhaustive
	for at := 1; at <= rows; at += storage.MaxPage {
		numbers := make([]int64, storage.MaxPage)
		for i := range numbers {
			numbers[i] = int64(at + i)
		}
		part, err := s.Ranked(ctx, scope, storage.Ranking{Numbers: numbers})
		if err != nil {
			return nil, err
		}
		e.all = append(e.all, part...)
	}
	return &e, nil
}

// kept is how much of the best ten a search finds, over some queries: the scores, by
// the full ranking, of what it lists first against those of the best.
func (e *exhaustive) kept(ctx context.Context, r *recall.Recall, scope memory.Scope, next func() string) (float64, error) {
	const queries = 20
	var got, want float64
	for range queries {
		text := next()
		q := rank.Parse(text)
		found := q.Order(q.Statistics(e.all), e.all)
		score := make(map[int64]float64, len(found))
		for i, f := range found {
			score[f.Number] = f.Score
			if i < 10 {
				want += f.Score
			}
		}
		hits, err := r.Search(ctx, scope, recall.SearchInput{Query: text, Limit: 10})
		if err != nil {
			return 0, err
		}
		for _, h := range hits {
			got += score[h.Number]
		}
	}
	if want == 0 {
		return 1, nil
	}
	return got / want, nil
}
