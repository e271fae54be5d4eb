package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"claude-mem/memory"

	"github.com/google/go-cmp/cmp"
)

// transports are the two ways a request travels; both must behave alike.
func transports() map[string]http.RoundTripper {
	return map[string]http.RoundTripper{"pooled": nil, "one shot": OneShot{}}
}

// seen is what a stub server was asked.
type seen struct {
	Method, URI, Body string
	Header            http.Header
}

// stub answers every request with status and body, and tells what it was asked.
func stub(t *testing.T, status int, body string) (*httptest.Server, *seen) {
	t.Helper()
	var got seen
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		got = seen{Method: r.Method, URI: r.RequestURI, Body: string(data), Header: r.Header.Clone()}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(srv.Close)
	return srv, &got
}

func TestRequestsAreTheContracts(t *testing.T) {
	ctx := t.Context()
	at := memory.Epoch(1795399000000)
	tests := []struct {
		name, want string // "METHOD URI body"
		answer     string
		call       func(c *Client) (any, error)
	}{
		{"hook", `POST /v1/hooks {"project":"/p","sessionId":"s","platformSource":"claude-code","occurredAtEpoch":5}`, `{}`,
			func(c *Client) (any, error) {
				return c.Hook(ctx, memory.HookRecord{Project: "/p", SessionID: "s", PlatformSource: "claude-code", OccurredAt: 5})
			}},
		{"start", `POST /v1/sessions/start {"projectId":"p","externalSessionId":"x"}`, `{}`,
			func(c *Client) (any, error) {
				return c.StartSession(ctx, memory.SessionInput{ProjectID: "p", ExternalSessionID: "x"})
			}},
		{"session", `GET /v1/sessions/a%2Fb `, `{}`, func(c *Client) (any, error) { return c.Session(ctx, "a/b") }},
		{"end", `POST /v1/sessions/s/end {}`, `{}`, func(c *Client) (any, error) { return c.EndSession(ctx, "s") }},
		{"event", `POST /v1/events?generate=false&wait=true {"projectId":"p","sourceType":"api","eventType":"e","occurredAtEpoch":1795399000000}`, `{}`,
			func(c *Client) (any, error) {
				in := memory.EventInput{ProjectID: "p", SourceType: "api", EventType: "e", OccurredAt: &at}
				return c.PutEvent(ctx, in, EventOptions{NoGenerate: true, Wait: true})
			}},
		{"batch does not wait", `POST /v1/events/batch []`, `{}`,
			func(c *Client) (any, error) { return c.PutEvents(ctx, []memory.EventInput{}, EventOptions{Wait: true}) }},
		{"get event", `GET /v1/events/e `, `{}`, func(c *Client) (any, error) { return c.Event(ctx, "e") }},
		{"event observations", `GET /v1/events/e/observations `, `{}`, func(c *Client) (any, error) { return c.EventObservations(ctx, "e") }},
		{"job", `GET /v1/jobs/j `, `{}`, func(c *Client) (any, error) { return c.Job(ctx, "j") }},
		{"jobs", `GET /v1/jobs?limit=3&offset=2&since=2026-11-23T01%3A56%3A40Z&source_type=agent_event&status=failed `, `{}`,
			func(c *Client) (any, error) {
				return c.Jobs(ctx, JobFilter{Status: memory.JobFailed, SourceType: "agent_event", Since: at, Limit: 3, Offset: 2})
			}},
		{"remember", `POST /v1/memories {"projectId":"p","content":"c"}`, `{}`,
			func(c *Client) (any, error) { return c.Remember(ctx, MemoryRequest{ProjectID: "p", Content: "c"}) }},
		{"memory", `GET /v1/memories/m `, `{}`, func(c *Client) (any, error) { return c.Memory(ctx, "m") }},
		{"search", `POST /v1/search {"projectId":"p","query":"a/b","kinds":["bugfix"],"since":7}`, `{}`,
			func(c *Client) (any, error) {
				return c.Search(ctx, SearchRequest{ProjectID: "p", Query: "a/b", Kinds: []string{"bugfix"}, Since: 7})
			}},
		{"context", `POST /v1/context {"projectId":"p","query":"q","tokenBudget":9}`, `{}`,
			func(c *Client) (any, error) {
				return c.Context(ctx, ContextRequest{ProjectID: "p", Query: "q", TokenBudget: 9})
			}},
		{"session context", `GET /v1/context?projectId=%2Fp `, `{}`,
			func(c *Client) (any, error) {
				return c.SessionContext(ctx, SessionContextRequest{ProjectID: "/p"})
			}},
		{"timeline", `GET /v1/timeline?after=0&anchor=12&before=1&projectId=p `, `{}`,
			func(c *Client) (any, error) {
				return c.Timeline(ctx, TimelineRequest{ProjectID: "p", Anchor: 12, Before: new(1), After: new(0)})
			}},
		{"observations", `POST /v1/observations/batch {"numbers":[3,1]}`, `{}`,
			func(c *Client) (any, error) {
				return c.ObservationsBatch(ctx, ObservationsRequest{Numbers: []int64{3, 1}})
			}},
		{"projects", `GET /v1/projects `, `{}`, func(c *Client) (any, error) { return c.Projects(ctx) }},
		{"project's generation", `PATCH /v1/projects/p {"generation":{"policy":"debounce"}}`, `{}`, func(c *Client) (any, error) {
			return c.SetGeneration(ctx, "p", memory.GenerationSettings{Policy: memory.PolicyDebounce})
		}},
		{"stats", `GET /v1/stats?projectId=p `, `{}`, func(c *Client) (any, error) { return c.Stats(ctx, "p") }},
		{"stats of all", `GET /v1/stats `, `{}`, func(c *Client) (any, error) { return c.Stats(ctx, "") }},
		{"healthz", `GET /healthz `, `{}`, func(c *Client) (any, error) { return c.Healthz(ctx) }},
		{"health", `GET /api/health `, `{"status":"ok"}`, func(c *Client) (any, error) { return c.Health(ctx) }},
		{"readiness", `GET /api/readiness `, `{}`, func(c *Client) (any, error) { return c.Readiness(ctx) }},
		{"version", `GET /api/version `, `{}`, func(c *Client) (any, error) { return c.Version(ctx) }},
		{"info", `GET /v1/info `, `{}`, func(c *Client) (any, error) { return c.Info(ctx) }},
	}
	for how, rt := range transports() {
		for _, tt := range tests {
			t.Run(how+"/"+tt.name, func(t *testing.T) {
				srv, got := stub(t, 200, tt.answer)
				if _, err := tt.call(New(srv.URL+"/", "cmem_k", Options{Transport: rt})); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, got.Method+" "+got.URI+" "+got.Body); diff != "" {
					t.Error(diff)
				}
				if auth := got.Header.Get("Authorization"); auth != "Bearer cmem_k" {
					t.Errorf("Authorization = %q", auth)
				}
			})
		}
	}
}

func TestErrorAnswers(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		want   error
		text   string
	}{
		{"named", 404, `{"error":"NotFound","message":"Event not found"}`, memory.ErrNotFound, "Event not found"},
		{"issues", 400, `{"error":"ValidationError","message":"0.kind: m","issues":[{"code":"c","path":[1,"sourceType"],"message":"no"}]}`,
			memory.ErrValidation, "1.sourceType: no"},
		{"html of a proxy", 502, `<html>secret</html>`, memory.ErrUnavailable, "the server answered 502"},
		{"name and status disagree", 403, `{"error":"NotFound"}`, memory.ErrForbidden, "the server answered 403"},
		{"unknown name", 500, `{"error":"Boom"}`, &memory.Error{Code: memory.CodeInternal}, "the server answered 500"},
		{"empty", 401, ``, memory.ErrUnauthorized, "the server answered 401"},
		{"redirect is not followed", 302, ``, &memory.Error{Code: memory.CodeInternal}, "the server answered 302"},
		{"garbage with 200", 200, `hello`, &memory.Error{Code: memory.CodeInternal}, "no claude-mem server"},
	}
	for how, rt := range transports() {
		for _, tt := range tests {
			t.Run(how+"/"+tt.name, func(t *testing.T) {
				srv, _ := stub(t, tt.status, tt.body)
				_, err := New(srv.URL, "", Options{Transport: rt, Retries: -1}).Event(t.Context(), "e")
				if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
					t.Errorf("got %v, want %v with %q", err, tt.want, tt.text)
				}
				if strings.Contains(err.Error(), "secret") {
					t.Errorf("a foreign body was repeated: %v", err)
				}
			})
		}
	}
}

func TestErrorTableRoundTrips(t *testing.T) {
	in := &memory.Error{Code: memory.CodeValidation, Issues: []memory.Issue{{Code: "c", Path: []string{"0", "kind"}, Message: "m"}}}
	status, body := NewErrorBody(fmt.Errorf("wrapped: %w", in), "r-1")
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"error":"ValidationError","message":"0.kind: m","issues":[{"code":"c","path":[0,"kind"],"message":"m"}],"requestId":"r-1"}`
	if status != 400 || string(raw) != want {
		t.Errorf("%d %s, want 400 %s", status, raw, want)
	}
	var back ErrorBody
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in.Issues, back.Err().Issues); diff != "" {
		t.Error(diff)
	}
	status, body = NewErrorBody(errors.New("password is hunter2"), "")
	if status != 500 || body.Message != "Internal error" || body.Error != memory.CodeInternal {
		t.Errorf("internals leak: %d %+v", status, body)
	}
	for _, code := range []memory.Code{
		memory.CodeUnauthorized, memory.CodeForbidden, memory.CodeNotFound, memory.CodeConflict, memory.CodeTooLarge,
		memory.CodeTooMany, memory.CodeQuota, memory.CodeUnavailable, memory.CodeBadRequest, memory.CodeInternal,
	} {
		if got := codeOf(Status(code)); got != code {
			t.Errorf("codeOf(Status(%s)) = %s", code, got)
		}
	}
}

func TestReadsAreTriedAgainAndWritesAreNot(t *testing.T) {
	for _, tt := range []struct {
		name string
		call func(c *Client) error
		want int64
	}{
		{"read", func(c *Client) error { _, err := c.Event(t.Context(), "e"); return err }, 3},
		{"asking post", func(c *Client) error { _, err := c.Search(t.Context(), SearchRequest{}); return err }, 3},
		{"write", func(c *Client) error { _, err := c.Hook(t.Context(), memory.HookRecord{}); return err }, 1},
		{"readiness", func(c *Client) error { _, err := c.Readiness(t.Context()); return err }, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked atomic.Int64
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				w.WriteHeader(http.StatusServiceUnavailable)
			}))
			defer srv.Close()
			if err := tt.call(New(srv.URL, "", Options{})); !errors.Is(err, memory.ErrUnavailable) {
				t.Errorf("got %v", err)
			}
			if asked.Load() != tt.want {
				t.Errorf("asked %d times, want %d", asked.Load(), tt.want)
			}
		})
	}
}

func TestReadRecovers(t *testing.T) {
	var asked atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		body, _ := io.ReadAll(r.Body)
		if !strings.Contains(string(body), `"query":"again"`) {
			t.Errorf("the second try lost the body: %q", body)
		}
		fmt.Fprint(w, `{"observations":[{"id":"o","score":1.5}]}`)
	}))
	defer srv.Close()
	got, err := New(srv.URL, "", Options{}).Search(t.Context(), SearchRequest{Query: "again"})
	if err != nil || len(got.Observations) != 1 || got.Observations[0].ID != "o" || got.Observations[0].Score != 1.5 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestUnavailable(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	for how, rt := range transports() {
		t.Run(how+"/nobody listens", func(t *testing.T) {
			_, err := New("http://"+addr, "", Options{Transport: rt}).Healthz(t.Context())
			op, ok := errors.AsType[*net.OpError](err)
			if !errors.Is(err, memory.ErrUnavailable) || !ok || op.Op != "dial" {
				t.Errorf("got %v", err)
			}
		})
		t.Run(how+"/hangs", func(t *testing.T) {
			srv := hanging(t)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(20*time.Millisecond, cancel)
			_, err := New(srv, "", Options{Transport: rt}).Healthz(ctx)
			if !errors.Is(err, memory.ErrUnavailable) || !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
		t.Run(how+"/deadline", func(t *testing.T) {
			srv := hanging(t)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			if _, err := New(srv, "", Options{Transport: rt}).Healthz(ctx); !errors.Is(err, memory.ErrUnavailable) {
				t.Errorf("got %v", err)
			}
		})
		t.Run(how+"/no address", func(t *testing.T) {
			if _, err := New("http://[::1", "", Options{Transport: rt}).Healthz(t.Context()); err == nil {
				t.Error("no error")
			}
		})
	}
}

// hanging accepts connections and never answers.
func hanging(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return "http://" + ln.Addr().String()
}

func TestAnswersAreBounded(t *testing.T) {
	for how, rt := range transports() {
		t.Run(how, func(t *testing.T) {
			srv, _ := stub(t, 200, `{"version":"`+strings.Repeat("x", 2000)+`"}`)
			_, err := New(srv.URL, "", Options{Transport: rt, MaxBytes: 1000}).Version(t.Context())
			if !errors.Is(err, memory.ErrTooLarge) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestDegradedHealthIsAnAnswer(t *testing.T) {
	srv, _ := stub(t, 503, `{"status":"degraded","reasons":["the event lane stands still"]}`)
	got, err := New(srv.URL, "", Options{}).Health(t.Context())
	if err != nil || got.Status != "degraded" || len(got.Reasons) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	srv, _ = stub(t, 503, `{}`)
	if _, err := New(srv.URL, "", Options{}).Health(t.Context()); !errors.Is(err, memory.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestRetryAfterIsRead(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer srv.Close()
	_, err := New(srv.URL, "", Options{}).Event(t.Context(), "e")
	e, ok := errors.AsType[*memory.Error](err)
	if !ok || e.Code != memory.CodeTooMany || e.RetryAfter != 30*time.Second {
		t.Errorf("got %+v", err)
	}
}

// A team may have more projects than the server lists at once.
func TestProjectsAreListedPageByPage(t *testing.T) {
	const many = 2*projectsPage + 3
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, _ := strconv.Atoi(r.FormValue("offset"))
		var page ProjectList
		for i := from; i < min(from+projectsPage, many); i++ {
			page.Projects = append(page.Projects, memory.Project{ID: strconv.Itoa(i)})
		}
		_ = json.NewEncoder(w).Encode(page)
	}))
	defer srv.Close()
	all, err := New(srv.URL, "", Options{}).Projects(t.Context())
	if err != nil || len(all) != many || all[many-1].ID != strconv.Itoa(many-1) {
		t.Errorf("%d projects, %v", len(all), err)
	}
}
