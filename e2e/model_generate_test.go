//go:build agents

package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// generate is the API that Gemini asks.
type generate struct{}

func (generate) said(r request) (int, error) {
	if !strings.Contains(r.path, "enerateContent") {
		return 0, errors.New("no such path: " + r.path)
	}
	var req struct {
		Contents []struct {
			Role  string `json:"role"`
			Parts []struct {
				Call json.RawMessage `json:"functionCall"`
			} `json:"parts"`
		} `json:"contents"`
	}
	if err := json.Unmarshal(r.body, &req); err != nil {
		return 0, err
	}
	if !strings.Contains(r.path, "stream") {
		return -1, nil
	}
	said := 0
	for _, c := range req.Contents {
		for _, part := range c.Parts {
			if len(part.Call) > 0 {
				said++ // each turn but the last calls a tool
			}
		}
	}
	return said, nil
}

func (generate) answer(w http.ResponseWriter, r request, t turn, id string) {
	parts := []any{map[string]any{"text": t.text}}
	if t.tool != "" {
		parts = append(parts, map[string]any{"functionCall": map[string]any{"id": "call_" + id, "name": t.tool, "args": t.input}})
	}
	raw, _ := json.Marshal(map[string]any{ // texts and numbers always marshal
		"candidates": []any{map[string]any{
			"index": 0, "finishReason": "STOP", "content": map[string]any{"role": "model", "parts": parts},
		}},
		"usageMetadata": map[string]int{"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
		"modelVersion":  "stub",
	})
	if !strings.Contains(r.path, "stream") {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(raw)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprintf(w, "data: %s\n\n", raw)
}
