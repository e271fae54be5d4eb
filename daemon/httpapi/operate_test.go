package httpapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"claude-mem/client"
	"claude-mem/memory"
	"claude-mem/storage"
)

func httpRequest(t testing.TB) *http.Request {
	return httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
}

// owed stores an event and returns its job.
func (w *world) owed(source string) memory.Job {
	w.t.Helper()
	ev := into[client.EventResult](w.do("POST", "/v1/events", w.key, w.event(map[string]any{"sourceEventId": source})).want(201))
	j, err := w.store.Job(w.t.Context(), w.p.Scope(), ev.GenerationJob.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return j
}

// leased takes the job as a worker does.
func (w *world) leased(j memory.Job) {
	w.t.Helper()
	now := memory.Now()
	w.tx(func(tx storage.Tx) error {
		_, err := tx.LeaseJob(w.t.Context(), j.ID, "worker", now, now+60_000)
		return err
	})
}

// finished ends the worker's attempt.
func (w *world) finished(j memory.Job, o storage.Outcome) error {
	o.At = memory.Now()
	return w.store.InTx(w.t.Context(), func(tx storage.Tx) error {
		_, err := tx.FinishJob(w.t.Context(), j.ID, "worker", o)
		return err
	})
}

func TestRetryAndCancelByState(t *testing.T) {
	completed := storage.Outcome{Status: memory.JobCompleted, Result: "observations"}
	failed := storage.Outcome{Status: memory.JobFailed, LastError: "no luck"}
	w := newWorld(t, nil)
	finish := func(o storage.Outcome) func(memory.Job) {
		return func(j memory.Job) {
			w.leased(j)
			if err := w.finished(j, o); err != nil {
				t.Fatal(err)
			}
		}
	}
	cancel := func(j memory.Job) { w.do("POST", "/v1/jobs/"+j.ID+"/cancel", w.key, "").want(200) }
	for _, c := range []struct {
		name, verb string
		bring      func(memory.Job) // into the state
		status     int
		says       string
		after      memory.JobStatus
	}{
		{"queued", "retry", func(memory.Job) {}, 200, `"retriedCount":0,"alreadyQueued":true`, memory.JobQueued},
		{"processing", "retry", w.leased, 409, "Generation job is currently processing; cancel or wait for completion before retrying", memory.JobProcessing},
		{"completed", "retry", finish(completed), 409, "Generation job already completed; retrying would duplicate observations", memory.JobCompleted},
		{"failed", "retry", finish(failed), 200, `"retriedCount":1,"alreadyQueued":false`, memory.JobQueued},
		{"cancelled", "retry", cancel, 200, `"retriedCount":1,"alreadyQueued":false`, memory.JobQueued},
		{"queued", "cancel", func(memory.Job) {}, 200, `"alreadyCancelled":false`, memory.JobCancelled},
		{"processing", "cancel", w.leased, 200, `"alreadyCancelled":false`, memory.JobCancelled},
		{"completed", "cancel", finish(completed), 409, "Generation job already completed; cannot cancel", memory.JobCompleted},
		{"failed", "cancel", finish(failed), 200, `"alreadyCancelled":false`, memory.JobCancelled},
		{"cancelled", "cancel", cancel, 200, `"alreadyCancelled":true`, memory.JobCancelled},
	} {
		t.Run(c.verb+" "+c.name, func(t *testing.T) {
			j := w.owed(c.verb + c.name)
			c.bring(j)
			got := w.do("POST", "/v1/jobs/"+j.ID+"/"+c.verb, w.key, "")
			if got.Code != c.status || !strings.Contains(got.Body.String(), c.says) {
				t.Errorf("%d %s", got.Code, got.Body)
			}
			now, err := w.store.Job(t.Context(), w.p.Scope(), j.ID)
			if err != nil || now.Status != c.after {
				t.Errorf("is %s afterwards, %v", now.Status, err)
			}
			action := map[string]string{"retry": memory.AuditJobRetried, "cancel": memory.AuditJobCancelled}[c.verb]
			log := w.audited(action)
			mine := len(log) > 0 && string(log[0].RequestID) == got.Header().Get("X-Request-Id")
			if mine != (c.status == 200) || mine && (string(log[0].ResourceID) != j.ID || !strings.Contains(string(log[0].Details), `"generationJobId":"`+j.ID)) {
				t.Errorf("audit %+v", log)
			}
		})
	}
}

// Whoever works on a job writes nothing any more after a cancel, a retry or a purge.
func TestNothingIsWrittenAfterACancel(t *testing.T) {
	w := newWorld(t, nil)
	for name, end := range map[string]func(memory.Job){
		"cancel": func(j memory.Job) { w.do("POST", "/v1/jobs/"+j.ID+"/cancel", w.key, "").want(200) },
		"cancel and retry": func(j memory.Job) {
			w.do("POST", "/v1/jobs/"+j.ID+"/cancel", w.key, "").want(200)
			w.do("POST", "/v1/jobs/"+j.ID+"/retry", w.key, "").want(200)
		},
		"purge": func(memory.Job) { w.do("DELETE", "/v1/projects/"+w.p.ID+"/memory", w.key, "").want(200) },
	} {
		j := w.owed(name)
		w.leased(j)
		end(j)
		if err := w.finished(j, storage.Outcome{Status: memory.JobCompleted, Result: "observations"}); memory.CodeOf(err) != memory.CodeConflict {
			t.Errorf("after a %s the worker finishes: %v", name, err)
		}
	}
}

func TestJobsOfTeamAndProject(t *testing.T) {
	w := newWorld(t, nil)
	j := w.owed("one")
	bound := w.mint(memory.APIKey{Scopes: []string{memory.ScopeAll}, ProjectID: memory.Opt(w.q.ID)})
	admin := w.mint(memory.APIKey{Scopes: []string{memory.ScopeAdmin}})
	reader := w.mint(memory.APIKey{Scopes: []string{memory.ScopeJobsRead}})
	team, project := "/v1/teams/"+w.ours.ID+"/jobs", "/v1/projects/"+w.p.ID+"/jobs"
	for _, c := range []struct {
		path, key string
		status    int
		total     int64
	}{
		{team, reader, 200, 1},
		{project, reader, 200, 1},
		{"/v1/projects/" + w.q.ID + "/jobs", reader, 200, 0},
		{team, bound, 200, 0},
		{project, bound, 404, 0},
		{"/v1/teams/" + w.theirs.ID + "/jobs", reader, 404, 0},
		{"/v1/projects/" + w.foreign.ID + "/jobs", reader, 404, 0},
		{team + "?status=failed", reader, 200, 0},
		{project + "?status=queued&source_type=agent_event&limit=1", reader, 200, 1},
		{team + "?include=payload", reader, 403, 0},
		{project + "?include=payload", admin, 200, 1},
	} {
		got := w.do("GET", c.path, c.key, "").want(c.status)
		if c.status == 200 && into[client.JobList](got).Total != c.total {
			t.Errorf("%s: %s", c.path, got.Body)
		}
		if shows := strings.Contains(got.Body.String(), `"generation_job_id":"`+j.ID); shows != (c.key == admin) {
			t.Errorf("%s: payload %v: %s", c.path, shows, got.Body)
		}
	}
}
