package httpapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"claude-mem/memory"
	"claude-mem/storage"
)

// bearer sends a key along.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(r)
}

// mcpSession connects the SDK's client to the world with a key.
func mcpSession(t *testing.T, w *world, key string) *sdk.ClientSession {
	t.Helper()
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	cs, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), &sdk.StreamableClientTransport{
		Endpoint: server.URL + "/v1/mcp", HTTPClient: &http.Client{Transport: bearer(key)}, MaxRetries: -1,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cs.Close() })
	return cs
}

func mcpCall(t *testing.T, cs *sdk.ClientSession, tool string, args map[string]any) (text string, failed bool) {
	t.Helper()
	res, err := cs.CallTool(t.Context(), &sdk.CallToolParams{Name: tool, Arguments: args})
	if err != nil {
		t.Fatalf("%s: %v", tool, err)
	}
	return res.Content[0].(*sdk.TextContent).Text, res.IsError
}

func TestMCPReads(t *testing.T) { onEachEngine(t, mcpReads) }

func mcpReads(t *testing.T, w *world) {
	w.do("POST", "/v1/memories", w.key, text(t, map[string]any{"projectId": w.p.ID, "content": "Retry budget is five"})).want(201)
	cs := mcpSession(t, w, w.mint(memory.APIKey{Scopes: []string{memory.ScopeObservationsRead}, ProjectID: memory.Opt(w.p.ID)}))
	list, err := cs.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range list.Tools {
		names = append(names, tool.Name)
		if !tool.Annotations.ReadOnlyHint {
			t.Errorf("%s is not read-only", tool.Name)
		}
	}
	if got := strings.Join(names, " "); got != "context recent search" {
		t.Errorf("tools: %s", got)
	}
	for tool, args := range map[string]map[string]any{
		"search": {"query": "retry budget"}, "context": {"query": "retry budget", "tokenBudget": 500}, "recent": {},
	} {
		if got, failed := mcpCall(t, cs, tool, args); failed || !strings.Contains(got, "Retry budget is five") {
			t.Errorf("%s: %v %q", tool, failed, got)
		}
	}
	w.Flush(t.Context())
	audit, err := w.store.Audit(t.Context(), memory.Scope{TeamID: w.ours.ID, ProjectID: w.p.ID}, storage.AuditFilter{Action: memory.AuditObservationRead}, storage.Page{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(audit) != 3 {
		t.Errorf("%d of 3 reads are audited", len(audit))
	}
}

// A key sees its own team and project, whatever a tool is asked for.
func TestMCPKeepsTenantsApart(t *testing.T) {
	w := newWorld(t, nil)
	w.do("POST", "/v1/memories", w.key, text(t, map[string]any{"projectId": w.p.ID, "content": "Retry budget is five"})).want(201)
	foreign := w.mint(memory.APIKey{Scopes: []string{memory.ScopeAll}, TeamID: w.theirs.ID})
	bound := w.mint(memory.APIKey{Scopes: []string{memory.ScopeAll}, ProjectID: memory.Opt(w.q.ID)})
	for name, key := range map[string]string{"another team": foreign, "another project": bound} {
		cs := mcpSession(t, w, key)
		for _, project := range []string{w.p.ID, w.p.Name, ""} {
			for tool, args := range map[string]map[string]any{"search": {"query": "retry"}, "context": {"query": "retry"}, "recent": {}} {
				args["project"] = project
				if got, _ := mcpCall(t, cs, tool, args); strings.Contains(got, "five") {
					t.Errorf("%s: %s of %q shows %q", name, tool, project, got)
				}
			}
		}
	}
	// A key of a team with several projects has to say which.
	if got, failed := mcpCall(t, mcpSession(t, w, w.key), "recent", nil); !failed || !strings.Contains(got, w.p.Name) || !strings.Contains(got, w.q.Name) {
		t.Errorf("%v %q", failed, got)
	}
}

// What is wrong with a request is told as on every route.
func TestMCPRefuses(t *testing.T) {
	w := newWorld(t, nil)
	listen := `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",` +
		`"io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}},"notifications":{}}}`
	for name, c := range map[string]struct {
		body   string
		change func(*http.Request)
		status int
	}{
		"no JSON":         {"{", nil, 400},
		"empty":           {"", nil, 400},
		"deep":            {strings.Repeat("[", 300) + strings.Repeat("]", 300), nil, 400},
		"a form":          {"a=b", func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, 400},
		"foreign origin":  {"{}", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403},
		"foreign host":    {"{}", func(r *http.Request) { r.Host = "evil.example" }, 403},
		"unknown version": {`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, func(r *http.Request) { r.Header.Set("Mcp-Protocol-Version", "1999-01-01") }, 400},
		"a stream": {listen, func(r *http.Request) {
			r.Header.Set("Mcp-Protocol-Version", "2026-07-28")
			r.Header.Set("Mcp-Method", "subscriptions/listen")
		}, 404},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			got := w.do("POST", "/v1/mcp", w.key, c.body, func(r *http.Request) {
				*r = *r.WithContext(ctx)
				if c.change != nil {
					c.change(r)
				}
			})
			if got.Code != c.status {
				t.Errorf("%d, want %d: %s", got.Code, c.status, got.Body)
			}
			if ct := got.Header().Get("Content-Type"); !strings.HasPrefix(ct, "application/json") {
				t.Errorf("answers %s: %s", ct, got.Body)
			}
		})
	}
	if got := w.do("GET", "/v1/mcp", w.key, ""); got.Code != 405 || got.Header().Get("Allow") != "POST" {
		t.Errorf("GET: %d %v", got.Code, got.Header())
	}
}
