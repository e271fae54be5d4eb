package memory

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// Metadata is what is known of an observation besides its content. The named
// fields are those that providers write; whatever else a client stored is in
// Extra and goes back to it unchanged.
type Metadata struct {
	Title         string
	Subtitle      string
	Narrative     string
	Facts         []string
	Concepts      []string
	FilesRead     []string // relative to the project's root where they are in it
	FilesModified []string
	Summary       *Summary // only of kind summary
	Provider      string
	Model         string
	Extra         map[string]json.RawMessage
}

// Summary tells a session in six fields; each may be empty.
type Summary struct {
	Request      string `json:"request"`
	Investigated string `json:"investigated"`
	Learned      string `json:"learned"`
	Completed    string `json:"completed"`
	NextSteps    string `json:"next_steps"`
	Notes        string `json:"notes"`
}

// Content is the text form of what a provider wrote: title, subtitle, narrative
// and facts, a blank line between each; of a summary its labelled fields.
func (m Metadata) Content() string {
	var parts []string
	add := func(s string) {
		if s = strings.TrimSpace(s); s != "" {
			parts = append(parts, s)
		}
	}
	add(m.Title)
	add(m.Subtitle)
	add(m.Narrative)
	if s := m.Summary; s != nil {
		for _, f := range s.Fields() {
			if f.Text != "" {
				add(f.Label + ": " + f.Text)
			}
		}
	}
	var facts []string
	for _, f := range m.Facts {
		facts = append(facts, "- "+f)
	}
	add(strings.Join(facts, "\n"))
	return strings.Join(parts, "\n\n")
}

// Field is one labelled part of a summary.
type Field struct{ Label, Text string }

// Fields lists the six parts in reading order, empty ones too.
func (s Summary) Fields() []Field {
	return []Field{
		{"Request", s.Request},
		{"Investigated", s.Investigated},
		{"Learned", s.Learned},
		{"Completed", s.Completed},
		{"Next steps", s.NextSteps},
		{"Notes", s.Notes},
	}
}

// field is the place of a named field, nil if there is none of that name.
func (m *Metadata) field(name string) any {
	switch name {
	case "title":
		return &m.Title
	case "subtitle":
		return &m.Subtitle
	case "narrative":
		return &m.Narrative
	case "facts":
		return &m.Facts
	case "concepts":
		return &m.Concepts
	case "files_read":
		return &m.FilesRead
	case "files_modified":
		return &m.FilesModified
	case "summary":
		return &m.Summary
	case "provider":
		return &m.Provider
	case "model":
		return &m.Model
	}
	return nil
}

// MarshalJSON writes one flat object; fields that are empty are left out.
func (m Metadata) MarshalJSON() ([]byte, error) {
	out := make(map[string]any, len(m.Extra)+8)
	for k, v := range m.Extra {
		out[k] = v
	}
	texts := map[string]string{
		"title": m.Title, "subtitle": m.Subtitle, "narrative": m.Narrative,
		"provider": m.Provider, "model": m.Model,
	}
	for k, v := range texts {
		if v != "" {
			out[k] = v
		}
	}
	lists := map[string][]string{
		"facts": m.Facts, "concepts": m.Concepts,
		"files_read": m.FilesRead, "files_modified": m.FilesModified,
	}
	for k, v := range lists {
		if len(v) > 0 {
			out[k] = v
		}
	}
	if m.Summary != nil {
		out["summary"] = m.Summary
	}
	return json.Marshal(out)
}

// UnmarshalJSON takes any object. A known name that holds another type than ours
// is kept in Extra rather than refused: the metadata belongs to the client.
func (m *Metadata) UnmarshalJSON(b []byte) error {
	fields, ok := splitObject(b)
	if !ok {
		var raw map[string]json.RawMessage
		if err := json.Unmarshal(b, &raw); err != nil {
			return err
		}
		fields = fields[:0]
		for name, value := range raw {
			fields = append(fields, rawField{name, value})
		}
	}
	*m = Metadata{}
	for _, f := range fields {
		m.put(f)
	}
	return nil
}

// put sets the field of that name, or keeps the value in Extra.
func (m *Metadata) put(f rawField) {
	dst := m.field(f.name)
	if dst != nil && string(f.value) != "null" && decode(f.value, dst) == nil && roundTrips(f.value) {
		return
	}
	if dst != nil {
		m.clear(f.name)
	}
	if m.Extra == nil {
		m.Extra = make(map[string]json.RawMessage)
	}
	m.Extra[f.name] = bytes.Clone(f.value)
}

// decode is json.Unmarshal of a value that is valid JSON. Most are plain texts and
// lists of them, and lists of observations are read all the time.
func decode(v json.RawMessage, dst any) error {
	if bytes.IndexByte(v, '\\') < 0 && utf8.Valid(v) {
		switch dst := dst.(type) {
		case *string:
			if v[0] == '"' {
				*dst = string(v[1 : len(v)-1])
				return nil
			}
		case *[]string:
			if list, ok := plainTexts(v); ok {
				*dst = list
				return nil
			}
		}
	}
	return json.Unmarshal(v, dst)
}

// plainTexts reads a list of texts in which nothing is escaped.
func plainTexts(v json.RawMessage) (list []string, ok bool) {
	if v[0] != '[' {
		return nil, false
	}
	for rest := v[1 : len(v)-1]; ; {
		if rest = bytes.TrimLeft(rest, ", \t\r\n"); len(rest) == 0 {
			return list, list != nil
		}
		if rest[0] != '"' {
			return nil, false
		}
		end := 1 + bytes.IndexByte(rest[1:], '"')
		list, rest = append(list, string(rest[1:end])), rest[end+1:]
	}
}

// clear undoes a half-done decode of a known field.
func (m *Metadata) clear(name string) {
	switch dst := m.field(name).(type) {
	case *string:
		*dst = ""
	case *[]string:
		*dst = nil
	case **Summary:
		*dst = nil
	}
}

// roundTrips reports whether MarshalJSON would write the value again: it leaves
// out what is empty, so an empty value has to live in Extra to survive.
func roundTrips(v json.RawMessage) bool {
	return !slices.Contains([]string{`""`, `[]`}, string(v))
}
