// Package embeddings asks a server for where texts stand in the space of meanings of
// a model: any that speaks the dialect of OpenAI's POST /v1/embeddings, such as
// Ollama, llama.cpp or a hosted service.
//
// The texts are those of observations and of questions. They leave the machine if the
// server is elsewhere, which is why no server is asked unless one is configured.
package embeddings

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	"claude-mem/internal/tokens"
	"claude-mem/providers"
	"claude-mem/providers/llm"
)

const (
	// MaxDimensions bounds what a model's vectors may have.
	MaxDimensions = 4096
	// maxText is how much of a text is sent, in bytes: models read no more than some
	// thousand tokens, and the beginning says most.
	maxText = 6000
)

// Config says which server and model are asked.
type Config struct {
	URL   string // up to the version, such as http://127.0.0.1:11434/v1
	Model string
	Key   string // sent as a bearer token; "" sends none
}

// Client asks one server. It is safe for concurrent use.
type Client struct {
	model string
	host  string
	http  *llm.HTTP
}

// New makes a client. A URL that is none, or no model, is an error.
func New(c Config) (*Client, error) {
	header := http.Header{}
	if c.Key != "" {
		header.Set("Authorization", "Bearer "+c.Key)
	}
	server, err := llm.NewHTTP(c.URL, c.Key, header)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, err
	}
	if c.Model == "" {
		return nil, errors.New("the embeddings server needs the name of a model")
	}
	return &Client{model: c.Model, host: u.Hostname(), http: server}, nil
}

// Model names the space that the vectors are in.
func (c *Client) Model() string { return c.model }

// Free reports whether the server is on this machine: then nobody is paid for it.
func (c *Client) Free() bool {
	addr, err := netip.ParseAddr(c.host)
	return err == nil && addr.Unmap().IsLoopback() || strings.EqualFold(c.host, "localhost")
}

// question is the body of a request.
type question struct {
	Model    string   `json:"model"`
	Input    []string `json:"input"`
	Encoding string   `json:"encoding_format"`
}

// Embed returns the vectors of the texts, in their order, all of one length up to
// MaxDimensions. A failure is a [*providers.Error].
func (c *Client) Embed(ctx context.Context, texts []string) (providers.Embedding, error) {
	q := question{Model: c.model, Input: make([]string, len(texts)), Encoding: "float"}
	for i, t := range texts {
		q.Input[i] = cut(t)
	}
	var a answer
	if err := c.http.Post(ctx, "/embeddings", q, &a); err != nil {
		return providers.Embedding{}, err
	}
	made, err := a.vectors(len(texts))
	if err == nil && made.Tokens <= 0 {
		made.Tokens = estimate(q.Input)
	}
	return made, err
}

// Probe asks for the vector of one word and returns the model's name.
func (c *Client) Probe(ctx context.Context) (string, error) {
	_, err := c.Embed(ctx, []string{"memory"})
	return c.model, err
}

// estimate is about how many tokens texts have, where the server does not count.
func estimate(texts []string) (cost int64) {
	for _, t := range texts {
		cost += int64(tokens.Estimate(t))
	}
	return cost
}

// cut shortens a text to what is sent.
func cut(text string) string {
	if text == "" {
		return " " // some servers refuse an empty text
	}
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// answer is the body of the server's answer.
type answer struct {
	Data []struct {
		Index  int       `json:"index"`
		Vector []float32 `json:"embedding"`
	} `json:"data"`
	Usage struct {
		Tokens int64 `json:"prompt_tokens"`
	} `json:"usage"`
}

// vectors takes the n vectors out of the answer, which may come in any order.
func (a answer) vectors(n int) (providers.Embedding, error) {
	wrong := func(format string, args ...any) (providers.Embedding, error) {
		return providers.Embedding{}, &providers.Error{Class: providers.BadRequest, Err: fmt.Errorf("the embeddings server's answer: "+format, args...)}
	}
	if len(a.Data) != n {
		return wrong("%d vectors for %d texts", len(a.Data), n)
	}
	out := make([][]float32, n)
	for _, d := range a.Data {
		if d.Index < 0 || d.Index >= n || out[d.Index] != nil {
			return wrong("the indexes do not fit")
		}
		if len(d.Vector) == 0 || len(d.Vector) > MaxDimensions || len(d.Vector) != len(a.Data[0].Vector) {
			return wrong("a vector of %d dimensions", len(d.Vector))
		}
		out[d.Index] = d.Vector
	}
	return providers.Embedding{Vectors: out, Tokens: a.Usage.Tokens}, nil
}
