package sqlite

import (
	"context"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"path"
	"slices"
	"strings"

	"claude-mem/internal/lexical"
	"claude-mem/internal/termlist"
	"claude-mem/memory"
	"claude-mem/storage"
)

// A term stands in the index with the key of its project before it, so that a search
// costs what the project has, not what the store has, and learns how common a term
// is where it is asked. Two projects may have the same key, once in a billion; the
// rows tell them apart.

// keyLen is how long the key of a project is.
const keyLen = 6

// projectKey is letters and digits only, as a term is. The team is in it, so that who
// names a foreign project finds nothing.
func projectKey(s memory.Scope) string {
	h := fnv.New32a()
	h.Write([]byte(s.TeamID + "\x00" + s.ProjectID))
	sum := binary.BigEndian.AppendUint32(nil, h.Sum32())
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum)[:keyLen])
}

// keys are those of a scope's projects.
type keys []string

func (r reads) keys(ctx context.Context, s memory.Scope) (keys, error) {
	ids, err := r.projectIDs(ctx, s)
	ks := make(keys, len(ids))
	for i, id := range ids {
		ks[i] = projectKey(memory.Scope{TeamID: s.TeamID, ProjectID: id})
	}
	return ks, err
}

// projectIDs are those of a scope's projects, of a team the first.
func (r reads) projectIDs(ctx context.Context, s memory.Scope) ([]string, error) {
	if s.ProjectID != "" {
		return []string{s.ProjectID}, nil
	}
	return all(ctx, r.q, identifier, `SELECT id FROM projects WHERE team_id = ? ORDER BY name LIMIT ?`, s.TeamID, storage.MaxPage)
}

// allOf is an FTS5 expression for what holds all terms; "" if nothing can.
func (ks keys) allOf(terms []string) string {
	if len(terms) == 0 || len(ks) == 0 {
		return ""
	}
	parts := make([]string, len(terms))
	for i, t := range terms {
		if !isTerm(t) {
			return ""
		}
		scoped := make([]string, len(ks))
		for j, k := range ks {
			scoped[j] = `"` + k + t + `"`
		}
		parts[i] = "(" + strings.Join(scoped, " OR ") + ")"
	}
	return strings.Join(parts, " AND ")
}

// isTerm reports whether the tokeniser would leave the text as it is, so that
// nothing in it is ever syntax.
func isTerm(t string) bool {
	for i := range len(t) {
		if b := t[i]; b < '0' || b > '9' && b < 'a' || b > 'z' && b < 0x80 {
			return false
		}
	}
	return t != "" && len(t) <= lexical.MaxTermBytes+1 // a stem can be a letter longer
}

// labelMatch is an FTS5 expression that all observations with one of the filter's
// files and one of its concepts match. It matches others too: it saves filter from
// parsing the metadata of every row. Empty means that it cannot say.
func (ks keys) labelMatch(f storage.ObservationFilter) string {
	files, concepts := ks.columnMatch("files", f.Files, tellingRoots), ks.columnMatch("concepts", f.Concepts, roots)
	if files == "" || concepts == "" {
		return files + concepts
	}
	return files + " AND " + concepts
}

func (ks keys) columnMatch(column string, values []string, terms func(string) []string) string {
	var any []string
	for _, v := range values {
		match := ks.allOf(terms(v))
		if match == "" {
			return ""
		}
		any = append(any, "("+match+")")
	}
	if any == nil {
		return ""
	}
	return "(" + column + " : (" + strings.Join(any, " OR ") + "))"
}

// tellingRoots are the roots of a path that tell it from others: those of its last two
// parts, without the ending, which nearly all files of a project may have. Every term
// that is asked for costs a walk along all that hold it.
func tellingRoots(file string) []string {
	tail := file
	if i := strings.LastIndexByte(tail, '/'); i > 0 {
		tail = tail[strings.LastIndexByte(tail[:i], '/')+1:]
	}
	all, ending := roots(tail), roots(path.Ext(tail))
	telling := slices.DeleteFunc(slices.Clone(all), func(r string) bool { return slices.Contains(ending, r) })
	if len(telling) == 0 {
		return all
	}
	return telling
}

func roots(text string) (out []string) {
	lexical.Scan(text, func(term string) bool {
		if root := lexical.Root(term); !slices.Contains(out, root) {
			out = append(out, root)
		}
		return len(out) < lexical.MaxTerms
	})
	return out
}

// index replaces the observation's entries in the full-text index and in the table
// that search ranks by, and learns its words.
func (t *tx) index(ctx context.Context, o memory.Observation) error {
	terms := termlist.Of(o)
	c := column{key: projectKey(o.Scope())}
	files, concepts := c.text(terms.By[termlist.Files]), c.text(terms.By[termlist.Concepts])
	others := c.text(terms.By[termlist.Title], terms.By[termlist.Facts], terms.By[termlist.Narrative])
	if _, err := t.exec(ctx, `INSERT OR REPLACE INTO observations_fts (rowid, terms, files, concepts) VALUES (?, ?, ?, ?)`,
		o.Number, others, files, concepts); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `INSERT OR REPLACE INTO observation_terms (number, thread, occurred_at, list) VALUES (?, ?, ?, ?)`,
		o.Number, termlist.Thread(o), o.OccurredAt, terms.Encode()); err != nil {
		return err
	}
	return t.learn(ctx, o.Scope(), terms.Words)
}

// column writes what a column of the index holds: each term once, with its key.
type column struct{ key string }

func (c column) text(fields ...[]string) string {
	var b strings.Builder
	seen := make(map[string]bool)
	for _, terms := range fields {
		for _, t := range terms {
			if !seen[t] {
				seen[t] = true
				b.WriteString(c.key)
				b.WriteString(t)
				b.WriteByte(' ')
			}
		}
	}
	return b.String()
}

// reindexBatch is how many observations are indexed in one transaction.
const reindexBatch = 200

// reindex indexes what a migration left unindexed. It may be interrupted at any time
// and goes on when the database is opened again.
func (s *Store) reindex(ctx context.Context) error {
	for {
		var left []memory.Observation
		err := s.writer.do(ctx, func(g *group) (err error) {
			t := &tx{reads: reads{q: g, extents: s.extents}, group: g}
			left, err = all(ctx, g, readObservation, `SELECT `+observationColumns+` FROM observations_unindexed u
				CROSS JOIN observations o ON o.number = u.number ORDER BY u.number LIMIT ?`, reindexBatch)
			if err != nil || len(left) == 0 {
				return err
			}
			for _, o := range left {
				if err := t.index(ctx, o); err != nil {
					return err
				}
			}
			_, err = t.exec(ctx, `DELETE FROM observations_unindexed WHERE number <= ?`, left[len(left)-1].Number)
			return err
		})
		if err != nil {
			return fmt.Errorf("index what was stored before: %w", err)
		}
		if len(left) == 0 {
			return nil
		}
	}
}
