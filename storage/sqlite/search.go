package sqlite

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"claude-mem/internal/lexical"
	"claude-mem/memory"
	"claude-mem/storage"
)

// maxRanked bounds how many matches of one search are ranked: the newest.
// Ranking a match costs about a microsecond.
const maxRanked = 20000

// search ranks what meets a condition. The CROSS JOIN fixes the order of the loops:
// the index first, then the row of each match. The other way round SQLite asks the
// index once for every row of the project. The rows that are shown are read again
// at the end, when it is known which they are.
//
// The weights follow the columns title, facts, narrative, files, concepts.
const (
	searchHits = `WITH hits AS MATERIALIZED (
		SELECT f.rowid AS number, bm25(observations_fts, 6.0, 3.0, 1.0, 3.0, 3.0) AS rank
		FROM observations_fts f CROSS JOIN observations o ON o.number = f.rowid
		WHERE observations_fts MATCH ? AND `
	searchBest = ` ORDER BY f.rowid DESC LIMIT ?),
	best AS MATERIALIZED (SELECT * FROM hits ORDER BY rank, number DESC LIMIT ? OFFSET ?)
	SELECT ` + observationColumns + `, -b.rank FROM best b CROSS JOIN observations o ON o.number = b.number
	ORDER BY b.rank, b.number DESC`
)

// Search implements storage.ObservationReader.
func (r reads) Search(ctx context.Context, s memory.Scope, q storage.Query) ([]storage.Hit, error) {
	terms, err := r.telling(ctx, cleanTerms(q.Terms))
	if err != nil || len(terms) == 0 {
		return nil, err
	}
	match := "(" + strings.Join(terms, " OR ") + ")"
	if labels := labelMatch(q.Filter); labels != "" {
		match += " AND " + labels
	}
	w := within(s)
	w.filter(q.Filter)
	p := q.Page.Clamp(0)
	args := append([]any{match}, w.args...)
	return all(ctx, r.q, func(sc scanner) (h storage.Hit, err error) {
		h.Observation, err = scanObservation(sc, &h.Score)
		return h, err
	}, searchHits+w.String()+searchBest, append(args, maxRanked, p.Limit, p.Offset)...)
}

// cleanTerms quotes each term as an FTS5 string, so that none is ever syntax.
func cleanTerms(terms []string) []string {
	var out []string
	for _, t := range terms {
		// SQLite would take a NUL for the end of the expression.
		if t != "" && strings.IndexByte(t, 0) < 0 && len(out) < lexical.MaxTerms {
			if t = quote(t); !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	return out
}

func quote(term string) string { return `"` + strings.ReplaceAll(term, `"`, `""`) + `"` }

// filter adds what f asks for, on columns of observations.
func (w *where) filter(f storage.ObservationFilter) {
	if len(f.Kinds) > 0 {
		w.and("kind IN (SELECT value FROM json_each(?))", jsonList(f.Kinds))
	}
	if len(f.Concepts) > 0 {
		w.and(`EXISTS (SELECT 1 FROM json_each(metadata, '$.concepts') c, json_each(?) a WHERE c.value = a.value)`,
			jsonList(f.Concepts))
	}
	if len(f.Files) > 0 {
		w.and(`EXISTS (SELECT 1 FROM json_each(?) a WHERE EXISTS (SELECT 1 FROM
			(SELECT value FROM json_each(metadata, '$.files_modified') UNION ALL SELECT value FROM json_each(metadata, '$.files_read')) p
			WHERE p.value = a.value OR substr(p.value, -length(a.value) - 1) = '/' || a.value))`, jsonList(f.Files))
	}
	if f.Since != 0 {
		w.and("occurred_at >= ?", f.Since)
	}
	if f.Until != 0 {
		w.and("occurred_at < ?", f.Until)
	}
	if f.SessionID != "" {
		w.and("session_id = ?", f.SessionID)
	}
	if f.WithoutSubagents {
		w.and("agent_id IS NULL")
	}
	if f.WithoutSuperseded {
		w.and("superseded_by IS NULL")
	}
}

func jsonList(values []string) string {
	b, _ := json.Marshal(values) // strings always marshal
	return string(b)
}

// labelMatch is an FTS5 expression that all observations with one of the filter's
// files and one of its concepts match. It matches others too: it saves filter from
// parsing the metadata of every row. Empty means that it cannot say.
func labelMatch(f storage.ObservationFilter) string {
	files, concepts := columnMatch("files", f.Files), columnMatch("concepts", f.Concepts)
	if files == "" || concepts == "" {
		return files + concepts
	}
	return files + " AND " + concepts
}

func columnMatch(column string, values []string) string {
	var any []string
	for _, v := range values {
		terms := cleanTerms(strings.Fields(lexical.Index(v)))
		if len(terms) == 0 {
			return ""
		}
		any = append(any, "("+strings.Join(terms, " AND ")+")")
	}
	if any == nil {
		return ""
	}
	return "(" + column + " : (" + strings.Join(any, " OR ") + "))"
}
