package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"claude-mem/internal/config"
	"claude-mem/providers"
	"claude-mem/providers/anthropic"
	"claude-mem/providers/chain"
	"claude-mem/providers/gemini"
	"claude-mem/providers/llm"
	"claude-mem/providers/local"
	"claude-mem/providers/openai"
)

// vendor is where the settings of a provider that asks a model stand.
type vendor struct {
	key, url, model, maxInput string // names of settings

	keyless bool // servers of one's own want no key
	open    func(name string, s served, o llm.Options) (*llm.Provider, error)
}

// input is how many tokens a prompt for the vendor's model may have.
func (v vendor) input(cfg *config.Config) int {
	return cmp.Or(cfg.Int(v.maxInput), cfg.Int(config.ProviderMaxInput))
}

// maxCallTokens is what a call of the dearest of the configured providers may cost.
func maxCallTokens(cfg *config.Config) (tokens int64) {
	for _, name := range cfg.List(config.ServerProvider) {
		if v, ok := vendors()[name]; ok {
			tokens = max(tokens, int64(v.input(cfg)+cfg.Int(config.ProviderMaxOutput)))
		}
	}
	return tokens
}

// served is a model and where it is asked.
type served struct{ url, key, model string }

func vendors() map[string]vendor {
	return map[string]vendor{
		"claude": {config.AnthropicAPIKey, config.AnthropicBaseURL, config.AnthropicModel, config.AnthropicMaxInput, false,
			func(name string, s served, o llm.Options) (*llm.Provider, error) {
				return anthropic.New(name, anthropic.Config{BaseURL: s.url, Key: s.key, Model: s.model}, o)
			}},
		"gemini": {config.GeminiAPIKey, config.GeminiBaseURL, config.GeminiModel, config.GeminiMaxInput, false,
			func(name string, s served, o llm.Options) (*llm.Provider, error) {
				return gemini.New(name, gemini.Config{BaseURL: s.url, Key: s.key, Model: s.model}, o)
			}},
		"openrouter": {config.OpenRouterAPIKey, config.OpenRouterBaseURL, config.OpenRouterModel, config.OpenRouterMaxInput, true,
			func(name string, s served, o llm.Options) (*llm.Provider, error) {
				return openai.New(name, openai.Config{BaseURL: s.url, Key: s.key, Model: s.model}, o)
			}},
	}
}

// provider makes what generates, by the settings. One that lacks something is there
// all the same and refuses: what is captured meanwhile waits for it, and a chain
// goes on to the next.
func provider(cfg *config.Config) (p providers.Provider, missing error) {
	var members []providers.Provider
	var errs []error
	for i, name := range cfg.List(config.ServerProvider) {
		m, err := member(cfg, name, i == 0)
		if err != nil {
			m = refusing{name, err}
			errs = append(errs, err)
		}
		members = append(members, m)
	}
	switch len(members) {
	case 0:
		err := fmt.Errorf("%s names no provider: set it to local, or to a list such as claude,local", config.ServerProvider)
		return refusing{"none", err}, err
	case 1:
		return members[0], errors.Join(errs...)
	}
	return chain.New(cfg.Duration(config.ProviderTimeout), members...), errors.Join(errs...)
}

// callTimeout is how long one job may be with the providers: each of a chain has the
// time for one call.
func callTimeout(cfg *config.Config) time.Duration {
	return cfg.Duration(config.ProviderTimeout) * time.Duration(max(len(cfg.List(config.ServerProvider)), 1))
}

// member makes one provider. The first may get its model from the setting for all.
func member(cfg *config.Config, name string, first bool) (providers.Provider, error) {
	v, known := vendors()[name]
	if !known {
		return local.New(), nil
	}
	s := served{url: cfg.String(v.url), key: cfg.String(v.key), model: cfg.String(v.model)}
	if first && cfg.Origin(v.model).Source == "default" {
		s.model = cmp.Or(cfg.String(config.ServerModel), s.model)
	}
	switch {
	case s.key == "" && !(v.keyless && s.url != ""):
		return nil, fmt.Errorf("the provider %s has no key: set %s, then restart", name, v.key)
	case s.model == "":
		return nil, fmt.Errorf("the provider %s has no model: set %s, then restart", name, v.model)
	}
	p, err := v.open(name, s, llm.Options{MaxInput: v.input(cfg), MaxOutput: cfg.Int(config.ProviderMaxOutput)})
	if err != nil {
		return nil, fmt.Errorf("the provider %s: %s: %w", name, v.url, err)
	}
	return p, nil
}

// refusing stands in for a provider that cannot be made.
type refusing struct {
	name string
	why  error
}

func (r refusing) Name() string { return r.name }

func (r refusing) Generate(context.Context, providers.Request) (providers.Response, error) {
	return providers.Response{Provider: r.name}, &providers.Error{Class: providers.Auth, Err: r.why}
}

// ProviderState is how one of the configured providers is set up, and, after a
// probe, whether it takes us. It holds no key.
type ProviderState struct {
	Name    string
	Model   string        // "" for the built-in one
	From    config.Origin // of the list that names it
	KeyFrom config.Origin // zero where no key is needed or set
	Err     error         // what is missing, or what the probe was told
	Took    time.Duration // of the probe
}

// prober is a provider that can be tried with one cheap call.
type prober interface {
	Probe(ctx context.Context) (model string, err error)
}

// Providers tells of the configured providers in order. With probe each is asked
// one cheap question.
func Providers(ctx context.Context, cfg *config.Config, probe bool) []ProviderState {
	names := cfg.List(config.ServerProvider)
	out := make([]ProviderState, len(names))
	for i, name := range names {
		s := ProviderState{Name: name, From: cfg.Origin(config.ServerProvider)}
		if v, ok := vendors()[name]; ok {
			s.Model = cfg.String(v.model)
			if cfg.String(v.key) != "" {
				s.KeyFrom = cfg.Origin(v.key)
			}
			if i == 0 && cfg.Origin(v.model).Source == "default" {
				s.Model = cmp.Or(cfg.String(config.ServerModel), s.Model)
			}
		}
		m, err := member(cfg, name, i == 0)
		s.Err = err
		if p, ok := m.(prober); ok && probe && err == nil {
			s.Took, s.Err = tried(ctx, cfg, p)
		}
		out[i] = s
	}
	return out
}

func tried(ctx context.Context, cfg *config.Config, p prober) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, cfg.Duration(config.ProviderTimeout))
	defer cancel()
	began := time.Now()
	_, err := p.Probe(ctx)
	return time.Since(began), err
}

// chainStates tells of the members of a chain; nil if p is none.
func chainStates(p providers.Provider) []chain.State {
	if c, ok := p.(*chain.Chain); ok {
		return c.States()
	}
	return nil
}

// providerTroubles lists what keeps this process from asking providers, though
// others may serve in their place.
func (s *system) providerTroubles() (troubles []string) {
	if err := s.parts.unready; err != nil {
		troubles = append(troubles, err.Error())
	}
	for _, m := range chainStates(s.parts.provider) {
		if m.State != "closed" && s.parts.unready == nil {
			troubles = append(troubles, "the provider "+m.Name+" is left out for a while: "+m.Failure)
		}
	}
	return troubles
}
