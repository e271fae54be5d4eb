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
	PromptTokens int // of the text with them
	PromptShare  int // percent of its telling words that one has to hold; 0 is any
	File         int // memories of a file
	FileTokens   int // of the text with them
	// Kinds are the kinds of observation that are told; empty means all.
	Kinds []string
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

// hookContext makes the text that the record wants. Of what it tells the session
// hears once.
func (a *API) hookContext(r *request, in memory.HookRecord, sessionID string) (string, error) {
	ctx := r.Context()
	p, err := a.Capture.ResolveProject(ctx, r.caller, in.Project, capture.Hook)
	if err != nil {
		return "", err
	}
	heard := func(number int64) bool { return a.told.has(toldThing{session: sessionID, number: number}) }
	var text recall.Context
	switch want := in.Want; {
	case want.Session && a.Limits.Tokens > 0:
		if !want.Resumed {
			a.told.forget(sessionID)
		}
		text, err = a.Recall.SessionContext(ctx, p.Scope(), a.sessionLimits(p, want.Tree))
	case want.Prompt != "" && a.Limits.Prompt > 0 && a.Limits.PromptTokens > 0:
		text, err = a.Recall.PromptContext(ctx, p.Scope(), recall.PromptInput{
			Prompt: want.Prompt, Session: sessionID, Limit: a.Limits.Prompt, TokenBudget: a.Limits.PromptTokens,
			Threshold: orNone(a.Limits.PromptShare), Kinds: a.Limits.Kinds, Disk: a.disk(p), Told: heard,
		})
	case want.File != "" && a.Limits.File > 0 && a.Limits.FileTokens > 0 && !a.told.has(toldThing{session: sessionID, file: want.File}):
		file := recall.FileInput{
			Path: want.File, Limit: a.Limits.File, TokenBudget: a.Limits.FileTokens,
			Kinds: a.Limits.Kinds, Disk: a.disk(p), Told: heard,
		}
		if filepath.IsAbs(p.Name) { // hooks name a project by its root
			file.Root = p.Name
		}
		if text, err = a.Recall.FileContext(ctx, p.Scope(), file); text.Text != "" {
			a.told.add(toldThing{session: sessionID, file: want.File})
		}
	}
	for _, o := range text.Observations {
		a.told.add(toldThing{session: sessionID, number: o.Number})
	}
	if text.Text != "" {
		noteObservations(a, r, "hook", p.Scope(), text.Observations, observationID)
	}
	return text.Text, err
}

// disk is the folder of the project's files, if they are on this machine.
func (a *API) disk(p memory.Project) string {
	if a.LocalFiles && filepath.IsAbs(p.Name) {
		return p.Name
	}
	return ""
}

// orNone is a limit in recall's words, where 0 is the default and a negative number
// is none.
func orNone(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

// sessionLimits are the limits of a session's context. tree may be nil.
func (a *API) sessionLimits(p memory.Project, tree *memory.WorkingTree) recall.SessionContextInput {
	in := recall.SessionContextInput{
		TokenBudget: a.Limits.Tokens, Sessions: orNone(a.Limits.Sessions), Observations: orNone(a.Limits.Observations),
		Kinds: a.Limits.Kinds, Disk: a.disk(p),
	}
	if tree != nil {
		in.Tree = *tree
	}
	return in
}
