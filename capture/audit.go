package capture

import (
	"encoding/json"

	"claude-mem/internal/id"
	"claude-mem/memory"
)

// auditDetails is what an audit row holds besides its columns.
type auditDetails struct {
	RequestID string `json:"requestId,omitempty"`
	JobID     string `json:"generationJobId,omitempty"`
	Count     int    `json:"count,omitempty"`
	// Of what an operator asked for.
	Outcome string           `json:"outcome,omitempty"`
	Before  memory.JobStatus `json:"previousStatus,omitempty"`
	After   memory.JobStatus `json:"currentStatus,omitempty"`
	Retries int              `json:"retriedCount,omitempty"`
	Changed []string         `json:"changed,omitempty"` // fields of a memory
	Purged  *memory.Purged   `json:"counts,omitempty"`
}

// audit notes an action for the end of the transaction.
func (u *unit) audit(action, resourceType, resourceID string, s memory.Scope, jobID string) {
	u.auditWith(action, resourceType, resourceID, s, auditDetails{JobID: jobID})
}

func (u *unit) auditWith(action, resourceType, resourceID string, s memory.Scope, d auditDetails) {
	d.RequestID = u.caller.RequestID
	details, _ := json.Marshal(d) // texts and numbers always marshal
	u.audits = append(u.audits, memory.AuditEntry{
		ID: id.New(), TeamID: s.TeamID, ProjectID: memory.Opt(s.ProjectID),
		ActorID: u.caller.Key.ActorID, APIKeyID: memory.Opt(u.caller.Key.ID), RequestID: memory.Opt(u.caller.RequestID),
		Action: action, ResourceType: resourceType, ResourceID: memory.Opt(resourceID),
		Details: details, CreatedAt: u.now,
	})
}

// auditEvents notes the events that are new: each one of a single request, but a
// batch by one entry for each project.
func (u *unit) auditEvents(all []Stored) {
	if len(all) == 1 {
		if s := all[0]; s.Created {
			u.audit(memory.AuditEventReceived, "agent_event", s.Event.ID, s.Event.Scope(), jobID(s.Job))
		}
		return
	}
	count := make(map[memory.Scope]int)
	var order []memory.Scope
	for _, s := range all {
		if !s.Created {
			continue
		}
		scope := s.Event.Scope()
		if count[scope]++; count[scope] == 1 {
			order = append(order, scope)
		}
	}
	for _, scope := range order {
		u.auditWith(memory.AuditBatchReceived, "agent_event", "", scope, auditDetails{Count: count[scope]})
	}
}

func jobID(j *memory.Job) string {
	if j == nil {
		return ""
	}
	return j.ID
}
