package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"claude-mem/internal/config"
	"claude-mem/internal/testbin"
)

// What one call of the stub costs.
const (
	stubInput  = 1000
	stubOutput = 50
)

// stub is a language model behind the chat API that always remembers the same. It
// keeps what it is sent.
type stub struct {
	server *httptest.Server
	takes  time.Duration // an answer

	mu     sync.Mutex
	bodies []string
}

// askStub lets the profile generate with a stub.
func askStub(t *testing.T, p *testbin.Profile) *stub {
	t.Helper()
	s := &stub{}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	p.Env = append(p.Env, config.ServerProvider+"=openrouter", config.OpenRouterBaseURL+"="+s.server.URL, config.OpenRouterModel+"=stub-1")
	return s
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.bodies = append(s.bodies, string(body))
	s.mu.Unlock()
	time.Sleep(s.takes)
	text := `<observation><type>change</type><title>Deployed the service</title><narrative>It runs.</narrative></observation>`
	if strings.Contains(string(body), "<summary>") {
		text = `<summary><request>Deploy</request><completed>Deployed the service</completed></summary>`
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"model":   "stub-1",
		"choices": []any{map[string]any{"message": map[string]string{"content": text}, "finish_reason": "stop"}},
		"usage":   map[string]int{"prompt_tokens": stubInput, "completion_tokens": stubOutput},
	})
}

// sent are the bodies of all calls so far.
func (s *stub) sent() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.bodies)
}
