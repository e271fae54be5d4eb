package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"claude-mem/memory"
)

// Client calls one server. It is safe for concurrent use.
type Client struct {
	base  string
	key   string
	http  *http.Client
	tries int
	limit int64
}

// Options tune a Client. The zero value is good for a program that makes many calls.
type Options struct {
	// Transport carries the requests; nil means a pooled one of the Client's own.
	// A process that makes one call and exits is better served by OneShot.
	Transport http.RoundTripper
	// Retries is how often a failed read is tried again; 0 means 2, below 0 none.
	Retries int
	// MaxBytes bounds one answer's body; 0 means 32 MiB.
	MaxBytes int64
}

// Defaults of Options.
const (
	defaultRetries  = 2
	defaultMaxBytes = 32 << 20
)

// retryPause is the wait before the first retry; it doubles with each further one.
const retryPause = 50 * time.Millisecond

// maxRetryAfter is the longest wait that a server can ask a retry to take.
const maxRetryAfter = time.Second

// New makes a client of the server at baseURL, such as http://127.0.0.1:37877. An
// empty key sends no credentials, which is enough for the public routes.
func New(baseURL, key string, o Options) *Client {
	if o.Transport == nil {
		o.Transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			MaxIdleConnsPerHost: 32,
			IdleConnTimeout:     30 * time.Second,
		}
	}
	switch {
	case o.Retries == 0:
		o.Retries = defaultRetries
	case o.Retries < 0:
		o.Retries = 0
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultMaxBytes
	}
	return &Client{
		base:  strings.TrimRight(baseURL, "/"),
		key:   key,
		tries: 1 + o.Retries,
		limit: o.MaxBytes,
		http: &http.Client{
			Transport: o.Transport,
			// A redirect would hand the key to wherever it points.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// URL is the address the client was made with, without a trailing slash.
func (c *Client) URL() string { return c.base }

// call is one request of the contract.
type call struct {
	method string
	path   string // escaped
	query  url.Values
	body   any  // nil: none
	again  bool // may be sent twice: it changes nothing, or does the same each time
	sick   bool // a 503 carries an answer, not an error
}

func get(path string, query url.Values) call {
	return call{method: http.MethodGet, path: path, query: query, again: true}
}

func post(path string, body any) call {
	return call{method: http.MethodPost, path: path, body: body}
}

// ask is a POST that may be sent twice.
func ask(path string, body any) call {
	return call{method: http.MethodPost, path: path, body: body, again: true}
}

// do makes the call and decodes its answer into out.
func (c *Client) do(ctx context.Context, in call, out any) error {
	var body []byte
	if in.body != nil {
		var err error
		if body, err = json.Marshal(in.body); err != nil {
			return memory.Errorf(memory.CodeValidation, "encode the request: %w", err)
		}
	}
	tries := 1
	if in.again {
		tries = c.tries
	}
	pause := retryPause
	for {
		err := c.once(ctx, in, body, out)
		tries--
		if err == nil || tries <= 0 || !transient(err) {
			return err
		}
		if !wait(ctx, max(pause, retryAfter(err))) {
			return err
		}
		pause *= 2
	}
}

// once makes one attempt.
func (c *Client) once(ctx context.Context, in call, body []byte, out any) error {
	req, err := c.request(ctx, in, body)
	if err != nil {
		return err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return c.unavailable(err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(res.Body, c.limit+1))
	if err != nil {
		return c.unavailable(err)
	}
	if int64(len(data)) > c.limit {
		return memory.Errorf(memory.CodeTooLarge, "the answer of %s is larger than %d bytes", c.base, c.limit)
	}
	answered := res.StatusCode >= 200 && res.StatusCode <= 299 ||
		in.sick && res.StatusCode == http.StatusServiceUnavailable
	if !answered {
		return answerError(res, data)
	}
	if err := json.Unmarshal(data, out); err != nil {
		return memory.Errorf(memory.CodeInternal, "what answers at %s is no claude-mem server: %w", c.base, err)
	}
	return nil
}

// request makes the request of a call.
func (c *Client) request(ctx context.Context, in call, body []byte) (*http.Request, error) {
	target := c.base + in.path
	if len(in.query) > 0 {
		target += "?" + in.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, in.method, target, bytes.NewReader(body))
	if err != nil {
		return nil, memory.Errorf(memory.CodeBadRequest, "%s is not the address of a server: %w", c.base, err)
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	return req, nil
}

// unavailable wraps a failure to reach the server, or to hear it out.
func (c *Client) unavailable(err error) error {
	// The url.Error in between repeats method and address, and a query may be private.
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err
	}
	return &memory.Error{Code: memory.CodeUnavailable, Message: "no answer from " + c.base + ": " + err.Error(), Err: err}
}

// transient reports whether the same request may fare better in a moment: the
// server said so (503), or nothing listened.
func transient(err error) bool {
	e, ok := errors.AsType[*memory.Error](err)
	if !ok || e.Code != memory.CodeUnavailable {
		return false
	}
	if e.Err == nil {
		return true
	}
	op, ok := errors.AsType[*net.OpError](e.Err)
	return ok && op.Op == "dial"
}

func retryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*memory.Error](err); ok {
		return min(e.RetryAfter, maxRetryAfter)
	}
	return 0
}

// wait reports false when the context ended first.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
