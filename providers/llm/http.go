package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"claude-mem/internal/privacy"
	"claude-mem/providers"
)

const (
	// maxAnswer bounds what is read of an answer: many times what the largest number
	// of tokens that can be asked for takes.
	maxAnswer = 8 << 20
	// idleConns is how many connections to a server are kept for the next call.
	idleConns = 16
)

// HTTP posts JSON to one server.
type HTTP struct {
	base   *url.URL
	key    string
	header http.Header
	client *http.Client
}

// NewHTTP makes an HTTP for the server at the base URL. The header, which holds the
// key, goes to that server only: redirects are not followed. The key is given once
// more so that it can be kept out of errors: some servers repeat it.
func NewHTTP(base, key string, header http.Header) (*HTTP, error) {
	u, err := url.Parse(strings.TrimRight(base, "/"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is no base URL; it looks like https://host/v1", privacy.Text(base))
	}
	transport := http.DefaultTransport.(*http.Transport).Clone() // proxies from the environment, as people expect
	transport.MaxIdleConnsPerHost = idleConns
	transport.IdleConnTimeout = time.Minute
	return &HTTP{base: u, key: key, header: header, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Post sends in to the path below the base and reads the answer into out. A failure
// is a [*providers.Error] without the key and the body that was sent.
func (h *HTTP) Post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return &providers.Error{Class: providers.BadRequest, Err: fmt.Errorf("encode the request: %w", err)}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.base.String()+path, bytes.NewReader(body))
	if err != nil {
		return &providers.Error{Class: providers.BadRequest, Err: errors.New("the base URL and the model's name make no address")}
	}
	for name, values := range h.header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := h.client.Do(req)
	if err != nil {
		return h.failure(ctx, err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	answer = h.withoutKey(answer)
	switch {
	case err != nil:
		return h.failure(ctx, err)
	case res.StatusCode < 200 || res.StatusCode > 299:
		return StatusError(res.StatusCode, res.Header, answer)
	case len(answer) > maxAnswer:
		return &providers.Error{Class: providers.ParseError, Err: fmt.Errorf("the answer is larger than %d MiB", maxAnswer>>20)}
	}
	if e := BodyError(res.Header, answer); e != nil {
		return e
	}
	if json.Unmarshal(answer, out) != nil {
		return Unreadable()
	}
	return nil
}

// withoutKey is an answer that anything may be repeated of.
func (h *HTTP) withoutKey(answer []byte) []byte {
	if h.key == "" {
		return answer
	}
	return bytes.ReplaceAll(answer, []byte(h.key), []byte("[redacted:key]"))
}

// failure says what went wrong before there was an answer. The error of net/http
// holds the whole address, which may hold a password.
func (h *HTTP) failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return transient(fmt.Errorf("no answer from %s: %w", h.base.Host, context.Cause(ctx)))
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return transient(fmt.Errorf("no answer from %s: %s", h.base.Host, privacy.Text(err.Error())))
}
