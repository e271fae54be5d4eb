//go:build agents

package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// turn is one answer of the stub: a text, and a tool to call if there is more to do.
type turn struct {
	text  string
	tool  string
	input map[string]any
	patch string // in place of input, for a tool that takes a text
}

// wire is how an agent asks its model.
type wire interface {
	// said counts the turns of the model's that a request recounts. It is negative for a
	// request beside the conversation, such as one for a title.
	said(r request) (int, error)
	// answer answers the request with the turn. id is different each time.
	answer(w http.ResponseWriter, r request, t turn, id string)
}

// request is what an agent asks.
type request struct {
	path string
	body []byte
}

// model is a stub of a language model that plays a script and keeps what it is sent.
type model struct {
	wire   wire
	server *httptest.Server
	script []turn

	mu   sync.Mutex
	seen []string // bodies of the requests
}

func startModel(t *testing.T, w wire, script []turn) *model {
	t.Helper()
	m := &model{wire: w, script: script}
	m.server = httptest.NewServer(m)
	t.Cleanup(m.server.Close)
	return m
}

func (m *model) url() string { return m.server.URL }

// bodies are the requests for an answer, in order.
func (m *model) bodies() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.seen)
}

// ServeHTTP answers with the turn that follows those the request recounts.
func (m *model) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	req := request{r.URL.Path, body}
	said, err := m.wire.said(req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	m.mu.Lock()
	m.seen = append(m.seen, string(body))
	id := fmt.Sprintf("stub_%d", len(m.seen)) // a client takes answers of one id for one
	m.mu.Unlock()
	next := turn{text: "ok"}
	if said >= 0 {
		next = m.script[min(said, len(m.script)-1)]
	}
	m.wire.answer(w, req, next, id)
}

// longest is the request that holds most of the conversation.
func (m *model) longest() string {
	return slices.MaxFunc(m.bodies(), func(a, b string) int { return len(a) - len(b) })
}
