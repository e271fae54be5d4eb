// Package anthropic asks Claude over the Messages API.
//
// The call is small and its failures are ours to classify and to repeat, so the
// wire is written here: the vendor's library would add 6 MB to the binary and
// retries of its own below those of the job.
package anthropic

import (
	"cmp"
	"context"
	"net/http"

	"claude-mem/providers/llm"
)

const (
	// Anthropic is the base URL that is meant when none is given.
	Anthropic = "https://api.anthropic.com"
	// apiVersion is the version of the API that the types below are of.
	apiVersion = "2023-06-01"
)

// Config says which model to ask where.
type Config struct {
	BaseURL string // up to "/v1/messages"; "" means Anthropic
	Key     string
	Model   string // required
}

// model is the wire. It implements llm.Model.
type model struct {
	http *llm.HTTP
	name string
}

// New makes a provider of that name.
func New(name string, c Config, o llm.Options) (*llm.Provider, error) {
	h, err := llm.NewHTTP(cmp.Or(c.BaseURL, Anthropic), c.Key, http.Header{"X-Api-Key": {c.Key}, "Anthropic-Version": {apiVersion}})
	if err != nil {
		return nil, err
	}
	o.Model = c.Model
	return llm.New(name, &model{h, c.Model}, o), nil
}

type cacheControl struct {
	Type string `json:"type"`
}

type block struct {
	Type  string        `json:"type"`
	Text  string        `json:"text"`
	Cache *cacheControl `json:"cache_control,omitempty"`
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type request struct {
	Model     string    `json:"model"`
	MaxTokens int       `json:"max_tokens"`
	System    []block   `json:"system"`
	Messages  []message `json:"messages"`
}

type answer struct {
	Model      string  `json:"model"`
	Content    []block `json:"content"`
	StopReason string  `json:"stop_reason"`
	Usage      struct {
		Input        int64 `json:"input_tokens"`
		CacheWritten int64 `json:"cache_creation_input_tokens"`
		CacheRead    int64 `json:"cache_read_input_tokens"`
		Output       int64 `json:"output_tokens"`
	} `json:"usage"`
}

// Complete implements llm.Model. The system prompt is the same for each kind of job,
// so the server is asked to keep it.
func (m *model) Complete(ctx context.Context, c llm.Call) (llm.Completion, error) {
	in := request{
		Model: m.name, MaxTokens: c.MaxTokens,
		System:   []block{{Type: "text", Text: c.System, Cache: &cacheControl{"ephemeral"}}},
		Messages: []message{{"user", c.User}},
	}
	var out answer
	if err := m.http.Post(ctx, "/v1/messages", in, &out); err != nil {
		return llm.Completion{}, err
	}
	done := llm.Completion{
		Model: out.Model, Stop: llm.StopEnd, OutputTokens: out.Usage.Output,
		InputTokens: out.Usage.Input + out.Usage.CacheWritten + out.Usage.CacheRead,
	}
	if out.StopReason == "" && len(out.Content) == 0 {
		return done, llm.Unreadable()
	}
	for _, b := range out.Content {
		switch b.Type {
		case "text":
			done.Text += b.Text
		case "thinking", "redacted_thinking":
			done.Reasoned = true
		}
	}
	switch out.StopReason {
	case "max_tokens", "model_context_window_exceeded":
		done.Stop = llm.StopLength
	case "refusal":
		done.Stop = llm.StopFilter
	}
	return done, nil
}
