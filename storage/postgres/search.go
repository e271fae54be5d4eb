package postgres

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"claude-mem/internal/lexical"
	"claude-mem/memory"
	"claude-mem/storage"
)

const (
	// maxMatched is about how many matches the index is asked for at most.
	maxMatched = 6000
	// maxRanked bounds how many of them are ranked: the newest.
	maxRanked = 3000
	// maxWalked and maxLooked bound a search for nothing but common words: how many
	// observations it walks through, the newest, and how many of those that pass the
	// filter it looks into. Each is a microsecond or two.
	maxWalked = 100000
	maxLooked = 20000
)

// Search finds matches in the index, has Postgres say how much of each term there
// is to each of them, weighs that here, and reads the page.
func (r reads) Search(ctx context.Context, s memory.Scope, q storage.Query) ([]storage.Hit, error) {
	terms := stems(q.Terms)
	if len(terms) == 0 {
		return nil, nil
	}
	plan, err := r.plan(ctx, s, terms, q.Filter)
	if err != nil {
		return nil, err
	}
	matches, err := all(ctx, r.q, readMatch, plan.query(s, terms, q.Filter))
	if err != nil || len(matches) == 0 {
		return nil, err
	}
	plan.rank(matches)
	p := q.Page.Clamp(0)
	matches = matches[min(p.Offset, len(matches)):]
	return r.hits(ctx, s, matches[:min(p.Limit, len(matches))])
}

// stems makes lexemes of a query's terms, each once.
func stems(terms []string) []string {
	var out []string
	for _, t := range terms {
		// What Postgres cannot store is in no observation.
		if t == "" || !utf8.ValidString(t) || strings.IndexByte(t, 0) >= 0 || len(t) > maxLabelBytes {
			continue
		}
		if t = lexical.Stem(t); !slices.Contains(out, t) && len(out) < lexical.MaxTerms {
			out = append(out, t)
		}
	}
	return out
}

// query finds matches and the weight that each term has in each. OFFSET 0 and
// MATERIALIZED keep Postgres to the order in which it is written: first find, then
// look closely. Asked for all at once it may walk through the whole tenant in order
// instead of asking the index, or carry whole observations through a sort.
func (p plan) query(s memory.Scope, terms []string, f storage.ObservationFilter) *query {
	q := sql(`WITH matches AS MATERIALIZED (`)
	if p.newest {
		q.add(`SELECT number FROM (SELECT o.number, o.terms FROM (SELECT o.* FROM observations o WHERE `).of(s, f).
			add(` ORDER BY o.occurred_at DESC, o.number DESC LIMIT ?) o WHERE true`, maxWalked).filter(f).
			add(` LIMIT ?) newest WHERE terms @@ ?::text::tsquery LIMIT ?`, maxLooked, anyOf(terms), maxRanked)
	} else {
		q.add(`SELECT number FROM (SELECT o.number FROM observations o WHERE `).within(s, "o.").
			and("o.terms @@ ?::text::tsquery", scopeQuery(s)+" & "+anyOf(p.asked)+labelQuery(f)).window(f).filter(f).
			add(` OFFSET 0) found ORDER BY number DESC LIMIT ?`, maxRanked)
	}
	quoted := make([]string, len(terms))
	for i, t := range terms {
		quoted[i] = quote(t)
	}
	return q.add(`)
		SELECT o.number, o.words, ARRAY(SELECT ts_rank('`+fieldWeights+`', o.terms, term::tsquery) FROM unnest(?::text[]) term)
		FROM matches, LATERAL (SELECT o.* FROM observations o WHERE o.number = matches.number OFFSET 0) o`, quoted)
}

// fieldWeights are what one occurrence counts with weight D (narrative), C (none),
// B (facts, files, concepts) and A (title). ts_rank saturates much like BM25 does,
// but after weighing; these are BM25's (k1 1.2) of a term that occurs 1, 3 and 6
// times.
const fieldWeights = `{0.55, 0.7, 0.86, 1}`

// match is an observation that a search found.
type match struct {
	number  int64
	words   int32
	weights []float32 // of each term; 0 where it does not occur
	score   float64
}

func readMatch(r pgx.Rows) (m match, err error) {
	return m, r.Scan(&m.number, &m.words, &m.weights)
}

// rank orders matches as BM25 would, the best first.
func (p plan) rank(matches []match) {
	found := make([]float64, len(matches[0].weights))
	var words float64
	for _, m := range matches {
		words += float64(m.words)
		for k, w := range m.weights {
			if w > 0 {
				found[k]++
			}
		}
	}
	mean := max(words/float64(len(matches)), 1)
	total := max(float64(p.total), float64(len(matches)))
	for i := range matches {
		m := &matches[i]
		for k, w := range m.weights {
			// What was not asked for may be common though it is rare among these.
			holds := max(found[k], p.shares[k]*total)
			m.score += float64(w) * math.Log(1+(total-holds+0.5)/(holds+0.5))
		}
		m.score *= brevity(float64(m.words) / mean)
	}
	slices.SortFunc(matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.number, a.number))
	})
}

// brevity is how much a match counts for its length, relative to the mean: what
// BM25 (k1 1.2, b 0.75) makes of a term that occurs twice.
func brevity(length float64) float64 { return 3.2 / (2 + 1.2*(0.25+0.75*length)) }

// hits reads the observations of a page. One that was deleted meanwhile is left out.
func (r reads) hits(ctx context.Context, s memory.Scope, page []match) ([]storage.Hit, error) {
	numbers := make([]int64, len(page))
	scores := make(map[int64]float64, len(page))
	for i, m := range page {
		numbers[i], scores[m.number] = m.number, m.score
	}
	found, err := r.ObservationsByNumber(ctx, s, numbers)
	if err != nil {
		return nil, err
	}
	hits := make([]storage.Hit, len(found))
	for i, o := range found {
		hits[i] = storage.Hit{Observation: o, Score: scores[o.Number]}
	}
	return hits, nil
}
