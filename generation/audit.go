package generation

import (
	"encoding/json"

	"claude-mem/internal/id"
	"claude-mem/memory"
)

// details is what an audit row of generation says beside its columns.
type details struct {
	RequestID string `json:"requestId,omitempty"`
	JobID     string `json:"generationJobId"`
	Attempt   int    `json:"attempt,omitempty"`
	Result    string `json:"result,omitempty"`
	Reason    string `json:"reason,omitempty"`
	Team      string `json:"messageTeamId,omitempty"`
	Project   string `json:"messageProjectId,omitempty"`
}

// audit makes an audit row about the job, in its own tenant.
func (a *attempt) audit(action string, at memory.Epoch, d details) memory.AuditEntry {
	return auditOf(a.job, action, at, d)
}

func auditOf(j memory.Job, action string, at memory.Epoch, d details) memory.AuditEntry {
	d.JobID, d.RequestID = j.ID, string(j.RequestID)
	raw, _ := json.Marshal(d) // texts and numbers always marshal
	return memory.AuditEntry{
		ID: id.New(), TeamID: j.TeamID, ProjectID: memory.Opt(j.ProjectID), ActorID: j.ActorID, APIKeyID: j.APIKeyID,
		Action: action, ResourceType: "observation_generation_job", ResourceID: memory.Opt(j.ID),
		RequestID: j.RequestID, Details: raw, CreatedAt: at,
	}
}
