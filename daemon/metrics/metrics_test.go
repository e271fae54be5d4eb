package metrics

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"claude-mem/client"
	"claude-mem/memory"
	"claude-mem/providers"
)

// scrape is what Prometheus would read.
func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	rec := httptest.NewRecorder()
	m.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if rec.Code != http.StatusOK {
		t.Fatalf("status %d: %s", rec.Code, rec.Body)
	}
	return rec.Body.String()
}

func has(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
}

func TestRequests(t *testing.T) {
	m := New()
	m.Request("GET", "/v1/jobs/:id", 200, 3*time.Millisecond)
	m.Request("GET", "/v1/jobs/:id", 200, time.Second)
	m.Request("GET", "/v1/stream", 200, 0)
	text := scrape(t, m)
	has(t, text,
		`claude_mem_http_requests_total{method="GET",route="/v1/jobs/:id",status="200"} 2`,
		`claude_mem_http_request_seconds_bucket{method="GET",route="/v1/jobs/:id",le="0.005"} 1`,
		`claude_mem_http_request_seconds_count{method="GET",route="/v1/jobs/:id"} 2`,
		`claude_mem_http_requests_total{method="GET",route="/v1/stream",status="200"} 1`,
	)
	if strings.Contains(text, `request_seconds_count{method="GET",route="/v1/stream"}`) || !strings.Contains(text, "go_goroutines") {
		t.Errorf("scrape %s", text)
	}
}

func TestState(t *testing.T) {
	m := New()
	m.Watch(func(context.Context) client.Health {
		return client.Health{
			Status: "degraded", Uptime: 7, Storage: &client.StorageState{Driver: "sqlite", SizeBytes: 4096},
			Spool: &client.SpoolState{Files: 2}, Workers: make([]memory.Worker, 3),
			Queue: client.QueueHealth{Lanes: []client.LaneHealth{{LaneStats: memory.LaneStats{Lane: "event", Queued: 5}, OldestAgeMS: 1500, Paused: "quota"}}},
		}
	})
	has(t, scrape(t, m),
		"claude_mem_healthy 0", "claude_mem_uptime_seconds 7", "claude_mem_workers 3", `claude_mem_lane_jobs{lane="event",state="waiting"} 5`,
		`claude_mem_lane_oldest_seconds{lane="event"} 1.5`, `claude_mem_lane_paused{lane="event"} 1`,
		`claude_mem_spool{what="files"} 2`, `claude_mem_storage_bytes{driver="sqlite"} 4096`,
	)
}

// answering is a provider that answers as it is told.
type answering struct {
	resp providers.Response
	err  error
}

func (*answering) Name() string                       { return "claude" }
func (*answering) Next() (provider, model string)     { return "claude", "big" }
func (a *answering) Free() (providers.Provider, bool) { return a, true }
func (a *answering) Generate(context.Context, providers.Request) (providers.Response, error) {
	return a.resp, a.err
}

func TestProvider(t *testing.T) {
	m, a := New(), &answering{}
	p := m.Provider(a)
	if free, whole := providers.FreePart(p); free == nil || !whole || free.Name() != "claude" || p.Name() != "claude" {
		t.Error("the provider is another than it was")
	}
	if name, model := providers.Next(p); name != "claude" || model != "big" {
		t.Errorf("%s %s is asked next", name, model)
	}
	ask := func(ctx context.Context, resp providers.Response, err error) {
		a.resp, a.err = resp, err
		if _, got := p.Generate(ctx, providers.Request{}); !errors.Is(got, err) {
			t.Errorf("error %v, want %v", got, err)
		}
	}
	ask(t.Context(), providers.Response{
		Provider: "gemini", InputTokens: 100, OutputTokens: 20, Earlier: []providers.Cost{{Provider: "claude", InputTokens: 5}},
	}, nil)
	ask(t.Context(), providers.Response{}, &providers.Error{Class: providers.Quota, Err: errors.New("no more")})
	ask(t.Context(), providers.Response{}, errors.New("odd"))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	ask(gone, providers.Response{}, context.Canceled)
	has(t, scrape(t, m),
		`claude_mem_provider_calls_total{outcome="ok",provider="gemini"} 1`, `claude_mem_provider_calls_total{outcome="quota",provider="claude"} 1`,
		`claude_mem_provider_calls_total{outcome="error",provider="claude"} 1`, `claude_mem_provider_calls_total{outcome="cancelled",provider="claude"} 1`,
		`claude_mem_provider_tokens_total{direction="input",provider="gemini"} 100`, `claude_mem_provider_tokens_total{direction="output",provider="gemini"} 20`,
		`claude_mem_provider_tokens_total{direction="input",provider="claude"} 5`, `claude_mem_provider_call_seconds_count{provider="claude"} 3`,
	)
}
