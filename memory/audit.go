package memory

import "encoding/json"

// The actions that are audited.
const (
	AuditEventReceived     = "event.received"
	AuditBatchReceived     = "event.batch_received"
	AuditSessionWrite      = "session.write"
	AuditSessionEnd        = "session.end"
	AuditMemoryWrite       = "memory.write"
	AuditObservationMade   = "observation.created"
	AuditObservationRead   = "observation.read"
	AuditObservationGone   = "observation.deleted"
	AuditProjectPurged     = "project.memory_purged"
	AuditJobProcessing     = "generation_job.processing"
	AuditJobCompleted      = "generation_job.completed"
	AuditJobFailed         = "generation_job.failed"
	AuditJobScopeViolation = "generation_job.scope_violation"
	AuditJobRevokedKey     = "generation_job.revoked_key"
	AuditJobRetried        = "generation_job.retried_by_operator"
	AuditJobCancelled      = "generation_job.cancelled_by_operator"
	AuditJobStalled        = "generation_job.stalled"
	AuditKeyCreate         = "api_key.create"
	AuditKeyRotate         = "api_key.rotate"
	AuditKeyRevoke         = "api_key.revoke"
	AuditProjectCreate     = "project.create"
	AuditProjectChange     = "project.change"
)

// AuditEntry says who did what. The log is append-only.
type AuditEntry struct {
	ID           string          `json:"id"`
	TeamID       string          `json:"teamId"`
	ProjectID    Opt             `json:"projectId"`
	ActorID      Opt             `json:"actorId"`
	APIKeyID     Opt             `json:"apiKeyId"`
	Action       string          `json:"action"`
	ResourceType string          `json:"resourceType"`
	ResourceID   Opt             `json:"resourceId"`
	RequestID    Opt             `json:"requestId"`
	Details      json.RawMessage `json:"details"` // an object; holds generationJobId in the generation chain
	CreatedAt    Epoch           `json:"createdAtEpoch"`
}
