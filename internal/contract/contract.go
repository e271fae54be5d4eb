// Package contract replays, for tests, what the original server was asked, and
// compares what ours answers with what it answered. The recorded cases are files
// outside the repository (see internal/recorded); this package knows in which order
// each finds what it refers to, and where ours answers otherwise on purpose.
package contract

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Version is the version of the original whose answers are compared with.
const Version = "13.25.3"

// Case is one recorded exchange.
type Case struct {
	Name   string
	Worker bool // it needs somebody to generate
	Idle   bool // it needs a server where nobody does
	// Status is ours where it is not the recorded one, and Why says why.
	Status int
	Why    string
	// Solo is the status of a person's own daemon, where that is another again.
	Solo int
}

// Cases lists the cases in the order in which they are to be replayed.
func Cases() []Case {
	var all []Case
	add := func(worker bool, names string) {
		for _, name := range strings.Fields(names) {
			all = append(all, Case{Name: name, Worker: worker})
		}
	}
	add(false, `
		sessions_start_first sessions_start_repeat sessions_start_minimal sessions_start_empty_body sessions_start_missing_auth
		sessions_start_wrong_scope sessions_get sessions_get_404
		events_plain events_repeat_same_sourceEventId events_minimal events_generate_false events_with_request_id
		events_identical_body_again events_identical_body_again2 events_lowercase_bearer events_x_api_key_header
		events_wait_true_generate_false events_basic_auth events_body_array events_cross_project_key events_expired_key
		events_revoked_key events_invalid_body events_invalid_key events_invalid_occurredAt events_invalid_query
		events_invalid_sourceType events_missing_auth events_no_body events_text_plain events_unknown_project
		events_unknown_session events_wrong_scope
		batch_ok batch_generate_false batch_duplicates_inside batch_empty batch_not_array batch_one_invalid
		batch_one_unknown_session batch_mixed_project batch_mixed_project_team_key
		event_get event_get_404 event_get_ro_key event_observations_404 get_on_events
		job_get job_get_404 jobs_list jobs_list_bad_filters jobs_list_include_payload_admin
		jobs_list_include_payload_forbidden team_jobs team_jobs_other project_jobs_other
		job_cancel_wrong_scope job_cancel_404 job_retry_404`)
	for _, name := range []string{"jobs_list_filters", "job_retry_queued_noop", "job_cancel_again", "job_retry_cancelled"} {
		all = append(all, Case{Name: name, Idle: true})
	}
	add(false, `
		memories_create memories_minimal memories_invalid memories_unknown_session memories_wrong_scope
		search_ok search_none search_invalid search_cross_project_key search_ro_key context_invalid_limit
		session_end_with_worker session_end_repeat session_end_404 session_get_after_end
		compat_observations compat_observations_invalid compat_observations_missing_auth compat_observations_team_key
		compat_summarize compat_summarize_invalid compat_summarize_subagent compat_summarize_unknown_session
		worker_only_api_sessions_init unknown_route unknown_route_noauth options_events api_version
		newer_connect newer_usage`)
	add(true, `events_wait_true_with_worker batch_wait_true_with_worker job_get_completed job_cancel_completed_409`)
	return append(all,
		Case{Name: "sessions_start_unknown_project_team_key", Solo: 201, Why: "a person's own daemon makes the project that a client names"},
		Case{Name: "sessions_get_other_project_key", Status: 404, Why: existence},
		Case{Name: "session_end_cross_project_key", Status: 404, Why: existence},
		Case{Name: "newer_project_purge_404", Status: 404, Why: existence},
	)
}

// For is the case as a person's own daemon answers it, or a server.
func (c Case) For(solo bool) Case {
	if solo && c.Solo != 0 {
		c.Status = c.Solo
	}
	return c
}

const existence = "a resource that is looked up by its id must not tell a foreign key that it is there"

// Left lists what was recorded and is not replayed, with the reason.
func Left() map[string]string {
	const asks = "it asks about the machine it ran on; the shape is held to the document of the API"
	const made = "its answer is what a stub model wrote"
	return map[string]string{
		"healthz": asks, "api_health": asks, "api_readiness": asks, "v1_info": asks, "v1_info_with_worker": asks, "v1_info_with_request_id": asks,
		"context_generated": made, "event_observations_generated": made, "search_generated": made, "summary_job_after": made,
		"events_wait_true_private":          made,
		"events_wait_true_no_worker":        "it takes 30 s, and is tested with a shorter limit",
		"batch_501":                         "the recording holds the first of its events only; the limit is tested",
		"search_operators":                  "nothing in a query is syntax here: OR and - are words",
		"search_stopwords":                  "a query of words that say nothing finds what holds them, rather than nothing",
		"api_admin_shutdown_noauth_OPTIONS": "there is no such route; a browser's question before a request is refused",
		"mcp_stdio":                         "it is of the command line",
	}
}

// Exchange is one question and its answer.
type Exchange struct {
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

// Text is the request's body as it was sent; "" for none.
func (x Exchange) Text() string {
	body := string(x.Request.Body)
	if body == "null" {
		return ""
	}
	var plain string
	if x.Request.Headers["content-type"] == "text/plain" && json.Unmarshal(x.Request.Body, &plain) == nil {
		return plain
	}
	return body
}

// Names maps what stands in the recordings to what stands for it in our server:
// ids and keys.
type Names map[string]string

// Load reads a case from the folder of recordings, with our names for theirs.
func Load(dir string, c Case, names Names) (x Exchange, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, Version, c.Name+".json"))
	if err != nil {
		return x, err
	}
	text := string(raw)
	for theirs, ours := range names {
		text = strings.ReplaceAll(text, theirs, ours)
	}
	if err := json.Unmarshal([]byte(text), &x); err != nil {
		return x, fmt.Errorf("%s: %w", c.Name, err)
	}
	return x, nil
}
