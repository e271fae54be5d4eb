package memory

import (
	"encoding/json"
	"slices"
	"strings"
)

// Kinds of observation. A provider's own words outside this list become
// KindChange, the raw word kept in the metadata.
const (
	KindBugfix        = "bugfix"
	KindFeature       = "feature"
	KindRefactor      = "refactor"
	KindChange        = "change"
	KindDiscovery     = "discovery"
	KindDecision      = "decision"
	KindSecurityAlert = "security_alert"
	KindSecurityNote  = "security_note"

	KindSummaryObservation = "summary" // one per session; the newest counts
	KindManual             = "manual"  // written by a person or an agent
)

// GeneratedKinds lists the kinds that a provider may give an observation.
func GeneratedKinds() []string {
	return []string{
		KindBugfix, KindFeature, KindRefactor, KindChange, KindDiscovery,
		KindDecision, KindSecurityAlert, KindSecurityNote,
	}
}

// Observation is a durable memory. Number is short and unique in its store, for
// people and agents to cite as #1234.
type Observation struct {
	Number        int64    `json:"number"`
	ID            string   `json:"id"`
	ProjectID     string   `json:"projectId"`
	TeamID        string   `json:"teamId"`
	SessionID     Opt      `json:"serverSessionId"`
	AgentID       Opt      `json:"agentId,omitempty"` // set: remembered of a sub-agent
	Kind          string   `json:"kind"`
	Content       string   `json:"content"`
	Metadata      Metadata `json:"metadata"`
	GenerationKey Opt      `json:"generationKey,omitempty"`
	CreatedByJob  Opt      `json:"createdByJobId,omitempty"`
	SupersededBy  Opt      `json:"supersededBy,omitempty"` // id of the observation that replaces this one
	OccurredAt    Epoch    `json:"occurredAtEpoch"`        // when what it tells of happened
	CreatedAt     Epoch    `json:"createdAtEpoch"`
	UpdatedAt     Epoch    `json:"updatedAtEpoch"`

	// Stale says, where the project's files can be seen, that they are not any more
	// what the observation tells of: StaleChanged or StaleGone. It is never stored.
	Stale string `json:"stale,omitempty"`
}

// The values of Observation.Stale.
const (
	StaleChanged = "changed" // one of its files was changed since
	StaleGone    = "gone"    // none of its files is there any more
)

// Scope is the tenant that owns the observation.
func (o Observation) Scope() Scope { return Scope{TeamID: o.TeamID, ProjectID: o.ProjectID} }

// Title is the observation's title, or else the first line of its content.
func (o Observation) Title() string {
	if o.Metadata.Title != "" {
		return o.Metadata.Title
	}
	line, _, _ := strings.Cut(strings.TrimSpace(o.Content), "\n")
	return strings.TrimSpace(line)
}

// Source says what an observation was made from.
type Source struct {
	ID            string `json:"id"`
	ObservationID string `json:"-"`
	SourceType    string `json:"sourceType"`
	SourceID      string `json:"sourceId"`
	JobID         Opt    `json:"generationJobId"`
	CreatedAt     Epoch  `json:"createdAtEpoch"`
}

// SourcedObservation is an observation with the link to the event it came from.
type SourcedObservation struct {
	Observation
	Source Source `json:"source"`
}

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

// knownMetadata pairs each named field with its place in m.
func (m *Metadata) knownMetadata() map[string]any {
	return map[string]any{
		"title": &m.Title, "subtitle": &m.Subtitle, "narrative": &m.Narrative,
		"facts": &m.Facts, "concepts": &m.Concepts,
		"files_read": &m.FilesRead, "files_modified": &m.FilesModified,
		"summary": &m.Summary, "provider": &m.Provider, "model": &m.Model,
	}
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
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	*m = Metadata{}
	known := m.knownMetadata()
	for k, v := range raw {
		dst, ok := known[k]
		if ok && string(v) != "null" && json.Unmarshal(v, dst) == nil && roundTrips(v) {
			continue
		}
		if ok {
			m.clear(k)
		}
		if m.Extra == nil {
			m.Extra = make(map[string]json.RawMessage)
		}
		m.Extra[k] = v
	}
	return nil
}

// clear undoes a half-done decode of a known field.
func (m *Metadata) clear(name string) {
	switch dst := m.knownMetadata()[name].(type) {
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
