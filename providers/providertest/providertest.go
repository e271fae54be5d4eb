// Package providertest is the suite that every provider passes that asks a model
// over HTTP: it serves the wire format on the loopback interface, well and badly,
// and checks what each answer means.
//
//	providertest.Run(t, providertest.Wire{New: …, Answer: …, Error: …})
package providertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/providers/llm"
)

// Key is what the provider under test is given.
const Key = "test-0123456789abcdef-key"

// Answer is what a model says, whatever the wire.
type Answer struct {
	Text      string
	Reasoning string
	Stop      llm.Stop
}

// What every answer of the suite costs, and the model that is asked.
const (
	InputTokens  = 123
	OutputTokens = 45
	ModelName    = "model-1"
)

// Wire is one provider with its wire format.
type Wire struct {
	// New makes the provider of ModelName at the base URL with Key.
	New func(t *testing.T, base string) providers.Provider
	// Answer is the body of a 200.
	Answer func(a Answer) string
	// Error is the body of an error with that status.
	Error func(status int, message string) string
	// Check looks at a request that the provider sent: path, headers, body.
	Check func(t *testing.T, r *http.Request, body map[string]any)
}

// Run runs the suite.
func Run(t *testing.T, w Wire) {
	t.Run("request", func(t *testing.T) { testRequest(t, w) })
	t.Run("answers", func(t *testing.T) { testAnswers(t, w) })
	t.Run("failures", func(t *testing.T) { testFailures(t, w) })
	t.Run("redirect", func(t *testing.T) { testRedirect(t, w) })
	t.Run("connection", func(t *testing.T) { testConnection(t, w) })
}

// Request is a request for one edit.
func Request() providers.Request {
	return providers.Request{
		Kind: memory.KindEvent, Project: memory.Project{Name: "/src/api"}, Prompt: "Fix the retry",
		Events: []memory.Event{{
			ID: "e1", EventType: memory.EventToolUse, OccurredAt: 1795399000000,
			Payload: json.RawMessage(`{"tool_name":"Edit","tool_input":{"file_path":"/src/api/a.go","old_string":"n := 2","new_string":"n := 3"}}`),
		}},
	}
}

const block = `<observation><type>bugfix</type><title>Retry three times</title><narrative>n is 3 now.</narrative></observation>`

// reply is what the stub answers.
type reply struct {
	status int
	header http.Header
	body   string
}

func serve(t *testing.T, r reply) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for k, v := range r.header {
			w.Header()[k] = v
		}
		w.WriteHeader(r.status)
		_, _ = w.Write([]byte(r.body))
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func testRequest(t *testing.T, w Wire) {
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var body map[string]any
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Errorf("the request is no JSON: %v", err)
		}
		text, _ := json.Marshal(body)
		for _, want := range []string{"n := 2", "n := 3", "a.go", "Fix the retry"} {
			if !strings.Contains(string(text), want) {
				t.Errorf("the request does not hold %q: %s", want, text)
			}
		}
		if strings.Contains(string(text), Key) || strings.Contains(r.URL.String(), Key) {
			t.Error("the key stands in the body or the address, where servers log it")
		}
		if stream, _ := body["stream"].(bool); stream {
			t.Error("the answer is asked for as a stream")
		}
		w.Check(t, r, body)
		_, _ = rw.Write([]byte(w.Answer(Answer{Text: block, Stop: llm.StopEnd})))
	}))
	defer srv.Close()
	p := w.New(t, srv.URL)
	got, err := p.Generate(t.Context(), Request())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Observations) != 1 || got.Observations[0].Metadata.Title != "Retry three times" || got.Observations[0].Kind != memory.KindBugfix {
		t.Errorf("observations %+v", got.Observations)
	}
	if got.Provider != p.Name() || got.Model != ModelName || got.InputTokens != InputTokens || got.OutputTokens != OutputTokens {
		t.Errorf("provider %q, model %q, tokens %d and %d", got.Provider, got.Model, got.InputTokens, got.OutputTokens)
	}
}

// testAnswers checks what a 200 means; what was paid for is counted in any case.
func testAnswers(t *testing.T, w Wire) {
	for name, c := range map[string]struct {
		answer Answer
		class  providers.Class // "": it is of use
		made   int
	}{
		"skip":                  {Answer{Text: `<skip reason="nothing new"/>`, Stop: llm.StopEnd}, "", 0},
		"empty":                 {Answer{Stop: llm.StopEnd}, providers.ParseError, 0},
		"reasoning only":        {Answer{Reasoning: "hm", Stop: llm.StopEnd}, providers.ParseError, 0},
		"reasoning and an end":  {Answer{Reasoning: "hm", Stop: llm.StopLength}, providers.ParseError, 0},
		"reasoning, then words": {Answer{Reasoning: "hm", Text: block, Stop: llm.StopEnd}, "", 1},
		"cut off":               {Answer{Text: block + "<observation><title>x", Stop: llm.StopLength}, "", 1},
		"thoughts, then words":  {Answer{Text: "<think>" + strings.Replace(block, "Retry", "Try", 1) + "</think>\n" + block, Stop: llm.StopEnd}, "", 1},
		"cut off at once":       {Answer{Text: "<observation><title>x", Stop: llm.StopLength}, providers.ParseError, 0},
		"content filter":        {Answer{Stop: llm.StopFilter}, providers.BadRequest, 0},
		"prose":                 {Answer{Text: "It was fixed.", Stop: llm.StopEnd}, providers.ParseError, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := w.New(t, serve(t, reply{status: 200, body: w.Answer(c.answer)})).Generate(t.Context(), Request())
			check(t, err, c.class)
			if len(got.Observations) != c.made || c.class == "" && c.made == 0 && got.Skipped == "" {
				t.Errorf("observations %+v, skipped %q", got.Observations, got.Skipped)
			}
			if got.InputTokens != InputTokens || got.OutputTokens != OutputTokens {
				t.Errorf("tokens %d and %d", got.InputTokens, got.OutputTokens)
			}
		})
	}
}

// testFailures is the table of statuses and bodies, and what each means.
func testFailures(t *testing.T, w Wire) {
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	type failure struct {
		reply
		class providers.Class
		wait  time.Duration // of Retry-After, give or take
	}
	plain := func(status int, message string) reply { return reply{status: status, body: w.Error(status, message)} }
	after := func(r reply, value string) reply {
		r.header = http.Header{"Retry-After": {value}}
		return r
	}
	for name, c := range map[string]failure{
		"400":                          {plain(400, "prompt is too long"), providers.BadRequest, 0},
		"400 about the key":            {plain(400, "API key not valid. Please pass a valid API key."), providers.Auth, 0},
		"400 about money":              {plain(400, "Your credit balance is too low"), providers.Quota, 0},
		"401":                          {plain(401, "invalid x-api-key"), providers.Auth, 0},
		"402":                          {plain(402, "Insufficient credits"), providers.Quota, 0},
		"400 about the model":          {plain(400, "model-1 is not a valid model ID"), providers.Auth, 0},
		"403 about what was sent":      {plain(403, "The model requires moderation and your input was flagged"), providers.BadRequest, 0},
		"403":                          {plain(403, "permission denied"), providers.Auth, 0},
		"404":                          {plain(404, "no such model"), providers.Auth, 0},
		"408":                          {plain(408, "timeout"), providers.Transient, 0},
		"413":                          {plain(413, "request too large"), providers.BadRequest, 0},
		"429":                          {plain(429, "slow down"), providers.RateLimit, 0},
		"429 with seconds":             {after(plain(429, "slow down"), "7"), providers.RateLimit, 7 * time.Second},
		"429 with a date":              {after(plain(429, "slow down"), in(time.Minute)), providers.RateLimit, time.Minute},
		"429 with a date that is past": {after(plain(429, "slow down"), in(-time.Hour)), providers.RateLimit, 0},
		"429 with nonsense":            {after(plain(429, "slow down"), "soon"), providers.RateLimit, 0},
		"429 about the quota":          {plain(429, "You exceeded your current quota, please check your plan and billing details"), providers.Quota, 0},
		"429 about the minute's quota": {after(plain(429, "You exceeded your current quota"), "30"), providers.RateLimit, 30 * time.Second},
		"500":                          {plain(500, "oops"), providers.Transient, 0},
		"502 in HTML":                  {reply{status: 502, body: "<html>bad gateway</html>"}, providers.Transient, 0},
		"503":                          {after(plain(503, "busy"), "3"), providers.Overloaded, 3 * time.Second},
		"504":                          {plain(504, "timeout"), providers.Transient, 0},
		"529":                          {plain(529, "overloaded"), providers.Overloaded, 0},
		"quota in a 200":               {reply{status: 200, body: `{"error":{"code":402,"message":"requires more credits"}}`}, providers.Quota, 0},
		"words about it in a 200":      {reply{status: 200, body: `{"error":{"message":"insufficient_quota"}}`}, providers.Quota, 0},
		"failure in a 200":             {reply{status: 200, body: `{"error":{"code":502,"message":"model is down"}}`}, providers.Transient, 0},
		"no JSON":                      {reply{status: 200, body: "<html>"}, providers.Transient, 0},
		"JSON of another kind":         {reply{status: 200, body: `{}`}, providers.Transient, 0},
		"a list":                       {reply{status: 200, body: `[]`}, providers.Transient, 0},
		"an empty body":                {reply{status: 200}, providers.Transient, 0},
		"the key repeated":             {plain(401, "Incorrect API key provided: "+Key), providers.Auth, 0},
		"a huge answer":                {reply{status: 200, body: `{"x":"` + strings.Repeat("x", 9<<20) + `"}`}, providers.ParseError, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := w.New(t, serve(t, c.reply)).Generate(t.Context(), Request())
			check(t, err, c.class)
			if e, ok := errors.AsType[*providers.Error](err); ok && (e.RetryAfter < c.wait-10*time.Second || e.RetryAfter > c.wait) {
				t.Errorf("to be tried again after %s, want %s", e.RetryAfter, c.wait)
			}
			if len(got.Observations) > 0 {
				t.Errorf("observations %+v", got.Observations)
			}
		})
	}
}

// check checks the class of a failure, and that no failure tells the key.
func check(t *testing.T, err error, class providers.Class) {
	t.Helper()
	e, ok := errors.AsType[*providers.Error](err)
	switch {
	case class == "" && err != nil:
		t.Errorf("failed: %v", err)
	case class != "" && (!ok || e.Class != class):
		t.Errorf("error %v, want one of class %s", err, class)
	}
	if err != nil && strings.Contains(fmt.Sprintf("%v %+v", err, e), Key) {
		t.Errorf("the error tells the key: %v", err)
	}
	if ok && e.Err.Error() == "" {
		t.Error("the error says nothing")
	}
}

// testRedirect checks that the key goes to nobody whom the user did not name.
func testRedirect(t *testing.T, w Wire) {
	var asked atomic.Int64
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer stranger.Close()
	for _, status := range []int{301, 302, 307, 308} {
		base := serve(t, reply{status: status, header: http.Header{"Location": {stranger.URL}}})
		_, err := w.New(t, base).Generate(t.Context(), Request())
		check(t, err, providers.BadRequest)
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("%d redirects were followed", n)
	}
}

// testConnection checks servers that do not come to an answer.
func testConnection(t *testing.T, w Wire) {
	slow := make(chan struct{})
	t.Run("slow", func(t *testing.T) {
		srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			time.Sleep(50 * time.Millisecond)
			_, _ = rw.Write([]byte(w.Answer(Answer{Text: block, Stop: llm.StopEnd})))
		}))
		defer srv.Close()
		_, err := w.New(t, srv.URL).Generate(t.Context(), Request())
		check(t, err, "")
	})
	t.Run("hangs past the deadline", func(t *testing.T) {
		srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-slow }))
		defer srv.Close()
		defer close(slow)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := w.New(t, srv.URL).Generate(ctx, Request())
		check(t, err, providers.Transient)
	})
	t.Run("breaks off", func(t *testing.T) {
		srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Length", "1000")
			_, _ = rw.Write([]byte(`{"half`))
			panic(http.ErrAbortHandler)
		}))
		defer srv.Close()
		_, err := w.New(t, srv.URL).Generate(t.Context(), Request())
		check(t, err, providers.Transient)
	})
	t.Run("nobody there", func(t *testing.T) {
		srv := httptest.NewServer(http.NotFoundHandler())
		srv.Close()
		_, err := w.New(t, srv.URL).Generate(t.Context(), Request())
		check(t, err, providers.Transient)
	})
}
