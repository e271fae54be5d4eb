package daemon

import (
	"context"
	"fmt"
	"net/url"

	"claude-mem/internal/config"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/providers/embeddings"
	"claude-mem/recall"
	"claude-mem/recall/meaning"
)

// newEmbedder makes what asks the embedding model, or nil if there is none.
func newEmbedder(cfg *Config) (providers.Embedder, error) {
	c := embeddings.Config{
		URL: cfg.String(config.EmbeddingsURL), Model: cfg.String(config.EmbeddingsModel), Key: cfg.String(config.EmbeddingsKey),
	}
	if c.URL == "" {
		return nil, nil //nolint:nilnil // nothing is wrong, and there is none
	}
	e, err := embeddings.New(c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", config.EmbeddingsURL, err)
	}
	return e, nil
}

// EmbeddingState tells of the embedding model as Providers does of providers; ok is false
// where none is configured.
func EmbeddingState(ctx context.Context, cfg *config.Config, probe bool) (s ProviderState, ok bool) {
	e, err := newEmbedder(cfg)
	if e == nil && err == nil {
		return ProviderState{}, false
	}
	name := "an address that is none"
	if u, err := url.Parse(cfg.String(config.EmbeddingsURL)); err == nil {
		name = u.Redacted()
	}
	s = ProviderState{Name: name, Model: cfg.String(config.EmbeddingsModel), From: cfg.Origin(config.EmbeddingsURL), Err: err}
	if cfg.String(config.EmbeddingsKey) != "" {
		s.KeyFrom = cfg.Origin(config.EmbeddingsKey)
	}
	if p, can := e.(prober); can && probe && err == nil {
		s.Took, s.Err = tried(ctx, cfg, p)
	}
	return s, true
}

// newRecall makes what answers questions, by meaning too if there is a model.
func (p *parts) newRecall(cfg *Config) *recall.Recall {
	r := recall.New(p.store)
	if p.embedder != nil {
		r.WithMeaning(p.newIndex(cfg))
	}
	return r
}

// newIndex makes what finds by meaning. What its questions cost is counted, and where a
// budget is used up they go by words alone.
func (p *parts) newIndex(cfg *Config) *meaning.Index {
	o := meaning.Options{
		Asked: func(s memory.Scope, tokens int64) { p.api.Count(providers.EmbeddingUsage(p.embedder, s, tokens)) },
		Full: func(s memory.Scope) {
			p.log.Warn("a project has more vectors than are searched: its oldest memories are found by words only", "project", s.ProjectID)
		},
	}
	if !p.embedder.Free() {
		b := budgets(cfg)
		o.May = func(ctx context.Context, s memory.Scope) bool {
			room, err := b.Room(ctx, p.store, s)
			return room && err == nil
		}
	}
	return meaning.New(p.store, p.embedder, o)
}

// embeddingModel is the name of the model, "" if there is none.
func embeddingModel(cfg *Config) string {
	if cfg.String(config.EmbeddingsURL) == "" {
		return ""
	}
	return cfg.String(config.EmbeddingsModel)
}
