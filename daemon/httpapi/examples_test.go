package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"claude-mem/client"
	"claude-mem/memory"
)

var update = flag.Bool("update", false, "write docs/api.md anew")

// exampleSystem is a daemon as people see one.
type exampleSystem struct{ *fakeSystem }

func (exampleSystem) Alive() client.Alive {
	return client.Alive{Status: "ok", Runtime: "local", Service: "claude-mem", User: "1000"}
}

func exampleLanes() []client.LaneHealth {
	return []client.LaneHealth{{
		LaneStats: memory.LaneStats{Lane: memory.LaneEvent, Queued: 2, Processing: 1, Completed: 240, LastSuccess: 1795399000000},
		Name:      "generate_event", OldestAgeMS: 40,
	}}
}

func (exampleSystem) Lanes(context.Context) ([]client.LaneHealth, error) { return exampleLanes(), nil }

func (exampleSystem) Health(context.Context) client.Health {
	return client.Health{
		Status: "degraded", Reasons: []string{"lane event is paused: quota"}, Runtime: "local", Version: "v1", Uptime: 3600, PID: 4242, Initialized: true,
		Queue:   client.QueueHealth{Engine: "goqite", Implementation: "goqite", Lanes: exampleLanes()},
		Storage: &client.StorageState{Driver: "sqlite", SchemaVersion: 1, SizeBytes: 4 << 20}, Spool: &client.SpoolState{},
	}
}

func (exampleSystem) Info(context.Context) (client.Info, error) {
	return client.Info{
		Name: "claude-mem-server", Runtime: "local", AuthMode: "api-key", QueueLanes: exampleLanes(),
		Storage:    &client.StorageState{Driver: "sqlite", SchemaVersion: 1, SizeBytes: 4 << 20},
		Boundaries: map[string]client.Boundary{"queueManager": {Status: "active"}},
	}, nil
}

// TestExamplesAreTrue makes docs/api.md: an example request and answer of each route,
// as a server really gives them.
func TestExamplesAreTrue(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.System = exampleSystem{&fakeSystem{}} })
	legacy := w.mint(memory.APIKey{Scopes: []string{memory.ScopeAll}, ProjectID: memory.Opt(w.p.ID)})
	all := samples(w)
	var b strings.Builder
	b.WriteString(examplesHead)
	for _, r := range Routes() {
		name := r.Method + " " + r.Pattern
		s, key := all[name], w.key
		if r.Scope == "" {
			s, key = sample{path: r.Pattern}, ""
		}
		if strings.HasPrefix(r.Pattern, "/api/sessions/") {
			key = legacy // of a project, as these routes want it
		}
		fmt.Fprintf(&b, "## %s\n\n%s\n\n", name, r.Doc)
		got := w.do(r.Method, s.path, key, s.body)
		fmt.Fprintf(&b, "```\n%s %s\n", r.Method, s.path)
		if s.body != "" {
			b.WriteString(pretty(t, []byte(s.body)))
		}
		fmt.Fprintf(&b, "```\n\n%d %s\n\n", got.Code, http.StatusText(got.Code))
		b.WriteString(shown(t, r, got))
	}
	text := settled(b.String())
	path := filepath.Join("..", "..", "docs", "api.md")
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil || text != string(want) {
		t.Errorf("docs/api.md is out of date (%v): go test ./daemon/httpapi -run Examples -update", err)
	}
}

const examplesHead = `# Examples

One request to each route, and the answer. Made by ` + "`go test ./daemon/httpapi -run Examples -update`" + ` from a real server; ids, keys and
times are made up. What each field means is in [openapi.yaml](openapi.yaml), how to send a key in [http.md](http.md).

`

// shown is an answer as it stands in the document. What is no JSON, or long, is told
// in its first lines.
func shown(t *testing.T, r Route, got reply) string {
	t.Helper()
	body := got.Body.Bytes()
	switch {
	case r.Pattern == "/v1/openapi.json":
		return "The document [openapi.yaml](openapi.yaml) as JSON.\n\n"
	case r.Pattern == "/metrics":
		return "Text in Prometheus' format.\n\n"
	case len(body) == 0:
		return ""
	case !json.Valid(body):
		return "```\n" + string(body) + "```\n\n"
	}
	return "```json\n" + pretty(t, body) + "```\n\n"
}

// maxShown is how many lines of an answer are shown.
const maxShown = 60

func pretty(t *testing.T, body []byte) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, body, "", "  "); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	if len(lines) > maxShown {
		lines = append(lines[:maxShown], "  …")
	}
	return strings.Join(lines, "\n") + "\n"
}

// settled puts in the place of what is different every time what never is.
func settled(text string) string {
	n, names := 0, map[string]string{}
	text = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).ReplaceAllStringFunc(text, func(id string) string {
		if names[id] == "" {
			n++
			names[id] = fmt.Sprintf("0195f0e2-0000-7000-8000-%012d", n)
		}
		return names[id]
	})
	for _, r := range [][2]string{
		{`cmem_[0-9a-f]{8,}`, "cmem_…"},
		{`(evt|bat|sum|rei)_[0-9a-f]{64}`, "${1}_…"},
		{`("prefix": )"[^"]*"`, `$1"cmem_…"`},
		{`(Epoch": )17\d{11}`, "${1}1795399000000"},
		{`("since": )\d{13}`, "${1}1793491200000"},
		{`("score": \d+\.\d)\d*`, "$1"},
		{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`, "2026-11-23T02:03:20Z"},
		{`\b20\d\d-\d\d-\d\d\b`, "2026-11-23"},
	} {
		text = regexp.MustCompile(r[0]).ReplaceAllString(text, r[1])
	}
	return text
}
