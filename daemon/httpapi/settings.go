package httpapi

import "claude-mem/client"

// patchProject changes what a project wants of generation.
func (a *API) patchProject(r *request) (answer, error) {
	var in client.ProjectChange
	if err := r.decode(&in); err != nil {
		return answer{}, err
	}
	p, err := a.Capture.SetGeneration(r.Context(), r.caller, r.params.ByName("id"), in.Generation)
	if err != nil {
		return answer{}, missing(err, "Project not found")
	}
	return ok(client.ProjectAnswer{Project: p})
}
