// Package local is the built-in provider: rules that turn what an agent did into
// observations, with no network, no key and no model. The same request always
// gives the same answer.
//
// The way of one event:
//
//   - payload.go reads it as a [step]: a prompt, a message or a tool call, whatever
//     the host calls its tools (tool.go) and however it nests the result (flatten.go).
//   - event.go sends the step to the rule for its class: edit.go, run.go, message.go,
//     web.go, agent.go, mcp.go, decision.go.
//   - A rule answers with a draft, or with the reason why there is nothing to
//     remember: reading and looking around are not memories, and neither is a check
//     that passed as it always does, or tests where none had failed.
//
// What the rules stand on:
//
//   - Edits: change.go and patch.go find the lines, diff.go compares them, symbol.go
//     and within.go find names, comment.go and line.go what lines say; describe.go
//     puts it into words.
//   - Commands: shell.go takes the line apart, command.go and tasks.go say what each
//     part is for, outcome.go and lines.go read the output; failure.go, git.go,
//     forge.go, files.go and install.go put it into words.
//   - Messages: markdown.go, nested.go and prose.go sort what an answer says, title.go
//     and vague.go choose what it is called by.
//   - Prompts: ask.go and wish.go read what the user wanted.
//
// session.go, summary.go and next.go tell a whole session from the same steps, batch.go
// several events at once.
//
// Kinds are chosen by evidence: what the diff does, and the words of the prompt it
// was done for. Every field is bounded (see text.go).
package local

import (
	"context"
	"slices"

	"claude-mem/memory"
	"claude-mem/providers"
)

// Name is what the provider is called in settings and on observations.
const Name = "local"

// model stands in for a model's name on what this provider wrote. It changes when
// the rules change so much that re-generating would be worth it.
const model = "rules-1"

// Provider is the rule-based provider. It has no state and is safe for concurrent use.
type Provider struct{}

// New makes the provider.
func New() *Provider { return &Provider{} }

// Name is the provider's name in settings.
func (*Provider) Name() string { return Name }

// Free implements providers.Free: rules cost nothing.
func (p *Provider) Free() (providers.Provider, bool) { return p, true }

// Generate makes observations of the request's events. It costs well under a
// millisecond an event and fails only when ctx is done, as providers.Transient.
func (p *Provider) Generate(ctx context.Context, r providers.Request) (providers.Response, error) {
	out := providers.Response{Provider: Name, Model: model}
	if err := ctx.Err(); err != nil {
		return out, &providers.Error{Class: providers.Transient, Err: err}
	}
	var notes []note
	if r.Kind == memory.KindSummary {
		notes = []note{summarize(r)}
	} else {
		notes = observe(r)
	}
	for _, n := range notes {
		if n.skip != "" {
			if out.Skipped == "" {
				out.Skipped = n.skip
			}
			continue
		}
		if r.Kind != memory.KindSummary && slices.Contains(r.Recent, n.draft.Metadata.Title) {
			out.Skipped = "repeats what the session remembers already"
			continue
		}
		n.draft.Metadata.Provider, n.draft.Metadata.Model = Name, model
		out.Observations = append(out.Observations, n.draft)
	}
	if len(out.Observations) > 0 {
		out.Skipped = ""
	} else if out.Skipped == "" {
		out.Skipped = "no events"
	}
	return out, nil
}

// note is what a rule says of an event: a draft, or the reason for none.
type note struct {
	draft providers.Draft
	skip  string
}

// skipped is the note of an event that is not worth remembering.
func skipped(reason string) note { return note{skip: reason} }

// remembered is the note of one that is; it brings every field into its bounds.
func remembered(kind string, m memory.Metadata) note {
	bound(&m)
	if m.Title == "" {
		return skipped("says nothing")
	}
	return note{draft: providers.Draft{Kind: kind, Metadata: m}}
}
