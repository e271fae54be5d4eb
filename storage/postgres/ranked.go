package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
	"claude-mem/storage"
)

// maxSpan bounds how many numbers are a span.
const maxSpan = 4 * storage.MaxReach

// Ranked implements storage.ObservationReader. An observation and its neighbours most
// often share a page, so that they are read together, a span of numbers at a time: one
// descent into the index for each, instead of one for each observation. ORDER BY and LIMIT
// say how little a span is, whatever Postgres knows of the table. A thread is of one
// tenant, but neighbours are asked for theirs all the same.
func (r reads) Ranked(ctx context.Context, s memory.Scope, q storage.Ranking) ([]storage.Ranked, error) {
	reach := max(min(q.Reach, storage.MaxReach), 0)
	of := spansOf(q.Numbers[:min(len(q.Numbers), storage.MaxPage)], reach)
	ask := sql(`WITH near AS MATERIALIZED (SELECT o.* FROM unnest((SELECT ?::bigint[]), (SELECT ?::bigint[]), (SELECT ?::bigint[])) AS span (low, high, asked),
		LATERAL (SELECT o.number, o.thread, o.list, o.occurred_at, COALESCE(span.asked >> (o.number - span.low)::int & 1 = 1`, of.lows, of.highs, of.asked).
		window(q.Filter).filter(q.Filter)
	if labels := labelQuery(q.Filter); labels != "" {
		ask.and("o.terms @@ ?::text::tsquery", scopeQuery(s)+labels)
	}
	ask.add(`, false) AS asked FROM observations o WHERE o.number BETWEEN span.low AND span.high AND `).within(s, "o.").
		add(` ORDER BY o.number LIMIT ?) o)
		SELECT number, thread, list, occurred_at, asked FROM near WHERE asked OR thread IN (SELECT thread FROM near WHERE asked)
		ORDER BY number`, maxSpan)
	found, err := all(ctx, r.q, func(row pgx.Rows) (k storage.Ranked, err error) {
		return k, row.Scan(&k.Number, &k.Thread, &k.List, &k.OccurredAt, &k.Asked)
	}, ask)
	return reached(found, reach), err
}

// spans are numbers that are read together, ascending and apart from each other: from a
// low to a high one, and which of them are asked for, as bits from the low one on.
type spans struct {
	lows, highs, asked []int64
}

// spansOf covers the numbers and what is no further than reach from one of them.
func spansOf(numbers []int64, reach int64) (s spans) {
	numbers = slices.Clone(numbers)
	slices.Sort(numbers)
	for _, n := range slices.Compact(numbers) {
		if n-reach > n+reach {
			continue // past what a number can be
		}
		s.cover(n-reach, n+reach)
		for i := len(s.lows) - 1; ; i-- { // the number may be in a span before the last
			if s.lows[i] <= n {
				s.asked[i] |= 1 << (n - s.lows[i])
				break
			}
		}
	}
	return s
}

// cover adds the numbers from low to high that are in no span: to the last one, as long as it is
// short, or as the next.
func (s *spans) cover(low, high int64) {
	last := len(s.lows) - 1
	if last >= 0 && low <= s.highs[last]+1 {
		low = s.highs[last] + 1
		end := min(high, s.lows[last]+maxSpan-1)
		s.highs[last] = max(s.highs[last], end)
		low = max(low, end+1)
	}
	if low <= high {
		s.lows, s.highs, s.asked = append(s.lows, low), append(s.highs, high), append(s.asked, 0)
	}
}

// reached leaves out what stands beside those only that do not pass the filter: of
// observations in ascending order it keeps those asked for and what is within reach of them.
func reached(all []storage.Ranked, reach int64) []storage.Ranked {
	near := make([]bool, len(all))
	for i, k := range all {
		if !k.Asked {
			continue
		}
		for j := i; j >= 0 && k.Number-all[j].Number <= reach; j-- {
			near[j] = true
		}
		for j := i; j < len(all) && all[j].Number-k.Number <= reach; j++ {
			near[j] = true
		}
	}
	kept := all[:0]
	for i, k := range all {
		if near[i] {
			kept = append(kept, k)
		}
	}
	return kept
}
