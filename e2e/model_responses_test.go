//go:build agents

package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// responses is the API that Codex asks.
type responses struct{}

func (responses) said(r request) (int, error) {
	if !strings.HasSuffix(r.path, "/responses") {
		return 0, errors.New("no such path: " + r.path)
	}
	var req struct {
		Input []struct {
			Type string `json:"type"`
		} `json:"input"`
	}
	if err := json.Unmarshal(r.body, &req); err != nil {
		return 0, err
	}
	said := 0
	for _, item := range req.Input {
		if item.Type == "function_call" || item.Type == "custom_tool_call" {
			said++ // each turn but the last calls a tool
		}
	}
	return said, nil
}

func (responses) answer(w http.ResponseWriter, _ request, t turn, id string) {
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(kind string, data map[string]any) {
		data["type"] = kind
		raw, _ := json.Marshal(data) // texts and numbers always marshal
		fmt.Fprintf(w, "event: %s\ndata: %s\n\n", kind, raw)
	}
	items := []map[string]any{{
		"type": "message", "id": "msg_" + id, "role": "assistant",
		"content": []any{map[string]any{"type": "output_text", "text": t.text, "annotations": []any{}}},
	}}
	switch {
	case t.patch != "":
		items = append(items, map[string]any{"type": "custom_tool_call", "id": "ctc_" + id, "call_id": "call_" + id, "name": t.tool, "input": t.patch})
	case t.tool != "":
		raw, _ := json.Marshal(t.input)
		call := map[string]any{"type": "function_call", "id": "fc_" + id, "call_id": "call_" + id, "name": t.tool, "arguments": string(raw)}
		if space, name, ok := strings.Cut(t.tool, "/"); ok {
			call["namespace"], call["name"] = space, name
		}
		items = append(items, call)
	}
	send("response.created", map[string]any{"response": map[string]any{"id": "resp_" + id}})
	for i, item := range items {
		send("response.output_item.done", map[string]any{"output_index": i, "item": item})
	}
	send("response.completed", map[string]any{"response": map[string]any{"id": "resp_" + id, "usage": map[string]any{
		"input_tokens": 1, "input_tokens_details": map[string]int{"cached_tokens": 0}, "output_tokens": 1,
		"output_tokens_details": map[string]int{"reasoning_tokens": 0}, "total_tokens": 2,
	}}})
}
