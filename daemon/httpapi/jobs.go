package httpapi

import (
	"claude-mem/client"
	"claude-mem/memory"
	"claude-mem/storage"
)

func (a *API) getJob(r *request) (answer, error) {
	j, err := a.Store.Job(r.Context(), r.caller.Scope(), r.params.ByName("id"))
	if err != nil {
		return answer{}, missing(err, "Generation job not found")
	}
	return ok(client.JobAnswer{GenerationJob: j})
}

// jobList is client.JobList with the payloads that an administrator may ask for.
type jobList struct {
	client.JobList
	Jobs []listedJob `json:"jobs"`
}

type listedJob struct {
	memory.Job
	Payload *jobPayload `json:"payload,omitempty"`
}

// jobPayload is the job's message, with the event's id under its own name.
type jobPayload struct {
	memory.Message
	EventID memory.Opt `json:"agent_event_id"`
}

func (a *API) listJobs(r *request) (answer, error) { return a.jobsIn(r, r.caller.Scope(), "jobs_list") }

// listTeamJobs knows but one team: the key's.
func (a *API) listTeamJobs(r *request) (answer, error) {
	if r.params.ByName("id") != r.caller.Key.TeamID {
		return answer{}, memory.Errorf(memory.CodeNotFound, "Team not found")
	}
	return a.jobsIn(r, r.caller.Scope(), "team_jobs")
}

func (a *API) listProjectJobs(r *request) (answer, error) {
	p, err := a.Store.Project(r.Context(), r.caller.Scope(), r.params.ByName("id"))
	if err != nil {
		return answer{}, missing(err, "Project not found")
	}
	return a.jobsIn(r, p.Scope(), "project_jobs")
}

// jobsIn takes filters as the original does: one that makes no sense is ignored.
func (a *API) jobsIn(r *request, s memory.Scope, mode string) (answer, error) {
	q := r.query()
	withPayload := q.Get("include") == "payload"
	// It names the keys and actors behind jobs, which is nobody else's business.
	if withPayload && !r.caller.Key.Allows(memory.ScopeAdmin) {
		return answer{}, memory.Errorf(memory.CodeForbidden, "`include=payload` requires admin scope")
	}
	f := storage.JobFilter{SourceType: q.Get("source_type"), Since: q.time("since")}
	switch s := memory.JobStatus(q.Get("status")); s {
	case memory.JobQueued, memory.JobProcessing, memory.JobCompleted, memory.JobFailed, memory.JobCancelled:
		f.Status = s
	}
	page := storage.Page{Limit: q.int("limit", 50, 1, 200), Offset: q.int("offset", 0, 0, 1<<31-1)}
	jobs, total, err := a.Store.Jobs(r.Context(), s, f, page)
	if err != nil {
		return answer{}, err
	}
	out := jobList{Jobs: make([]listedJob, len(jobs))}
	out.Total, out.Limit, out.Offset, out.RequestID = total, page.Limit, page.Offset, r.caller.RequestID
	for i, j := range jobs {
		out.Jobs[i].Job = j
		if withPayload {
			out.Jobs[i].Payload = &jobPayload{j.Message(), j.EventID}
		}
	}
	a.noteRead(r, mode, s, len(jobs))
	return ok(out)
}

func (a *API) retryJob(r *request) (answer, error) {
	j, already, err := a.Capture.RetryJob(r.Context(), r.caller, r.params.ByName("id"))
	if err != nil {
		return answer{}, missing(err, "Generation job not found")
	}
	return ok(client.JobRetried{GenerationJob: j, RetriedCount: j.Retries, AlreadyQueued: already, RequestID: r.caller.RequestID})
}

func (a *API) cancelJob(r *request) (answer, error) {
	j, already, err := a.Capture.CancelJob(r.Context(), r.caller, r.params.ByName("id"))
	if err != nil {
		return answer{}, missing(err, "Generation job not found")
	}
	return ok(client.JobCancelled{GenerationJob: j, AlreadyCancelled: already, RequestID: r.caller.RequestID})
}
