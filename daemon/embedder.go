package daemon

import (
	"fmt"

	"claude-mem/internal/config"
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

// newRecall makes what answers questions, by meaning too if there is a model.
func (p *parts) newRecall() *recall.Recall {
	r := recall.New(p.store)
	if p.embedder != nil {
		r.WithMeaning(meaning.New(p.store, p.embedder))
	}
	return r
}

// embeddingModel is the name of the model, "" if there is none.
func embeddingModel(cfg *Config) string {
	if cfg.String(config.EmbeddingsURL) == "" {
		return ""
	}
	return cfg.String(config.EmbeddingsModel)
}
