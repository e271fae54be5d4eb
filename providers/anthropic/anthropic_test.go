package anthropic

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"claude-mem/providers"
	"claude-mem/providers/llm"
	"claude-mem/providers/providertest"
)

func TestProvider(t *testing.T) {
	providertest.Run(t, providertest.Wire{
		New: func(t *testing.T, base string) providers.Provider {
			p, err := New("claude", Config{BaseURL: base, Key: providertest.Key, Model: providertest.ModelName}, llm.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return p
		},
		Answer: func(a providertest.Answer) string {
			stop := map[llm.Stop]string{llm.StopEnd: "end_turn", llm.StopLength: "max_tokens", llm.StopFilter: "refusal"}[a.Stop]
			var content []any
			if a.Reasoning != "" {
				content = append(content, map[string]any{"type": "thinking", "thinking": a.Reasoning})
			}
			if a.Text != "" {
				content = append(content, map[string]any{"type": "text", "text": a.Text})
			}
			return text(map[string]any{
				"type": "message", "model": providertest.ModelName, "content": content, "stop_reason": stop,
				"usage": map[string]any{"input_tokens": providertest.InputTokens - 100, "cache_read_input_tokens": 100, "output_tokens": providertest.OutputTokens},
			})
		},
		Error: func(_ int, message string) string {
			return text(map[string]any{"type": "error", "error": map[string]any{"type": "some_error", "message": message}})
		},
		Check: func(t *testing.T, r *http.Request, body map[string]any) {
			if r.URL.Path != "/v1/messages" || r.Header.Get("X-Api-Key") != providertest.Key || r.Header.Get("Anthropic-Version") == "" {
				t.Errorf("%s, headers %v", r.URL, r.Header)
			}
			if body["model"] != providertest.ModelName || fmt.Sprint(body["max_tokens"]) != "2000" {
				t.Errorf("body %v", body)
			}
		},
	})
}

func text(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
