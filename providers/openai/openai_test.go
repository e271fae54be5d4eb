package openai

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"claude-mem/providers"
	"claude-mem/providers/llm"
	"claude-mem/providers/providertest"
)

func wire() providertest.Wire {
	return providertest.Wire{
		New: func(t *testing.T, base string) providers.Provider {
			p, err := New("openrouter", Config{BaseURL: base, Key: providertest.Key, Model: providertest.ModelName}, llm.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return p
		},
		Answer: func(a providertest.Answer) string {
			stop := map[llm.Stop]string{llm.StopEnd: "stop", llm.StopLength: "length", llm.StopFilter: "content_filter"}[a.Stop]
			return text(map[string]any{
				"model": providertest.ModelName,
				"choices": []any{map[string]any{
					"finish_reason": stop, "message": map[string]any{"role": "assistant", "content": a.Text, "reasoning": a.Reasoning},
				}},
				"usage": map[string]any{"prompt_tokens": providertest.InputTokens, "completion_tokens": providertest.OutputTokens},
			})
		},
		Error: func(status int, message string) string {
			return text(map[string]any{"error": map[string]any{"message": message, "code": status, "type": "some_error"}})
		},
		Check: func(t *testing.T, r *http.Request, body map[string]any) {
			if r.Method != http.MethodPost || r.URL.Path != "/chat/completions" || r.Header.Get("Authorization") != "Bearer "+providertest.Key {
				t.Errorf("%s %s, headers %v", r.Method, r.URL, r.Header)
			}
			if body["model"] != providertest.ModelName || fmt.Sprint(body["max_tokens"]) != "2000" {
				t.Errorf("body %v", body)
			}
		},
	}
}

func text(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

func TestProvider(t *testing.T) { providertest.Run(t, wire()) }

func TestOtherForms(t *testing.T) {
	for name, c := range map[string]struct{ content, want string }{
		"text":  {`"a"`, "a"},
		"parts": {`[{"type":"text","text":"a"},{"type":"text","text":"b"}]`, "ab"},
		"null":  {`null`, ""},
		"none":  {``, ""},
		"other": {`{"x":1}`, ""},
	} {
		if got := textOf(json.RawMessage(c.content)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A server of one's own wants no key, and OpenAI's wants the limit by another name.
func TestServersThatDiffer(t *testing.T) {
	if _, err := New("x", Config{BaseURL: "ftp://host", Model: "m"}, llm.Options{}); err == nil {
		t.Error("ftp is taken for a base URL")
	}
	local, err := New("ollama", Config{BaseURL: "http://127.0.0.1:11434/v1", Model: "m"}, llm.Options{})
	if err != nil || local.Name() != "ollama" {
		t.Errorf("%v, %v", local, err)
	}
}
