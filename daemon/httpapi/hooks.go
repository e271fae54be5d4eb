package httpapi

import (
	"path/filepath"

	"claude-mem/capture"
	"claude-mem/memory"
	"claude-mem/recall"
)

// ContextLimits bound what hooks are given to hand to a model; 0 is none of it.
type ContextLimits struct {
	Tokens       int // of a session's context
	Sessions     int // summaries in it
	Observations int // lines of its index
	Prompt       int // memories for a prompt
}

// postHook is the one request that a hook makes: it tells, and it is told. An agent
// waits meanwhile, so what can fail after the record is stored must not fail it.
func (a *API) postHook(r *request) (answer, error) {
	var in memory.HookRecord
	if err := r.decode(&in); err != nil {
		return answer{}, err
	}
	out, err := a.Capture.Hook(r.Context(), r.caller, in)
	if err != nil {
		return answer{}, err
	}
	if in.Want != (memory.HookContext{}) && r.caller.Key.Allows(memory.ScopeObservationsRead) {
		text, err := a.hookContext(r, in, out.SessionID)
		if err != nil {
			a.Log.ErrorContext(r.Context(), "no context for a hook", "requestId", r.caller.RequestID, "err", err)
		}
		out.Context = text
	}
	return ok(out)
}

// hookContext makes the text that the record wants.
func (a *API) hookContext(r *request, in memory.HookRecord, sessionID string) (string, error) {
	ctx := r.Context()
	p, err := a.Capture.ResolveProject(ctx, r.caller, in.Project, capture.Hook)
	if err != nil {
		return "", err
	}
	var told recall.Context
	switch want := in.Want; {
	case want.Session && a.Limits.Tokens > 0:
		told, err = a.Recall.SessionContext(ctx, p.Scope(), a.sessionLimits())
	case want.Prompt != "" && a.Limits.Prompt > 0:
		told, err = a.Recall.PromptContext(ctx, p.Scope(), recall.PromptInput{Prompt: want.Prompt, Limit: a.Limits.Prompt})
	case want.File != "" && !a.told.has(sessionID, want.File):
		file := recall.FileInput{Path: want.File}
		if filepath.IsAbs(p.Name) { // hooks name a project by its root
			file.Root = p.Name
		}
		if told, err = a.Recall.FileContext(ctx, p.Scope(), file); told.Text != "" {
			a.told.add(sessionID, want.File)
		}
	}
	if told.Text != "" {
		noteObservations(a, r, "hook", p.Scope(), told.Observations, observationID)
	}
	return told.Text, err
}

// sessionLimits are the limits in recall's words, where 0 is the default and a
// negative number is none.
func (a *API) sessionLimits() recall.SessionContextInput {
	orNone := func(n int) int {
		if n == 0 {
			return -1
		}
		return n
	}
	return recall.SessionContextInput{
		TokenBudget: a.Limits.Tokens, Sessions: orNone(a.Limits.Sessions), Observations: orNone(a.Limits.Observations),
	}
}
