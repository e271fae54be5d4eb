//go:build agents

package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// messages is the API that Claude Code asks.
type messages struct{}

func (messages) said(r request) (int, error) {
	if r.path != "/v1/messages" {
		return 0, errors.New("no such path: " + r.path)
	}
	var req struct {
		Tools    []json.RawMessage `json:"tools"`
		Messages []struct {
			Role string `json:"role"`
		} `json:"messages"`
	}
	if err := json.Unmarshal(r.body, &req); err != nil {
		return 0, err
	}
	if len(req.Tools) == 0 {
		return -1, nil
	}
	said := 0
	for _, msg := range req.Messages {
		if msg.Role == "assistant" {
			said++
		}
	}
	return said, nil
}

func (messages) answer(w http.ResponseWriter, r request, t turn, id string) {
	var req struct {
		Stream bool `json:"stream"`
	}
	if json.Unmarshal(r.body, &req) == nil && req.Stream {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, t.stream(id))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(t.message(id))
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
