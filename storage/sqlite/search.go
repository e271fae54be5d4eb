package sqlite

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"claude-mem/memory"
	"claude-mem/storage"
)

// maxLooked is how many matches of a clause are looked into, the newest, where a
// filter decides: each costs a microsecond or two.
const maxLooked = 20000

// Extent implements storage.ObservationReader.
func (r reads) Extent(ctx context.Context, s memory.Scope) (int64, error) {
	e, err := r.extent(ctx, s)
	return e.count, err
}

// Matching implements storage.ObservationReader. The index has its entries in the
// order of numbers, so that the newest are read and no more.
func (r reads) Matching(ctx context.Context, s memory.Scope, q storage.Matching) ([]storage.Matches, error) {
	keys, err := r.keys(ctx, s)
	if err != nil {
		return nil, err
	}
	e, err := r.extent(ctx, s)
	if err != nil {
		return nil, err
	}
	limit := storage.Page{Limit: q.Limit}.Clamp(0).Limit
	out := make([]storage.Matches, len(q.Clauses))
	for i, clause := range q.Clauses {
		match := keys.allOf(clause)
		if match == "" {
			continue
		}
		// One more than asked for tells whether there are more.
		found, err := r.newest(ctx, s, match, keys.labelMatch(q.Filter), q.Filter, limit+1)
		if err != nil {
			return nil, err
		}
		out[i] = storage.Matches{Numbers: found[:min(len(found), limit)], Total: e.total(found, limit)}
	}
	return out, nil
}

// newest lists the newest numbers that match. They come as one text: a row for each
// would take longer than finding them. The CROSS JOIN fixes the order of the loops:
// the index first, then the row of each match. The other way round SQLite asks the
// index once for every row of the project.
func (r reads) newest(ctx context.Context, s memory.Scope, match, labels string, f storage.ObservationFilter, limit int) ([]int64, error) {
	if labels != "" {
		match += " AND " + labels
	}
	found := `SELECT rowid AS number FROM observations_fts WHERE observations_fts MATCH ? ORDER BY rowid DESC LIMIT ?`
	args := []any{match, limit}
	if narrow(f) {
		w := within(s)
		w.filter(f)
		found = `SELECT f.number FROM (` + found + `) f CROSS JOIN observations o ON o.number = f.number WHERE ` + w.String() + ` LIMIT ?`
		args = append([]any{match, maxLooked}, append(w.args, limit)...)
	}
	list, err := one(ctx, r.q, "list", identifier, `SELECT json_group_array(number) FROM (`+found+`)`, args...)
	if err != nil {
		return nil, err
	}
	return numbers(list), nil
}

// narrow reports whether most observations may fail the filter, so that it has to
// be asked before the newest are taken.
func narrow(f storage.ObservationFilter) bool {
	return len(f.Kinds) > 0 || len(f.Concepts) > 0 || len(f.Files) > 0 || f.Since != 0 || f.Until != 0 || f.SessionID != "" || f.SupersededBy != ""
}

// numbers reads a JSON list of numbers as SQLite writes it.
func numbers(list string) []int64 {
	list = strings.Trim(list, "[]")
	if list == "" {
		return nil
	}
	out := make([]int64, 0, strings.Count(list, ",")+1)
	for text := range strings.SplitSeq(list, ",") {
		n, _ := strconv.ParseInt(text, 10, 64) // the index holds nothing else
		out = append(out, n)
	}
	return out
}

// Ranked implements storage.ObservationReader. Neighbours are read without the rows
// they belong to, which are large and on as many pages; their threads, which are of
// one tenant, stand for it.
func (r reads) Ranked(ctx context.Context, s memory.Scope, q storage.Ranking) ([]storage.Ranked, error) {
	w := within(s)
	w.filter(q.Filter)
	read := func(sc scanner) (k storage.Ranked, err error) {
		return k, sc.Scan(&k.Number, &k.Thread, &k.OccurredAt, &k.List, &k.Asked)
	}
	asked, err := all(ctx, r.q, read, `SELECT t.number, t.thread, t.occurred_at, t.list, 1
		FROM json_each(?) n CROSS JOIN observation_terms t ON t.number = n.value CROSS JOIN observations o ON o.number = t.number
		WHERE `+w.String(), append([]any{jsonList(ascending(q.Numbers))}, w.args...)...)
	if err != nil || q.Reach <= 0 || len(asked) == 0 {
		return asked, err
	}
	beside, threads := neighbours(asked, min(q.Reach, storage.MaxReach))
	others, err := all(ctx, r.q, read, `SELECT t.number, t.thread, t.occurred_at, t.list, 0
		FROM json_each(?) n CROSS JOIN observation_terms t ON t.number = n.value
		WHERE t.thread IN (SELECT value FROM json_each(?))`, jsonList(beside), jsonList(threads))
	asked = append(asked, others...)
	slices.SortFunc(asked, func(a, b storage.Ranked) int { return cmp.Compare(a.Number, b.Number) })
	return asked, err
}

// neighbours are the numbers around those asked for, and the threads of these.
func neighbours(asked []storage.Ranked, reach int64) (beside, threads []int64) {
	is := make(map[int64]bool, len(asked))
	for _, k := range asked {
		is[k.Number] = true
		threads = append(threads, k.Thread)
	}
	for _, k := range asked {
		for n := k.Number - reach; n <= k.Number+reach; n++ {
			if !is[n] {
				is[n] = true
				beside = append(beside, n)
			}
		}
	}
	slices.Sort(beside) // so that a page is read once
	slices.Sort(threads)
	return beside, slices.Compact(threads)
}
