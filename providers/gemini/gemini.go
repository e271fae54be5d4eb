// Package gemini asks Google's models over the Gemini API.
package gemini

import (
	"cmp"
	"context"
	"net/http"
	"net/url"

	"claude-mem/providers/llm"
)

// Google is the base URL that is meant when none is given.
const Google = "https://generativelanguage.googleapis.com/v1beta"

// Config says which model to ask where.
type Config struct {
	BaseURL string // up to "/models/…"; "" means Google
	Key     string
	Model   string // required
}

// model is the wire. It implements llm.Model.
type model struct {
	http *llm.HTTP
	name string
}

// New makes a provider of that name. The key travels in a header: in the address,
// where the API takes it as well, it would end up in logs.
func New(name string, c Config, o llm.Options) (*llm.Provider, error) {
	h, err := llm.NewHTTP(cmp.Or(c.BaseURL, Google), c.Key, http.Header{"X-Goog-Api-Key": {c.Key}})
	if err != nil {
		return nil, err
	}
	o.Model = c.Model
	return llm.New(name, &model{h, c.Model}, o), nil
}

type part struct {
	Text    string `json:"text"`
	Thought bool   `json:"thought,omitempty"`
}

type content struct {
	Role  string `json:"role,omitempty"`
	Parts []part `json:"parts"`
}

type request struct {
	System   content   `json:"systemInstruction"`
	Contents []content `json:"contents"`
	Config   struct {
		MaxTokens int `json:"maxOutputTokens"`
	} `json:"generationConfig"`
}

type answer struct {
	Candidates []struct {
		Content      content `json:"content"`
		FinishReason string  `json:"finishReason"`
	} `json:"candidates"`
	PromptFeedback struct {
		BlockReason string `json:"blockReason"`
	} `json:"promptFeedback"`
	Usage struct {
		Prompt     int64 `json:"promptTokenCount"`
		Candidates int64 `json:"candidatesTokenCount"`
		Thoughts   int64 `json:"thoughtsTokenCount"`
	} `json:"usageMetadata"`
	ModelVersion string `json:"modelVersion"`
}

// Complete implements llm.Model.
func (m *model) Complete(ctx context.Context, c llm.Call) (llm.Completion, error) {
	in := request{System: content{Parts: []part{{Text: c.System}}}, Contents: []content{{Role: "user", Parts: []part{{Text: c.User}}}}}
	in.Config.MaxTokens = c.MaxTokens
	var out answer
	if err := m.http.Post(ctx, "/models/"+url.PathEscape(m.name)+":generateContent", in, &out); err != nil {
		return llm.Completion{}, err
	}
	done := llm.Completion{
		Model: out.ModelVersion, InputTokens: out.Usage.Prompt, OutputTokens: out.Usage.Candidates + out.Usage.Thoughts,
		Reasoned: out.Usage.Thoughts > 0, Stop: llm.StopEnd,
	}
	if len(out.Candidates) == 0 {
		if out.PromptFeedback.BlockReason == "" {
			return done, llm.Unreadable()
		}
		done.Stop = llm.StopFilter
		return done, nil
	}
	one := out.Candidates[0]
	for _, p := range one.Content.Parts {
		if p.Thought {
			done.Reasoned = true
			continue
		}
		done.Text += p.Text
	}
	switch one.FinishReason {
	case "MAX_TOKENS":
		done.Stop = llm.StopLength
	case "SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII":
		done.Stop = llm.StopFilter
	}
	return done, nil
}
