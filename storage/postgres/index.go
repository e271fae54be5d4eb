package postgres

import (
	"strings"
	"unicode/utf8"

	"claude-mem/internal/termlist"
	"claude-mem/memory"
	"claude-mem/storage"
)

// An observation is found by one tsvector, made here and not by the server. It
// holds two sorts of lexeme, without positions: which observations hold it is all
// that the index is asked for, and internal/termlist says the rest.
//
//   - The roots of the terms of its texts.
//   - Labels, which begin with a slash and so are no terms: the tenant, each file
//     with each end of its path, each concept. With the tenant in the same index as
//     the terms, a search costs what the tenant has, not what the server has.
const (
	teamLabel    = "/t/"
	projectLabel = "/p/"
	fileLabel    = "/f/"
	conceptLabel = "/c/"

	// maxLabelBytes is where a label is cut off; Postgres takes 2046 bytes.
	maxLabelBytes = 2000
	// maxPathParts is how many of the last parts of a path it is found by, besides
	// the whole path.
	maxPathParts = 32
	// maxVectorBytes bounds a vector; Postgres takes 1 MiB. What does not fit is not
	// found by the terms that came last.
	maxVectorBytes = 512 << 10
)

// vector collects the lexemes of one observation.
type vector struct {
	size    int
	order   []string
	lexemes map[string]bool
}

// newVector indexes an observation by its labels and terms.
func newVector(o memory.Observation, terms termlist.Terms) *vector {
	v := &vector{lexemes: make(map[string]bool)}
	m := o.Metadata
	// The labels come first, so that a long text cannot crowd them out.
	v.add(label(teamLabel, o.TeamID))
	v.add(label(projectLabel, o.ProjectID))
	for _, c := range m.Concepts {
		v.add(label(conceptLabel, c))
	}
	for _, files := range [][]string{m.FilesModified, m.FilesRead} {
		for _, f := range files {
			v.addPath(f)
		}
	}
	for _, field := range terms.By {
		for _, t := range field {
			v.add(t)
		}
	}
	return v
}

// addPath adds a path as a whole and by its ends.
func (v *vector) addPath(path string) {
	v.add(label(fileLabel, path))
	end := len(path)
	for range maxPathParts {
		if end = strings.LastIndexByte(path[:end], '/'); end < 0 {
			return
		}
		v.add(label(fileLabel, path[end+1:]))
	}
}

// add adds a lexeme, once.
func (v *vector) add(lexeme string) {
	// What a lexeme takes besides its text, rounded up.
	const entry = 8
	if v.lexemes[lexeme] || v.size+entry+len(lexeme) > maxVectorBytes {
		return
	}
	v.size += entry + len(lexeme)
	v.order = append(v.order, lexeme)
	v.lexemes[lexeme] = true
}

// String is the vector as Postgres reads it.
func (v *vector) String() string {
	quoted := make([]string, len(v.order))
	for i, lexeme := range v.order {
		quoted[i] = quote(lexeme)
	}
	return strings.Join(quoted, " ")
}

// label makes a lexeme that is not a term.
func label(kind, name string) string {
	s := kind + name
	n := min(len(s), maxLabelBytes)
	for n < len(s) && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// quote makes a lexeme of any text, in a vector and in a query, so that none is
// ever syntax.
func quote(lexeme string) string {
	if strings.ContainsAny(lexeme, `'\`) {
		lexeme = strings.ReplaceAll(lexeme, `\`, `\\`)
		lexeme = strings.ReplaceAll(lexeme, `'`, `''`)
	}
	return "'" + lexeme + "'"
}

// scopeQuery is a query for what the tenant has.
func scopeQuery(s memory.Scope) string { return quote(scopeLabel(s)) }

func scopeLabel(s memory.Scope) string {
	if s.ProjectID != "" {
		return label(projectLabel, s.ProjectID)
	}
	return label(teamLabel, s.TeamID)
}

// labelQuery continues a query by what the filter asks of files and concepts; it
// is empty if the filter asks nothing.
func labelQuery(f storage.ObservationFilter) string {
	return anyLabel(fileLabel, f.Files) + anyLabel(conceptLabel, f.Concepts)
}

func anyLabel(kind string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	labels := make([]string, len(names))
	for i, name := range names {
		labels[i] = label(kind, name)
	}
	return " & " + anyOf(labels)
}

// allOf is a query for what holds all terms; "" if nothing can.
func allOf(terms []string) string {
	quoted := make([]string, len(terms))
	for i, t := range terms {
		// What Postgres cannot store is in no observation, and what begins like a label
		// is no term.
		if t == "" || t[0] == '/' || !utf8.ValidString(t) || strings.IndexByte(t, 0) >= 0 || len(t) > maxLabelBytes {
			return ""
		}
		quoted[i] = quote(t)
	}
	return strings.Join(quoted, " & ")
}

// anyOf is a query for any of the lexemes; there must be one.
func anyOf(lexemes []string) string {
	quoted := make([]string, len(lexemes))
	for i, l := range lexemes {
		quoted[i] = quote(l)
	}
	return "(" + strings.Join(quoted, " | ") + ")"
}
