package gemini

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"claude-mem/providers"
	"claude-mem/providers/llm"
	"claude-mem/providers/providertest"
)

func TestProvider(t *testing.T) {
	providertest.Run(t, providertest.Wire{
		New: func(t *testing.T, base string) providers.Provider {
			p, err := New("gemini", Config{BaseURL: base + "/v1beta", Key: providertest.Key, Model: providertest.ModelName}, llm.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return p
		},
		Answer: func(a providertest.Answer) string {
			stop := map[llm.Stop]string{llm.StopEnd: "STOP", llm.StopLength: "MAX_TOKENS", llm.StopFilter: "SAFETY"}[a.Stop]
			var parts []any
			if a.Reasoning != "" {
				parts = append(parts, map[string]any{"text": a.Reasoning, "thought": true})
			}
			if a.Text != "" {
				parts = append(parts, map[string]any{"text": a.Text})
			}
			return text(map[string]any{
				"candidates":    []any{map[string]any{"finishReason": stop, "content": map[string]any{"role": "model", "parts": parts}}},
				"usageMetadata": map[string]any{"promptTokenCount": providertest.InputTokens, "candidatesTokenCount": providertest.OutputTokens - 5, "thoughtsTokenCount": 5},
				"modelVersion":  providertest.ModelName,
			})
		},
		Error: func(status int, message string) string {
			return text(map[string]any{"error": map[string]any{"code": status, "message": message, "status": "SOME_STATUS"}})
		},
		Check: func(t *testing.T, r *http.Request, body map[string]any) {
			if r.URL.Path != "/v1beta/models/"+providertest.ModelName+":generateContent" || r.Header.Get("X-Goog-Api-Key") != providertest.Key {
				t.Errorf("%s, headers %v", r.URL, r.Header)
			}
			if body["systemInstruction"] == nil || body["generationConfig"] == nil {
				t.Errorf("body %v", body)
			}
		},
	})
}

func text(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// Google says in the body how long to wait, and blocks prompts without a candidate.
func TestFormsOfGoogle(t *testing.T) {
	e := llm.StatusError(http.StatusTooManyRequests, http.Header{}, []byte(`{"error":{"code":429,"status":"RESOURCE_EXHAUSTED",
		"message":"You exceeded your current quota","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.5s"}]}}`))
	if e.Class != providers.RateLimit || e.RetryAfter != 34500*time.Millisecond {
		t.Errorf("%v after %s", e, e.RetryAfter)
	}
}
