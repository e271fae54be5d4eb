package cli_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// embeddings starts a server of embedding models for the script and sets
// CLAUDE_MEM_EMBEDDINGS_URL to it. It has the model "all", which reads every text, and
// "some", which refuses those that speak of Auckland.
func embeddings(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: embeddings")
	}
	srv := httptest.NewServer(http.HandlerFunc(embed))
	ts.Defer(srv.Close)
	ts.Setenv("CLAUDE_MEM_EMBEDDINGS_URL", srv.URL+"/v1")
}

func embed(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Model string   `json:"model"`
		Input []string `json:"input"`
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	strange := slices.ContainsFunc(in.Input, func(text string) bool { return strings.Contains(text, "Auckland") })
	switch {
	case in.Model != "all" && in.Model != "some":
		http.Error(w, `{"error":"model not found, try pulling it first"}`, http.StatusNotFound)
		return
	case in.Model == "some" && strange:
		http.Error(w, `{"error":"what is Auckland?"}`, http.StatusBadRequest)
		return
	}
	type item struct {
		Index     int       `json:"index"`
		Embedding []float32 `json:"embedding"`
	}
	data := make([]item, len(in.Input))
	for i, text := range in.Input {
		data[i] = item{i, []float32{1, float32(len(text) % 7)}}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
}
