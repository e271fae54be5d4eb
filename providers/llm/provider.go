package llm

import (
	"cmp"
	"context"

	"claude-mem/internal/tokens"
	"claude-mem/providers"
)

// Model is one language model behind one wire format. It is safe for concurrent
// use and honours the context's deadline.
type Model interface {
	// Complete asks once, without streaming. A failure is a [*providers.Error]; the
	// token counts are valid with it too, where the call was paid for.
	Complete(ctx context.Context, c Call) (Completion, error)
}

// Call is what a model is asked.
type Call struct {
	System    string
	User      string
	MaxTokens int // of the answer
}

// Stop says why a model ended its answer.
type Stop string

// The ways to end an answer.
const (
	StopEnd    Stop = "end"    // it was done
	StopLength Stop = "length" // it reached MaxTokens
	StopFilter Stop = "filter" // a content filter or the model itself refused
)

// Completion is a model's answer.
type Completion struct {
	Text         string
	Stop         Stop
	Reasoned     bool   // it thought, whether or not it said anything
	Model        string // as the server names it; "" if it does not
	InputTokens  int64
	OutputTokens int64
}

// Options tune a provider. The zero value of a field means its default.
type Options struct {
	// Model is what to ask for; engines require it.
	Model string
	// MaxOutput is how many tokens an answer may have. Default 2,000; a summary or a
	// batch needs about 1,000.
	MaxOutput int
	// MaxInput is how many tokens a prompt may have, as [Tokens] estimates them.
	// Default 16,000.
	MaxInput int
}

const (
	defaultOutput = 2000
	defaultInput  = 16000
)

// Provider asks a model for observations. It implements providers.Provider.
type Provider struct {
	name  string
	model Model
	opts  Options
}

// New makes a provider of that name.
func New(name string, m Model, o Options) *Provider {
	o.MaxOutput = cmp.Or(o.MaxOutput, defaultOutput)
	o.MaxInput = cmp.Or(o.MaxInput, defaultInput)
	return &Provider{name: name, model: m, opts: o}
}

// Name is the provider's name in settings and on observations.
func (p *Provider) Name() string { return p.name }

// Next implements providers.Foresight.
func (p *Provider) Next() (provider, model string) { return p.name, p.opts.Model }

// Generate asks the model once. What the call cost stands in the Response, also
// with an error.
func (p *Provider) Generate(ctx context.Context, r providers.Request) (providers.Response, error) {
	call := Call{System: system(r), User: Prompt(r, p.opts.MaxInput), MaxTokens: p.opts.MaxOutput}
	c, err := p.model.Complete(ctx, call)
	out := providers.Response{
		Provider: p.name, Model: p.modelOf(c), InputTokens: max(c.InputTokens, 0), OutputTokens: max(c.OutputTokens, 0),
	}
	if err != nil {
		return out, err
	}
	if out.InputTokens == 0 && out.OutputTokens == 0 {
		// Not every server counts, and a budget has to hold with one that does not.
		out.InputTokens, out.OutputTokens = int64(tokens.Estimate(call.System)+tokens.Estimate(call.User)), int64(tokens.Estimate(c.Text))
	}
	a := Classify(c, r)
	if err := a.err(); err != nil {
		return out, err
	}
	out.Observations, out.Skipped = a.Drafts, a.Reason
	return out, nil
}

// modelOf is the model that answered, as far as the server tells.
func (p *Provider) modelOf(c Completion) string {
	return cmp.Or(bounded(c.Model, maxModel), p.opts.Model)
}

// Probe makes the cheapest call there is, to see whether the provider takes us.
func (p *Provider) Probe(ctx context.Context) (model string, err error) {
	c, err := p.model.Complete(ctx, Call{System: "Answer with one word.", User: "Say: ready", MaxTokens: 16})
	return p.modelOf(c), err
}
