package memory

import "strings"

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

// StaleNote says in words what Stale says, or is "".
func (o Observation) StaleNote() string {
	switch o.Stale {
	case StaleChanged:
		return "changed since"
	case StaleGone:
		return "file gone"
	}
	return ""
}

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
