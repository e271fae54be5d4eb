package daemon

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/memory"
)

// ask sends a request under an id of its own.
func (r *running) ask(method, path, requestID, body string) int {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.URL()+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Request-Id", requestID)
	cfg, err := config.Load(config.Options{Environ: []string{config.DataDir + "=" + r.cfg.Dirs.Data}})
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("X-Api-Key", cfg.String(config.ServerAPIKey))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// The log tells the story of one request, from HTTP to the observation made of it.
func TestTheStoryOfARequest(t *testing.T) {
	r := start(t, settings(t))
	const story = "story-1"
	body := `{"projectId":"/src/p","contentSessionId":"c","sourceType":"hook","eventType":"tool_use","occurredAtEpoch":1795399000000,
		"payload":{"tool_name":"Edit","tool_input":{"file_path":"/src/p/retry.go","old_string":"return nil","new_string":"return errRetryBudget"}}}`
	if status := r.ask("POST", "/v1/events?wait=true", story, body); status != http.StatusCreated {
		t.Fatalf("status %d", status)
	}
	log, err := r.client().Audit(t.Context(), client.AuditFilter{RequestID: story})
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	jobs := make(map[string]bool)
	for _, e := range slices.Backward(log.Audit) {
		actions = append(actions, e.Action)
		var d struct{ RequestID, GenerationJobID string }
		if err := json.Unmarshal(e.Details, &d); err != nil || d.RequestID != story {
			t.Errorf("%s: details %s", e.Action, e.Details)
		}
		if e.ActorID == "" || e.APIKeyID == "" || e.RequestID != story || e.ResourceID == "" {
			t.Errorf("%s: %+v", e.Action, e)
		}
		if e.Action != memory.AuditSessionWrite && e.Action != memory.AuditProjectCreate {
			jobs[d.GenerationJobID] = true
		}
	}
	// Those of one transaction have one time.
	slices.Sort(actions)
	want := []string{
		memory.AuditEventReceived, memory.AuditJobCompleted, memory.AuditJobProcessing, memory.AuditObservationMade,
		memory.AuditProjectCreate, memory.AuditSessionWrite,
	}
	if !slices.Equal(actions, want) {
		t.Errorf("the story is %v", actions)
	}
	if len(jobs) != 1 || jobs[""] {
		t.Errorf("it tells of the jobs %v", jobs)
	}
}

// Keys that come and go by the command line are in the log as well.
func TestKeysAreAudited(t *testing.T) {
	s := settings(t)
	r := start(t, s)
	k, err := CreateKey(t.Context(), load(t, s), KeyRequest{Name: "ci", Scopes: []string{memory.ScopeMemoriesRead}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := RevokeKey(t.Context(), load(t, s), "", k.ID); err != nil {
		t.Fatal(err)
	}
	log, err := r.client().Audit(t.Context(), client.AuditFilter{ResourceID: k.ID})
	if err != nil || len(log.Audit) != 2 || log.Audit[0].Action != memory.AuditKeyRevoke || log.Audit[1].Action != memory.AuditKeyCreate || log.Audit[0].ActorID == "" {
		t.Errorf("audit %+v, %v", log.Audit, err)
	}
}

// What requests leave to be written later is there after a stop.
func TestReadsAreAuditedBeforeTheEnd(t *testing.T) {
	s := settings(t)
	r := start(t, s)
	if status := r.ask("GET", "/v1/jobs", "last-read", ""); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	r.end()
	log, err := start(t, s).client().Audit(t.Context(), client.AuditFilter{RequestID: "last-read"})
	if err != nil || len(log.Audit) != 1 {
		t.Errorf("audit %+v, %v", log.Audit, err)
	}
}
