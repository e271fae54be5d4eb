package memory

import "strings"

// NoticeKind says what changed.
type NoticeKind string

// The things that notices tell of.
const (
	NoticeJob         NoticeKind = "job"
	NoticeSession     NoticeKind = "session"
	NoticeObservation NoticeKind = "observation"
)

// Notice tells that something was made or changed, by ids alone: whoever wants to
// know what it is now reads it, within what it may see. So a notice may be lost,
// repeated, or travel between processes.
type Notice struct {
	Kind      NoticeKind
	TeamID    string
	ProjectID string
	ID        string
}

// Scope is the tenant that owns what changed.
func (n Notice) Scope() Scope { return Scope{TeamID: n.TeamID, ProjectID: n.ProjectID} }

// String is the form in which a notice travels; [ParseNotice] reads it.
func (n Notice) String() string {
	return strings.Join([]string{string(n.Kind), n.TeamID, n.ProjectID, n.ID}, " ")
}

// ParseNotice reads what String wrote; ok is false for anything else.
func ParseNotice(text string) (n Notice, ok bool) {
	parts := strings.Split(text, " ")
	if len(parts) != 4 {
		return Notice{}, false
	}
	n = Notice{NoticeKind(parts[0]), parts[1], parts[2], parts[3]}
	switch n.Kind {
	case NoticeJob, NoticeSession, NoticeObservation:
		return n, n.TeamID != "" && n.ProjectID != "" && n.ID != ""
	}
	return Notice{}, false
}

// Notice tells of the job.
func (j Job) Notice() Notice { return Notice{NoticeJob, j.TeamID, j.ProjectID, j.ID} }

// Notice tells of the session.
func (s Session) Notice() Notice { return Notice{NoticeSession, s.TeamID, s.ProjectID, s.ID} }

// Notice tells of the observation.
func (o Observation) Notice() Notice {
	return Notice{NoticeObservation, o.TeamID, o.ProjectID, o.ID}
}
