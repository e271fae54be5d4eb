package client

import (
	"context"
	"net/url"
	"time"

	"claude-mem/memory"
)

// UsageFilter says what usage is wanted; the zero value is that of this month.
type UsageFilter struct {
	ProjectID    string       // id or name; "" means all that the key reaches
	Since, Until memory.Epoch // whole days (UTC); Until is exclusive
	By           string       // day, project, kind, provider or key; "": no rows
	Kind         memory.Kind  // "": any
}

// Usage is the answer of GET /v1/usage.
type Usage struct {
	Since string           `json:"since"` // ISO 8601
	Usage map[string]int64 `json:"usage"` // what is zero is left out; see UsageByName
	Rows  []UsageRow       `json:"rows,omitempty"`
}

// UsageRow is what was used in one group, of one provider and model.
type UsageRow struct {
	Group    string `json:"group"`
	Provider string `json:"provider"`
	Model    string `json:"model"`
	memory.UsageCounts
}

// UsageByName gives counts the names that they have in Usage.
func UsageByName(c memory.UsageCounts) map[string]int64 {
	out := make(map[string]int64)
	for name, n := range map[string]int64{
		"request": c.Requests, "provider_call": c.Calls, "event": c.Events, "observation": c.Observations, "skipped": c.Skipped,
		"input_tokens": c.InputTokens, "output_tokens": c.OutputTokens,
	} {
		if n != 0 {
			out[name] = n
		}
	}
	return out
}

// Usage tells what was used.
func (c *Client) Usage(ctx context.Context, f UsageFilter) (Usage, error) {
	q := url.Values{}
	setText(q, "projectId", f.ProjectID)
	setText(q, "by", f.By)
	setText(q, "kind", string(f.Kind))
	for name, at := range map[string]memory.Epoch{"since": f.Since, "until": f.Until} {
		if at > 0 {
			q.Set(name, at.Time().Format(time.RFC3339Nano))
		}
	}
	var out Usage
	return out, c.do(ctx, get("/v1/usage", q), &out)
}
