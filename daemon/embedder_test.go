package daemon

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/memory"
)

// embeddingsServer answers as a model would that knows cars and bananas.
func embeddingsServer(t *testing.T, away *atomic.Bool) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Input []string `json:"input"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || away.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		type item struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		}
		var data []item
		for i, text := range in.Input {
			v := []float32{0, 1}
			if strings.Contains(text, "automobile") || strings.Contains(text, "car") {
				v = []float32{1, 0}
			}
			data = append(data, item{i, v})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": data, "usage": map[string]int{"prompt_tokens": 7 * len(in.Input)}})
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/v1"
}

func TestSearchByMeaningFromEndToEnd(t *testing.T) {
	var away atomic.Bool
	s := settings(t)
	before := start(t, s) // without a model
	c := before.client()
	remember := func(content string) string {
		o, err := c.Remember(t.Context(), client.MemoryRequest{ProjectID: "/src/p", Content: content})
		if err != nil {
			t.Fatal(err)
		}
		return o.ProjectID
	}
	project := remember("The automobile is in the garage")
	if got, err := c.Reindex(t.Context(), project); err != nil || got.Model != "" || got.Observations != 1 {
		t.Errorf("reindex without a model: %+v, %v", got, err)
	}
	before.end()

	s[config.EmbeddingsURL], s[config.EmbeddingsModel] = embeddingsServer(t, &away), "m"
	c = start(t, s).client()
	remember("Bananas are yellow")
	indexed := func(n int64) func() bool {
		return func() bool {
			got, err := c.Indexed(t.Context(), project)
			return err == nil && got.Indexed == n && got.Observations == 2 && got.Model == "m"
		}
	}
	eventually(t, "the new memory is indexed", indexed(1))
	if _, err := c.Reindex(t.Context(), project); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the old one is, too", indexed(2))
	found, err := c.Search(t.Context(), client.SearchRequest{ProjectID: project, Query: "where is my car"})
	if err != nil || found.Semantic != "on" || len(found.Observations) == 0 || !strings.Contains(found.Observations[0].Content, "automobile") {
		t.Errorf("found %+v, %v", found, err)
	}
	eventually(t, "what the model read is in the ledger", func() bool {
		used, err := c.Usage(t.Context(), client.UsageFilter{By: "kind", Kind: memory.UsageEmbeddingFree})
		return err == nil && len(used.Rows) == 1 && used.Rows[0].Provider == "embeddings" && used.Rows[0].Model == "m" &&
			used.Rows[0].Calls == 3 && used.Rows[0].InputTokens == 21 // two memories and a question
	})
	away.Store(true)
	found, err = c.Search(t.Context(), client.SearchRequest{ProjectID: project, Query: "yellow bananas"})
	if err != nil || found.Semantic != "unavailable" || len(found.Observations) != 1 {
		t.Errorf("with the model away: %+v, %v", found, err)
	}
}

func TestAnEmbeddingsAddressThatIsNoneIsRefused(t *testing.T) {
	err := New(load(t, settings(t, config.EmbeddingsURL, "ollama")), Options{}).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), config.EmbeddingsURL) {
		t.Errorf("%v", err)
	}
}
