package llm

import (
	"encoding/json"
	"html"
	"slices"
	"strings"
	"unicode"

	"claude-mem/internal/privacy"
	"claude-mem/memory"
	"claude-mem/providers"
)

// How much of each field is kept, in bytes, and of each list.
const (
	maxTitle     = 200
	maxSubtitle  = 400
	maxNarrative = 4000
	maxFact      = 600
	maxConcept   = 60
	maxPath      = 400
	maxPart      = 4000 // of a summary
	maxReason    = 200  // of a skip or a refusal
	maxModel     = 120  // a model's name, as its server tells it

	maxFacts    = 20
	maxConcepts = 10
	maxFiles    = 50
)

// rawDraft is an observation in the model's words.
type rawDraft struct {
	Type          string   `json:"type"`
	Title         string   `json:"title"`
	Subtitle      string   `json:"subtitle"`
	Narrative     string   `json:"narrative"`
	Facts         []string `json:"facts"`
	Concepts      []string `json:"concepts"`
	FilesRead     []string `json:"files_read"`
	FilesModified []string `json:"files_modified"`
	Events        []string `json:"events"` // ids
}

// draft bounds and cleans it. It needs a title, or a text that one can be made of.
func (raw rawDraft) draft(r providers.Request) (d providers.Draft, ok, asAsked bool) {
	m := memory.Metadata{
		Title: bounded(raw.Title, maxTitle), Subtitle: bounded(raw.Subtitle, maxSubtitle), Narrative: cleaned(raw.Narrative, maxNarrative),
		Facts: texts(raw.Facts, maxFact, maxFacts), Concepts: keywords(raw.Concepts),
		FilesRead: paths(raw.FilesRead, r.Project.Name), FilesModified: paths(raw.FilesModified, r.Project.Name),
	}
	asAsked = m.Title != ""
	if !asAsked {
		m.Title = titleOf(m)
	}
	kind, word := kindOf(bounded(raw.Type, maxConcept))
	if word != "" {
		text, _ := json.Marshal(word) // a text always marshals
		m.Extra = map[string]json.RawMessage{"raw_type": text}
	}
	return providers.Draft{Kind: kind, Metadata: m, Events: raw.Events}, m.Title != "" && saysMore(m), asAsked
}

// saysMore reports whether there is anything besides a kind and files.
func saysMore(m memory.Metadata) bool {
	return m.Title != "" || m.Narrative != "" || len(m.Facts) > 0
}

// titleOf makes a title of the first sentence there is.
func titleOf(m memory.Metadata) string {
	text := m.Subtitle
	if text == "" {
		text = m.Narrative
	}
	if text == "" && len(m.Facts) > 0 {
		text = m.Facts[0]
	}
	text = flat(text)
	if end := strings.Index(text, ". "); end > 0 {
		text = text[:end]
	}
	return bounded(text, maxTitle)
}

// summaryDraft makes the observation of a session's summary; it has to tell at
// least one thing.
func summaryDraft(s memory.Summary) (providers.Draft, bool) {
	for _, part := range []*string{&s.Request, &s.Investigated, &s.Learned, &s.Completed, &s.NextSteps, &s.Notes} {
		*part = cleaned(*part, maxPart)
	}
	if s.Request == "" && s.Completed == "" && s.Learned == "" && s.Investigated == "" {
		return providers.Draft{}, false
	}
	title := s.Request
	for _, other := range []string{s.Completed, s.Learned, s.Investigated} {
		if title == "" {
			title = other
		}
	}
	first, _, _ := strings.Cut(title, "\n")
	return providers.Draft{Kind: memory.KindSummaryObservation, Metadata: memory.Metadata{Title: bounded(first, maxTitle), Summary: &s}}, true
}

// cleaned makes text of what stood in an element: entities become characters, what
// cannot be seen goes, and then what is private, ours or the host's: the other way
// round a tag with something invisible in it would pass, and be whole afterwards.
func cleaned(s string, size int) string {
	if len(s) > size*8 {
		s = s[:size*8] // nothing behind it can come into the bounds
	}
	s = html.UnescapeString(strings.ToValidUTF8(s, "\uFFFD"))
	s = privacy.Disarm(privacy.Text(visible(s)))
	return privacy.Cut(strings.TrimSpace(s), size)
}

// visible leaves out control and format characters, which can move a cursor, turn
// the direction of writing, or hide in the middle of a word.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Variation_Selector)) {
			return -1
		}
		return r
	}, s)
}

// bounded is cleaned on one line.
func bounded(s string, size int) string {
	s = flat(cleaned(s, size*2))
	if len(s) <= size {
		return s
	}
	return strings.TrimSpace(strings.ToValidUTF8(s[:size-len("…")], "")) + "…"
}

// texts bounds a list of sentences; the same one again is left out.
func texts(in []string, size, most int) (out []string) {
	for _, s := range in {
		if s = bounded(s, size); s != "" && !slices.Contains(out, s) && len(out) < most {
			out = append(out, s)
		}
	}
	return out
}

// keywords are the concepts as bare words.
func keywords(in []string) []string {
	out := texts(in, maxConcept, maxConcepts)
	for i, c := range out {
		out[i] = strings.ToLower(strings.Join(strings.FieldsFunc(c, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r)
		}), "-"))
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// paths are files, relative to the root where they are below it.
func paths(in []string, root string) []string {
	out := texts(in, maxPath, maxFiles)
	for i, p := range out {
		if rel, ok := strings.CutPrefix(p, strings.TrimRight(root, "/")+"/"); ok && root != "" {
			out[i] = rel
		}
	}
	return out
}
