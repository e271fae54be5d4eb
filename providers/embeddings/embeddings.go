// Package embeddings asks a server for where texts stand in the space of meanings of
// a model: any that speaks the dialect of OpenAI's POST /v1/embeddings, such as
// Ollama, llama.cpp or a hosted service.
//
// The texts are those of observations and of questions. They leave the machine if the
// server is elsewhere, which is why no server is asked unless one is configured.
package embeddings

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"claude-mem/internal/tokens"
	"claude-mem/providers"
)

const (
	// MaxDimensions bounds what a model's vectors may have.
	MaxDimensions = 4096
	// maxText is how much of a text is sent, in bytes: models read no more than some
	// thousand tokens, and the beginning says most.
	maxText = 6000
	// maxAnswer bounds an answer.
	maxAnswer = 32 << 20
)

// Config says which server and model are asked.
type Config struct {
	URL   string // up to the version, such as http://127.0.0.1:11434/v1
	Model string
	Key   string // sent as a bearer token; "" sends none
}

// Client asks one server. It is safe for concurrent use.
type Client struct {
	Config
	http *http.Client
}

// New makes a client. A URL that is none, or no model, is an error.
func New(c Config) (*Client, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("the address of the embeddings server must be a URL such as http://127.0.0.1:11434/v1")
	}
	if c.Model == "" {
		return nil, errors.New("the embeddings server needs the name of a model")
	}
	c.URL = strings.TrimRight(c.URL, "/")
	return &Client{Config: c, http: &http.Client{
		// A redirect would hand the key and the texts to wherever it points.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Model names the space that the vectors are in.
func (c *Client) Model() string { return c.Config.Model }

// Free reports whether the server is on this machine: then nobody is paid for it.
func (c *Client) Free() bool {
	u, err := url.Parse(c.URL)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return err == nil && addr.Unmap().IsLoopback() || strings.EqualFold(u.Hostname(), "localhost")
}

// Embed returns the vectors of the texts, in their order, all of one length up to
// MaxDimensions. A failure is a [*providers.Error].
func (c *Client) Embed(ctx context.Context, texts []string) (providers.Embedding, error) {
	input := make([]string, len(texts))
	for i, t := range texts {
		input[i] = cut(t)
	}
	data, err := c.post(ctx, input)
	if err != nil {
		return providers.Embedding{}, err
	}
	made, err := decode(data, len(texts))
	if err == nil && made.Tokens <= 0 {
		made.Tokens = estimate(input)
	}
	return made, err
}

// estimate is about how many tokens texts have, where the server does not count.
func estimate(texts []string) (cost int64) {
	for _, t := range texts {
		cost += int64(tokens.Estimate(t))
	}
	return cost
}

// post asks the server and returns its answer.
func (c *Client) post(ctx context.Context, input []string) ([]byte, error) {
	body, err := json.Marshal(map[string]any{"model": c.Config.Model, "input": input, "encoding_format": "float"})
	if err != nil {
		return nil, &providers.Error{Class: providers.BadRequest, Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL+"/embeddings", bytes.NewReader(body))
	if err != nil {
		return nil, &providers.Error{Class: providers.BadRequest, Err: errors.New("the address of the embeddings server is no URL")}
	}
	req.Header.Set("Content-Type", "application/json")
	if c.Key != "" {
		req.Header.Set("Authorization", "Bearer "+c.Key)
	}
	res, err := c.http.Do(req)
	if err != nil {
		var wrapped *url.Error // repeats the address, which may hold a password
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return nil, &providers.Error{Class: providers.Transient, Err: fmt.Errorf("no answer from the embeddings server: %w", err)}
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, &providers.Error{Class: providers.Transient, Err: fmt.Errorf("read the embeddings: %w", err)}
	}
	if res.StatusCode != http.StatusOK {
		return nil, refusal(res)
	}
	return data, nil
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

// refusal classifies an answer that is none. Its text is the server's, which may
// repeat what was sent, so only the status is told.
func refusal(res *http.Response) error {
	e := &providers.Error{Class: providers.BadRequest, Err: fmt.Errorf("the embeddings server answers %d", res.StatusCode)}
	switch {
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden:
		e.Class = providers.Auth
	case res.StatusCode == http.StatusPaymentRequired:
		e.Class = providers.Quota
	case res.StatusCode == http.StatusTooManyRequests:
		e.Class = providers.RateLimit
	case res.StatusCode == http.StatusServiceUnavailable || res.StatusCode == 529:
		e.Class = providers.Overloaded
	case res.StatusCode >= 500 || res.StatusCode == http.StatusRequestTimeout:
		e.Class = providers.Transient
	}
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 {
		e.RetryAfter = time.Duration(min(s, 3600)) * time.Second
	}
	return e
}

// decode reads n vectors, which may come in any order.
func decode(data []byte, n int) (providers.Embedding, error) {
	wrong := func(format string, args ...any) (providers.Embedding, error) {
		return providers.Embedding{}, &providers.Error{Class: providers.BadRequest, Err: fmt.Errorf("the embeddings server's answer: "+format, args...)}
	}
	var answer struct {
		Data []struct {
			Index  int       `json:"index"`
			Vector []float32 `json:"embedding"`
		} `json:"data"`
		Usage struct {
			Tokens int64 `json:"prompt_tokens"`
		} `json:"usage"`
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return wrong("no JSON of embeddings")
	}
	if len(answer.Data) != n {
		return wrong("%d vectors for %d texts", len(answer.Data), n)
	}
	out := make([][]float32, n)
	for _, d := range answer.Data {
		if d.Index < 0 || d.Index >= n || out[d.Index] != nil {
			return wrong("the indexes do not fit")
		}
		if len(d.Vector) == 0 || len(d.Vector) > MaxDimensions || len(d.Vector) != len(answer.Data[0].Vector) {
			return wrong("a vector of %d dimensions", len(d.Vector))
		}
		for _, v := range d.Vector {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return wrong("a vector with no number in it")
			}
		}
		out[d.Index] = d.Vector
	}
	return providers.Embedding{Vectors: out, Tokens: answer.Usage.Tokens}, nil
}
