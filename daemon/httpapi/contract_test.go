package httpapi

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"claude-mem/internal/recorded"
	"claude-mem/memory"
)

// exchange is what the original was asked and what it answered.
type exchange struct {
	Request struct {
		Method, Path string
		Headers      map[string]string
		Body         json.RawMessage
	}
	Response struct {
		Status int
		Body   any
	}
}

// exchanges lists the exchanges that are told to our server, in an order in which
// each finds what it refers to; with the status where ours is another on purpose.
func exchanges() []struct {
	name   string
	status int
} {
	type e = struct {
		name   string
		status int
	}
	var all []e
	for _, name := range strings.Fields(`
		sessions_start_first sessions_start_repeat sessions_start_minimal sessions_start_empty_body sessions_start_missing_auth
		sessions_start_wrong_scope sessions_start_unknown_project_team_key sessions_get sessions_get_404
		events_plain events_repeat_same_sourceEventId events_minimal events_generate_false events_with_request_id
		events_identical_body_again events_lowercase_bearer events_x_api_key_header events_wait_true_generate_false
		events_basic_auth events_body_array events_cross_project_key events_expired_key events_revoked_key events_invalid_body
		events_invalid_key events_invalid_occurredAt events_invalid_query events_invalid_sourceType events_missing_auth
		events_no_body events_text_plain events_unknown_project events_unknown_session events_wrong_scope
		batch_ok batch_generate_false batch_duplicates_inside batch_empty batch_not_array batch_one_invalid
		batch_one_unknown_session batch_mixed_project batch_mixed_project_team_key
		event_get event_get_404 event_get_ro_key event_observations_404 get_on_events
		job_get job_get_404 jobs_list jobs_list_bad_filters jobs_list_filters jobs_list_include_payload_admin
		jobs_list_include_payload_forbidden team_jobs team_jobs_other project_jobs_other
		job_cancel_wrong_scope job_cancel_404 job_retry_404 job_retry_queued_noop job_cancel_again job_retry_cancelled
		memories_create memories_minimal memories_invalid memories_unknown_session memories_wrong_scope
		search_ok search_none search_invalid search_cross_project_key search_ro_key context_invalid_limit
		session_end_with_worker session_end_repeat session_end_404 session_get_after_end
		compat_observations compat_observations_invalid compat_observations_missing_auth compat_observations_team_key
		compat_summarize compat_summarize_invalid compat_summarize_subagent compat_summarize_unknown_session
		worker_only_api_sessions_init unknown_route unknown_route_noauth options_events api_version`) {
		all = append(all, e{name, 0})
	}
	return append(all,
		e{"newer_connect", 0},
		e{"newer_usage", 0},
		// Existence must not leak where a resource is looked up by its id.
		e{"sessions_get_other_project_key", 404},
		e{"session_end_cross_project_key", 404},
		e{"newer_project_purge_404", 404},
	)
}

// TestAnswersLikeTheOriginal asks what the original was asked. Errors have to be the
// same to the letter; other answers have to hold every field, of the same kind.
func TestAnswersLikeTheOriginal(t *testing.T) { onEachEngine(t, answersLikeTheOriginal) }

func answersLikeTheOriginal(t *testing.T, w *world) {
	dir := filepath.Join(recorded.Dir(t), "contract", "13.25.3")
	ids := map[string]string{ // the original's, and ours
		"5fd96f92-ad89-4cbb-bc2d-df507db097ce": w.p.ID,
		"proj2-13.25.3":                        w.q.ID,
		"b20aafa9-d987-4387-8821-f754bcf22004": startedSession(w),
	}
	keys := mintRecorded(w)
	for _, r := range exchanges() {
		t.Run(r.name, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join(dir, r.name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var x exchange
			for theirs, ours := range ids {
				raw = []byte(strings.ReplaceAll(string(raw), theirs, ours))
			}
			for theirs, ours := range keys {
				raw = []byte(strings.ReplaceAll(string(raw), theirs, ours))
			}
			if err := json.Unmarshal(raw, &x); err != nil {
				t.Fatal(err)
			}
			got := w.replay(x)
			if want := x.Response.Status; r.status == 0 && got.Code != want || r.status != 0 && got.Code != r.status {
				t.Fatalf("status %d, theirs %d: %s", got.Code, want, got.Body)
			}
			if r.status != 0 {
				return
			}
			ours := into[any](got)
			if got.Code >= 400 {
				sameError(t, x.Response.Body, ours)
				return
			}
			holds(t, "", x.Response.Body, ours, ids)
		})
	}
}

// mintRecorded makes the keys that the original was asked with.
func mintRecorded(w *world) map[string]string {
	const cli = "system:server-cli"
	p, q := memory.Opt(w.p.ID), memory.Opt(w.q.ID)
	rw := []string{memory.ScopeMemoriesRead, memory.ScopeMemoriesWrite}
	return map[string]string{
		"cmem_1e6ef041ac23f0888adff915a4b9bb5c164d06bca6b1eb3f": w.mint(memory.APIKey{ProjectID: p, Scopes: rw, ActorID: cli}),
		"cmem_90341be952b59883d83c96884f2f0a9e6b62ee2b4fa1a69b": w.mint(memory.APIKey{Scopes: rw}),
		"cmem_b3478af293375bb47436d633578bb4b71521ef712d599ab0": w.mint(memory.APIKey{ProjectID: p, Scopes: []string{memory.ScopeMemoriesRead}}),
		"cmem_7d4143659e6ee610b1d22dcb37ac1603b0dc7175ded625c1": w.mint(memory.APIKey{ProjectID: q, Scopes: rw}),
		"cmem_86fc2d295c93a3fbaacaff2420ba530cfa797bb938d27c4c": w.mint(memory.APIKey{ProjectID: p, Scopes: []string{memory.ScopeAdmin}}),
		"cmem_8e2763e51715e7ebf14ea894c43cca16b9432a5f21f8ceaa": w.mint(memory.APIKey{ProjectID: p, Scopes: rw, ExpiresAt: 2}),
		"cmem_50e1392e99a54a4c22c215eb83c948ea0fcd0c11658425d6": w.mint(memory.APIKey{ProjectID: p, Scopes: rw, RevokedAt: 2}),
	}
}

func startedSession(w *world) string {
	s, _, err := w.Capture.StartSession(w.t.Context(), memory.Caller{Key: memory.APIKey{TeamID: w.ours.ID}},
		memory.SessionInput{ProjectID: w.p.ID, ExternalSessionID: "sum"})
	if err != nil {
		w.t.Fatal(err)
	}
	return s.ID
}

func (w *world) replay(x exchange) reply {
	body := string(x.Request.Body)
	if body == "null" {
		body = ""
	}
	var plain string
	if x.Request.Headers["content-type"] == "text/plain" && json.Unmarshal(x.Request.Body, &plain) == nil {
		body = plain
	}
	return w.do(x.Request.Method, x.Request.Path, "", body, func(r *http.Request) {
		r.Header.Del("Content-Type")
		for k, v := range x.Request.Headers {
			r.Header.Set(k, v)
		}
	})
}

// sameError compares what a client acts on.
func sameError(t *testing.T, theirs, ours any) {
	t.Helper()
	a, b := theirs.(map[string]any), ours.(map[string]any)
	if a["error"] != b["error"] || a["message"] != b["message"] {
		t.Errorf("error %v %v, theirs %v %v", b["error"], b["message"], a["error"], a["message"])
	}
	was, _ := a["issues"].([]any)
	is, _ := b["issues"].([]any)
	if len(was) != len(is) {
		t.Fatalf("issues %v, theirs %v", is, was)
	}
	for i := range was {
		x, y := was[i].(map[string]any), is[i].(map[string]any)
		for _, field := range []string{"code", "path", "message"} {
			if xs, ys := text(t, map[string]any{"": x[field]}), text(t, map[string]any{"": y[field]}); xs != ys {
				t.Errorf("issue %d: %s %s, theirs %s", i, field, ys, xs)
			}
		}
	}
}

// holds checks that ours has all that theirs has, and learns which of our ids stands
// for which of theirs.
func holds(t *testing.T, at string, theirs, ours any, ids map[string]string) {
	t.Helper()
	switch x := theirs.(type) {
	case map[string]any:
		y, ok := ours.(map[string]any)
		if !ok {
			t.Errorf("%s is %v, theirs an object", at, ours)
		}
		if strings.HasSuffix(at, "metadata") || strings.HasSuffix(at, "payload") && at != "jobs.payload" {
			return // the client's own
		}
		for _, k := range slices.Sorted(maps.Keys(x)) {
			v, ok := y[k]
			if !ok && x[k] != nil {
				t.Errorf("%s has no %s, theirs is %v", at, k, x[k])
			}
			holds(t, strings.TrimPrefix(at+"."+k, "."), x[k], v, ids)
		}
	case []any:
		y, ok := ours.([]any)
		if !ok || len(x) > 0 && len(y) == 0 {
			t.Errorf("%s is %v, theirs %v", at, ours, x)
		}
		for i := range min(len(x), len(y)) {
			holds(t, at, x[i], y[i], ids)
		}
	case string:
		y, ok := ours.(string)
		if !ok {
			t.Errorf("%s is %v, theirs %q", at, ours, x)
		}
		if uuid.Validate(x) == nil && ids[x] == "" && y != x {
			ids[x] = y
		}
	case float64:
		if _, ok := ours.(float64); !ok {
			t.Errorf("%s is %v, theirs %v", at, ours, x)
		}
	}
}
