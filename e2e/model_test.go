//go:build claudecode

package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// turn is one answer of the stub: a text, and a tool to call if there is more to do.
type turn struct {
	text  string
	tool  string
	input map[string]any
}

// model is a stub of the Messages API that plays a script and keeps what it is sent.
type model struct {
	server *httptest.Server
	script []turn

	mu   sync.Mutex
	seen []string // bodies of the requests
}

func startModel(t *testing.T, script []turn) *model {
	t.Helper()
	m := &model{script: script}
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
	if err != nil || r.URL.Path != "/v1/messages" {
		http.NotFound(w, r)
		return
	}
	var req struct {
		Stream   bool              `json:"stream"`
		Tools    []json.RawMessage `json:"tools"`
		Messages []struct {
			Role string `json:"role"`
		} `json:"messages"`
	}
	if err := json.Unmarshal(body, &req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	m.mu.Lock()
	m.seen = append(m.seen, string(body))
	id := fmt.Sprintf("msg_%d", len(m.seen)) // the client takes messages of one id for one
	m.mu.Unlock()

	next := turn{text: "ok"} // a side request of the client, such as one for a title
	if len(req.Tools) > 0 {
		said := 0
		for _, msg := range req.Messages {
			if msg.Role == "assistant" {
				said++
			}
		}
		next = m.script[min(said, len(m.script)-1)]
	}
	if req.Stream {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, next.stream(id))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(next.message(id))
}

func (t turn) blocks() []map[string]any {
	blocks := []map[string]any{{"type": "text", "text": t.text}}
	if t.tool != "" {
		blocks = append(blocks, map[string]any{
			"type": "tool_use", "id": fmt.Sprintf("toolu_%s_%d", t.tool, len(t.text)), "name": t.tool, "input": t.input,
		})
	}
	return blocks
}

func (t turn) stopReason() string {
	if t.tool != "" {
		return "tool_use"
	}
	return "end_turn"
}

func (t turn) message(id string) map[string]any {
	return map[string]any{
		"id": id, "type": "message", "role": "assistant", "model": "stub",
		"content": t.blocks(), "stop_reason": t.stopReason(), "stop_sequence": nil,
		"usage": map[string]int{"input_tokens": 1, "output_tokens": 1},
	}
}

// stream is the message as server-sent events.
func (t turn) stream(id string) string {
	var b strings.Builder
	send := func(kind string, data map[string]any) {
		data["type"] = kind
		raw, _ := json.Marshal(data) // texts and numbers always marshal
		fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", kind, raw)
	}
	start := t.message(id)
	start["content"], start["stop_reason"] = []any{}, nil
	send("message_start", map[string]any{"message": start})
	for i, block := range t.blocks() {
		open := map[string]any{"type": block["type"]}
		delta := map[string]any{"type": "text_delta", "text": block["text"]}
		if block["type"] == "tool_use" {
			raw, _ := json.Marshal(block["input"])
			open["id"], open["name"], open["input"] = block["id"], block["name"], map[string]any{}
			delta = map[string]any{"type": "input_json_delta", "partial_json": string(raw)}
		} else {
			open["text"] = ""
		}
		send("content_block_start", map[string]any{"index": i, "content_block": open})
		send("content_block_delta", map[string]any{"index": i, "delta": delta})
		send("content_block_stop", map[string]any{"index": i})
	}
	send("message_delta", map[string]any{
		"delta": map[string]any{"stop_reason": t.stopReason(), "stop_sequence": nil},
		"usage": map[string]int{"output_tokens": 1},
	})
	send("message_stop", map[string]any{})
	return b.String()
}
