// Package openai asks models over OpenAI's chat completions, which OpenRouter,
// Ollama, LM Studio, vLLM, DeepSeek and many others speak as well: what differs is
// the base URL.
package openai

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"claude-mem/providers/llm"
)

// OpenRouter is the base URL that is meant when none is given.
const OpenRouter = "https://openrouter.ai/api/v1"

// Config says which model to ask where.
type Config struct {
	BaseURL string // up to "/chat/completions"; "" means OpenRouter
	Key     string // "" for a server that wants none
	Model   string // required
}

// model is the wire. It implements llm.Model.
type model struct {
	http *llm.HTTP
	name string
	// ownLimit says that the server is OpenAI's own, whose newer models refuse the
	// name that everybody else knows the limit by.
	ownLimit bool
}

// New makes a provider of that name.
func New(name string, c Config, o llm.Options) (*llm.Provider, error) {
	header := http.Header{"X-Title": {"claude-mem"}}
	if c.Key != "" {
		header.Set("Authorization", "Bearer "+c.Key)
	}
	base := cmp.Or(c.BaseURL, OpenRouter)
	h, err := llm.NewHTTP(base, c.Key, header)
	if err != nil {
		return nil, err
	}
	o.Model = c.Model
	return llm.New(name, &model{h, c.Model, strings.Contains(base, "://api.openai.com")}, o), nil
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type request struct {
	Model               string    `json:"model"`
	Messages            []message `json:"messages"`
	MaxTokens           int       `json:"max_tokens,omitempty"`
	MaxCompletionTokens int       `json:"max_completion_tokens,omitempty"`
	Stream              bool      `json:"stream"`
}

type answer struct {
	Model   string `json:"model"`
	Choices []struct {
		Message struct {
			Content          json.RawMessage `json:"content"` // a text, or a list of parts
			Refusal          string          `json:"refusal"`
			Reasoning        string          `json:"reasoning"`
			ReasoningContent string          `json:"reasoning_content"`
		} `json:"message"`
		FinishReason string          `json:"finish_reason"`
		Error        json.RawMessage `json:"error"` // OpenRouter: the model behind it failed
	} `json:"choices"`
	Usage struct {
		Prompt     int64 `json:"prompt_tokens"`
		Completion int64 `json:"completion_tokens"`
	} `json:"usage"`
}

// Complete implements llm.Model.
func (m *model) Complete(ctx context.Context, c llm.Call) (llm.Completion, error) {
	in := request{Model: m.name, Messages: []message{{"system", c.System}, {"user", c.User}}, MaxTokens: c.MaxTokens}
	if m.ownLimit {
		in.MaxTokens, in.MaxCompletionTokens = 0, c.MaxTokens
	}
	var out answer
	if err := m.http.Post(ctx, "/chat/completions", in, &out); err != nil {
		return llm.Completion{}, err
	}
	done := llm.Completion{Model: out.Model, InputTokens: out.Usage.Prompt, OutputTokens: out.Usage.Completion, Stop: llm.StopEnd}
	if len(out.Choices) == 0 {
		return done, llm.Unreadable()
	}
	one := out.Choices[0]
	if len(one.Error) > 0 {
		if e := llm.BodyError(nil, []byte(`{"error":`+string(one.Error)+`}`)); e != nil {
			return done, e
		}
	}
	done.Text = textOf(one.Message.Content)
	done.Reasoned = one.Message.Reasoning != "" || one.Message.ReasoningContent != ""
	switch {
	case one.FinishReason == "length":
		done.Stop = llm.StopLength
	case one.FinishReason == "content_filter", one.Message.Refusal != "" && done.Text == "":
		done.Stop = llm.StopFilter
	}
	return done, nil
}

// textOf joins the parts of a content, whichever form it has.
func textOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var parts []struct {
		Text string `json:"text"`
	}
	_ = json.Unmarshal(raw, &parts) // what is neither has no text
	for _, p := range parts {
		text += p.Text
	}
	return text
}
