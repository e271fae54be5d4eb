package postgres

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"claude-mem/internal/lexical"
	"claude-mem/memory"
	"claude-mem/storage"
)

// An observation is found by one tsvector, made here and not by the server. It
// holds two sorts of lexeme:
//
//   - The stemmed terms of its texts, with the weight of the field: A for the title,
//     B for facts, files and concepts, D for the narrative. Their positions only
//     count them.
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
	// maxRepeats is from where on it makes no difference how often a term occurs.
	maxRepeats = 6
	// maxVectorBytes bounds a vector; Postgres takes 1 MiB. What does not fit is not
	// found by the terms that came last.
	maxVectorBytes = 512 << 10
)

// vector collects the lexemes of one observation.
type vector struct {
	words   int // how many terms were added
	size    int
	order   []string
	lexemes map[string]string // the weights of each occurrence, at most maxRepeats
}

// newVector indexes an observation.
func newVector(o memory.Observation) *vector {
	v := &vector{lexemes: make(map[string]string)}
	m := o.Metadata
	// The labels come first, so that a long text cannot crowd them out.
	v.add(label(teamLabel, o.TeamID), "")
	v.add(label(projectLabel, o.ProjectID), "")
	for _, c := range m.Concepts {
		v.add(label(conceptLabel, c), "")
	}
	files := append(append([]string{}, m.FilesModified...), m.FilesRead...)
	for _, f := range files {
		v.addPath(f)
	}
	v.addTexts("A", m.Title)
	v.addTexts("B", m.Facts...)
	v.addTexts("B", files...)
	v.addTexts("B", m.Concepts...)
	v.addTexts("D", m.Subtitle, m.Narrative)
	if m.Summary != nil {
		for _, f := range m.Summary.Fields() {
			v.addTexts("D", f.Text)
		}
	}
	// What a provider wrote has its content from the fields; what a client wrote
	// may have nothing but content.
	if o.Content != m.Content() {
		v.addTexts("D", o.Content)
	}
	return v
}

func (v *vector) addTexts(weight string, texts ...string) {
	for _, text := range texts {
		for term := range strings.FieldsSeq(lexical.Index(text)) {
			v.words++
			v.add(lexical.Stem(term), weight)
		}
	}
}

// addPath adds a path as a whole and by its ends.
func (v *vector) addPath(path string) {
	v.add(label(fileLabel, path), "")
	end := len(path)
	for range maxPathParts {
		if end = strings.LastIndexByte(path[:end], '/'); end < 0 {
			return
		}
		v.add(label(fileLabel, path[end+1:]), "")
	}
}

// add adds one occurrence of a lexeme.
func (v *vector) add(lexeme, weight string) {
	weights, known := v.lexemes[lexeme]
	if len(weights) >= maxRepeats || known && weight == "" {
		return
	}
	// What a lexeme takes besides its text, and a position; both rounded up.
	const entry, position = 8, 2
	grow := position
	if !known {
		grow += entry + len(lexeme)
	}
	if v.size+grow > maxVectorBytes {
		return
	}
	v.size += grow
	if !known {
		v.order = append(v.order, lexeme)
	}
	v.lexemes[lexeme] = weights + weight
}

// String is the vector as Postgres reads it.
func (v *vector) String() string {
	var b strings.Builder
	for i, lexeme := range v.order {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(quote(lexeme))
		for i, weight := range v.lexemes[lexeme] {
			if i == 0 {
				b.WriteByte(':')
			} else {
				b.WriteByte(',')
			}
			b.WriteString(strconv.Itoa(i + 1))
			b.WriteRune(weight)
		}
	}
	return b.String()
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
func scopeQuery(s memory.Scope) string {
	if s.ProjectID != "" {
		return quote(label(projectLabel, s.ProjectID))
	}
	return quote(label(teamLabel, s.TeamID))
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

// anyOf is a query for any of the lexemes; there must be one.
func anyOf(lexemes []string) string {
	quoted := make([]string, len(lexemes))
	for i, l := range lexemes {
		quoted[i] = quote(l)
	}
	return "(" + strings.Join(quoted, " | ") + ")"
}
