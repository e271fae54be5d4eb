package client

import (
	"context"
	"net/url"
	"time"

	"claude-mem/memory"
)

// AuditFilter narrows the audit log; a zero field does not.
type AuditFilter struct {
	ProjectID  string // id or name
	Action     string // one of the memory.Audit… actions
	ResourceID string
	RequestID  string
	Since      memory.Epoch // written at or after
	Limit      int          // at most 200; 0 means 50
	Offset     int
}

// AuditLog is the answer of GET /v1/audit, newest first.
type AuditLog struct {
	Audit     []memory.AuditEntry `json:"audit"`
	Limit     int                 `json:"limit"`
	Offset    int                 `json:"offset"`
	RequestID string              `json:"requestId"`
}

// Audit reads the audit log of what the key reaches.
func (c *Client) Audit(ctx context.Context, f AuditFilter) (AuditLog, error) {
	q := url.Values{}
	setText(q, "projectId", f.ProjectID)
	setText(q, "action", f.Action)
	setText(q, "resourceId", f.ResourceID)
	setText(q, "requestId", f.RequestID)
	if f.Since > 0 {
		q.Set("since", f.Since.Time().Format(time.RFC3339Nano))
	}
	setInt(q, "limit", f.Limit)
	setInt(q, "offset", f.Offset)
	var out AuditLog
	return out, c.do(ctx, get("/v1/audit", q), &out)
}
