package httpapi

import (
	"claude-mem/client"
	"claude-mem/memory"
)

// patchProject changes what a project wants of generation. What is misspelt is refused: it
// would take away what it meant to change.
func (a *API) patchProject(r *request) (answer, error) {
	data, err := r.readJSON()
	if err != nil {
		return answer{}, err
	}
	var in struct {
		Generation *memory.GenerationSettings `json:"generation"`
	}
	if err := decodeObject(data, &in); err != nil {
		return answer{}, err
	}
	if in.Generation == nil {
		return answer{}, issue("invalid_type", "Invalid input: expected object, received undefined", "generation")
	}
	if err := memory.ValidateGeneration(data); err != nil {
		return answer{}, err
	}
	p, err := a.Capture.SetGeneration(r.Context(), r.caller, r.params.ByName("id"), *in.Generation)
	if err != nil {
		return answer{}, missing(err, "Project not found")
	}
	return ok(client.ProjectAnswer{Project: p})
}
