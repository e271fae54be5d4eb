package client

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"claude-mem/internal/recorded"

	"github.com/google/go-cmp/cmp"
)

// TestContractAnswers reads what the original server answered into our types and
// writes it again: nothing of it may be lost or change its name.
func TestContractAnswers(t *testing.T) {
	dir := filepath.Join(recorded.Dir(t), "contract", "13.25.3")
	// What the original says beyond the contract that we keep.
	ignored := []string{
		"workerPath", "managed", "hasIpc", "platform", "mcpReady", "ai", "dependencies", "rateLimits", // health of its worker
		"values", "expected", "errors", "origin", "maximum", "inclusive", // of its validation library
	}
	for name, into := range map[string]any{
		"healthz":                      &Alive{},
		"api_health":                   &Health{},
		"api_readiness":                &Readiness{},
		"api_version":                  &Version{},
		"v1_info":                      &Info{},
		"sessions_start_first":         &SessionResult{},
		"sessions_get":                 &SessionResult{},
		"session_end_with_worker":      &SessionResult{},
		"events_plain":                 &EventResult{},
		"events_generate_false":        &EventResult{},
		"events_wait_true_with_worker": &EventResult{},
		"events_wait_true_no_worker":   &EventResult{},
		"batch_ok":                     &EventBatch{},
		"batch_one_invalid":            &ErrorBody{},
		"batch_not_array":              &ErrorBody{},
		"events_missing_auth":          &ErrorBody{},
		"event_get":                    &EventAnswer{},
		"event_get_404":                &ErrorBody{},
		"event_observations_generated": &EventObservations{},
		"job_get":                      &JobAnswer{},
		"job_get_completed":            &JobAnswer{},
		"jobs_list":                    &JobList{},
		"memories_create":              &MemoryAnswer{},
		"search_generated":             &SearchResponse{},
		"search_none":                  &SearchResponse{},
		"context_generated":            &ContextResponse{},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join(dir, name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var recorded struct {
				Response struct{ Body json.RawMessage }
			}
			if err := json.Unmarshal(raw, &recorded); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(recorded.Response.Body, into); err != nil {
				t.Fatal(err)
			}
			again, err := json.Marshal(into)
			if err != nil {
				t.Fatal(err)
			}
			want, got := decoded(t, recorded.Response.Body), decoded(t, again)
			drop(want, ignored)
			if lost := missing("", want, got); len(lost) > 0 {
				t.Errorf("lost or changed: %v", cmp.Diff([]string(nil), lost))
			}
		})
	}
}

func decoded(t *testing.T, raw []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// drop removes the named fields at every depth.
func drop(v any, names []string) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range names {
			delete(v, name)
		}
		for _, inner := range v {
			drop(inner, names)
		}
	case []any:
		for _, inner := range v {
			drop(inner, names)
		}
	}
}

// missing lists the paths of want that got does not hold with the same value.
func missing(path string, want, got any) []string {
	var out []string
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for k, inner := range w {
			if _, ok := g[k]; !ok && inner != nil {
				out = append(out, path+"."+k)
				continue
			}
			out = append(out, missing(path+"."+k, inner, g[k])...)
		}
	case []any:
		g, _ := got.([]any)
		if len(g) != len(w) {
			return []string{path + ": length"}
		}
		for i := range w {
			out = append(out, missing(path+"[]", w[i], g[i])...)
		}
	default:
		if !cmp.Equal(want, got) {
			out = append(out, path)
		}
	}
	return out
}
