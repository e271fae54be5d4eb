package mcp_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"claude-mem/client"
	"claude-mem/mcp"
	"claude-mem/memory"
)

// fake is a memory that notes what it is asked for.
type fake struct {
	t       *testing.T
	opened  int
	openErr error
	all     []memory.Observation
	asked   any
	err     error
	how     string // what meaning had to do with a search
}

func (f *fake) Open(context.Context) (mcp.Memory, error) { f.opened++; return f, f.openErr }

func (f *fake) Project(_ context.Context, _ mcp.Memory, asked string) (string, error) {
	if asked == "" {
		return "/here", nil
	}
	return "id-of-" + asked, nil
}

func (f *fake) Search(_ context.Context, in client.SearchRequest) (out client.SearchResponse, err error) {
	f.asked = in
	if in.Query == "praser" {
		out.Respelled = []client.Respelled{{Asked: "praser", Found: []string{"parser"}}}
	}
	for _, o := range f.all {
		out.Observations = append(out.Observations, client.SearchHit{Observation: o, Score: 1.5, Matched: []string{"x"}})
	}
	out.Semantic = f.how
	return out, f.err
}

func (f *fake) Timeline(_ context.Context, in client.TimelineRequest) (client.TimelineResponse, error) {
	f.asked = in
	return client.TimelineResponse{Anchor: in.Anchor, Observations: f.all}, f.err
}

func (f *fake) ObservationsBatch(_ context.Context, in client.ObservationsRequest) (out []memory.Observation, err error) {
	for _, n := range in.Numbers {
		for _, o := range f.all {
			if o.Number == n {
				out = append(out, o)
			}
		}
	}
	return out, f.err
}

func (f *fake) Context(_ context.Context, in client.ContextRequest) (client.ContextResponse, error) {
	f.asked = in
	return client.ContextResponse{Context: "what is known"}, f.err
}

func (f *fake) Remember(_ context.Context, in client.MemoryRequest) (memory.Observation, error) {
	f.asked = in
	return memory.Observation{Number: 9}, f.err
}

func (f *fake) PutEvent(_ context.Context, in memory.EventInput, o client.EventOptions) (client.EventResult, error) {
	f.asked = in
	out := client.EventResult{Event: memory.Event{ID: "ev"}}
	if !o.NoGenerate {
		out.GenerationJob = &client.JobTicket{ID: "job"}
	}
	return out, in.Validate()
}

func (f *fake) Job(context.Context, string) (memory.Job, error) {
	return memory.Job{Status: memory.JobFailed, Attempts: 3, MaxAttempts: 3, LastError: "the provider is away"}, f.err
}

func (f *fake) Projects(context.Context) ([]memory.Project, error) { return nil, f.err }

// session connects the SDK's client to the server over pipes in memory.
func session(t *testing.T, f *fake) *sdk.ClientSession {
	t.Helper()
	f.t = t
	near, far := sdk.NewInMemoryTransports()
	server, err := mcp.Local(f, mcp.Options{Version: "v1"}).Connect(t.Context(), far, nil)
	if err != nil {
		t.Fatal(err)
	}
	cs, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), near, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cs.Close(); _ = server.Wait() })
	return cs
}

// call calls a tool and returns its text and whether it is an error.
func call(t *testing.T, cs *sdk.ClientSession, name string, args map[string]any) (text string, failed bool) {
	t.Helper()
	res, err := cs.CallTool(t.Context(), &sdk.CallToolParams{Name: name, Arguments: args})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if res.StructuredContent != nil || len(res.Content) != 1 {
		t.Errorf("%s says things twice: %+v", name, res)
	}
	return res.Content[0].(*sdk.TextContent).Text, res.IsError
}

func observation(n int64, title string) memory.Observation {
	return memory.Observation{
		Number: n, ID: "0192-long-id", Kind: "bugfix", Content: title + "\n\nThe whole story.", OccurredAt: 1795399000000 + memory.Epoch(n),
		Metadata: memory.Metadata{Title: title, FilesModified: []string{"pkg/parse.go"}},
	}
}

// The list of tools is what a model pays for in each session, and what hosts go by.
func TestTools(t *testing.T) {
	f := &fake{openErr: memory.Errorf(memory.CodeUnavailable, "the daemon is down")}
	cs := session(t, f)
	list, err := cs.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if f.opened != 0 {
		t.Error("the memory was opened for a list of tools")
	}
	writing := map[string]bool{"observation_add": true, "memory_add": true, "observation_record_event": true}
	want := []string{"search", "timeline", "get_observations", "observation_add", "observation_record_event", "observation_search",
		"observation_context", "observation_generation_status", "memory_add", "memory_search", "memory_context"}
	there := map[string]*sdk.Tool{}
	for _, tool := range list.Tools {
		there[tool.Name] = tool
		schema := tool.InputSchema.(map[string]any)
		if schema["additionalProperties"] != false && fmt.Sprint(schema["additionalProperties"]) != "map[not:map[]]" {
			t.Errorf("%s takes arguments it does not know: %v", tool.Name, schema["additionalProperties"])
		}
		for name, p := range schema["properties"].(map[string]any) {
			if p.(map[string]any)["description"] == nil {
				t.Errorf("%s does not describe %s", tool.Name, name)
			}
		}
		if tool.Annotations.ReadOnlyHint == writing[tool.Name] || tool.Description == "" || len(tool.Description) > 400 {
			t.Errorf("%s: %+v %q", tool.Name, tool.Annotations, tool.Description)
		}
		if writing[tool.Name] && *tool.Annotations.DestructiveHint {
			t.Errorf("%s destroys nothing", tool.Name)
		}
	}
	for _, name := range want {
		if there[name] == nil {
			t.Errorf("there is no tool %s", name)
		}
	}
	if len(list.Tools) != len(want) {
		t.Errorf("%d tools, want %d", len(list.Tools), len(want))
	}
}

func TestThreeLayers(t *testing.T) {
	f := &fake{all: []memory.Observation{observation(41, "Mend the parser"), observation(57, "Test the parser")}}
	cs := session(t, f)
	text, failed := call(t, cs, "search", map[string]any{"query": "parser", "since": "2026-01-31", "until": "2026-01-31", "kinds": []string{"bugfix"}})
	if failed || strings.Count(text, "\n") != 2 || !strings.Contains(text, "#41 bugfix: Mend the parser (parse.go) ~") || strings.Contains(text, "0192") {
		t.Errorf("search: %q", text)
	}
	in := f.asked.(client.SearchRequest)
	if in.ProjectID != "/here" || in.Limit != 10 || in.Until-in.Since != 24*60*60*1000 {
		t.Errorf("asked %+v", in)
	}
	if text, _ := call(t, cs, "search", map[string]any{"query": "praser"}); !strings.HasPrefix(text, "Searched also for parser: no memory has praser.\n") {
		t.Errorf("search for what is spelt wrong: %q", text)
	}
	text, _ = call(t, cs, "timeline", map[string]any{"anchor": 57, "depth_before": 0, "project": "api"})
	if !strings.Contains(text, "> ") || strings.Count(text, "\n") != 3 {
		t.Errorf("timeline: %q", text)
	}
	if in := f.asked.(client.TimelineRequest); in.ProjectID != "id-of-api" || in.Anchor != 57 || *in.Before != 0 || *in.After != 5 {
		t.Errorf("asked %+v", in)
	}
	text, _ = call(t, cs, "get_observations", map[string]any{"ids": []int{57, 3, 41}})
	if !strings.HasPrefix(text, "#57 bugfix ") || !strings.Contains(text, "The whole story.\nChanged: pkg/parse.go\n") || !strings.HasSuffix(text, "There is no #3.\n") {
		t.Errorf("get_observations: %q", text)
	}
}

func TestASearchByWordsOnlySaysSo(t *testing.T) {
	for how, want := range map[string]bool{"": false, client.SemanticOn: false, client.SemanticUnavailable: true} {
		for _, all := range [][]memory.Observation{nil, {observation(41, "Mend the parser")}} {
			cs := session(t, &fake{how: how, all: all})
			text, failed := call(t, cs, "search", map[string]any{"query": "parser"})
			if failed || strings.Contains(text, "\nSearched by words only") != want || !strings.HasSuffix(text, "\n") {
				t.Errorf("%q, %d found: %q", how, len(all), text)
			}
		}
	}
}

// What is wrong about a memory's files is said as what it is.
func TestStaleMemoriesAreMarked(t *testing.T) {
	changed, gone := observation(1, "One"), observation(2, "Two")
	changed.Stale, gone.Stale = memory.StaleChanged, memory.StaleGone
	cs := session(t, &fake{all: []memory.Observation{changed, gone, observation(3, "Three")}})
	text, _ := call(t, cs, "get_observations", map[string]any{"ids": []int{1, 2, 3}})
	if strings.Count(text, "(changed since)") != 1 || strings.Count(text, "(file gone)") != 1 {
		t.Errorf("%q", text)
	}
}

// An answer that a host would cut says what is missing.
func TestAnswersAreBounded(t *testing.T) {
	f := &fake{}
	for n := range int64(4) {
		o := observation(n+1, "Long")
		o.Content = strings.Repeat("жизнь ", 5000)
		f.all = append(f.all, o)
	}
	cs := session(t, f)
	text, failed := call(t, cs, "get_observations", map[string]any{"ids": []int{1, 2, 3, 4}})
	if failed || len(text) > 40000 || !strings.Contains(text, "No room here for #2, #3, #4") || !strings.Contains(text, "(cut:") {
		t.Errorf("%d bytes, ends %q", len(text), text[len(text)-200:])
	}
}

func TestWriting(t *testing.T) {
	f := &fake{}
	cs := session(t, f)
	for _, name := range []string{"observation_add", "memory_add"} {
		text, failed := call(t, cs, name, map[string]any{"content": "Use one flag.", "metadata": map[string]any{"concepts": []string{"cli"}, "mine": 1}})
		in := f.asked.(client.MemoryRequest)
		if failed || text != "Remembered as #9." || in.ProjectID != "/here" || in.Metadata.Concepts[0] != "cli" || string(in.Metadata.Extra["mine"]) != "1" {
			t.Errorf("%s: %q, asked %+v", name, text, in)
		}
	}
	text, failed := call(t, cs, "observation_record_event", map[string]any{"eventType": "deploy", "payload": map[string]any{"to": "prod"}})
	in := f.asked.(memory.EventInput)
	if failed || !strings.Contains(text, "job job") || string(in.Payload) != `{"to":"prod"}` || in.SourceType != "api" || *in.OccurredAt == 0 {
		t.Errorf("%q, asked %+v", text, in)
	}
	if text, _ := call(t, cs, "observation_record_event", map[string]any{"eventType": "deploy", "generate": false}); strings.Contains(text, "job") {
		t.Errorf("%q", text)
	}
	if text, _ := call(t, cs, "observation_generation_status", map[string]any{"jobId": "job"}); text != "failed, attempt 3 of 3: the provider is away" {
		t.Errorf("%q", text)
	}
	for _, name := range []string{"observation_context", "memory_context"} {
		if text, _ := call(t, cs, name, map[string]any{"query": "flags"}); text != "what is known" {
			t.Errorf("%s: %q", name, text)
		}
	}
}

// Words that nothing holds are no mistake.
func TestATimelineOfNothingSaysSo(t *testing.T) {
	f := &fake{err: memory.Errorf(memory.CodeNotFound, "Observation not found")}
	text, failed := call(t, session(t, f), "timeline", map[string]any{"query": "zebra"})
	if failed || !strings.HasPrefix(text, "Nothing matches.") {
		t.Errorf("failed %v: %q", failed, text)
	}
}

// What is wrong is told to the model as a result, with what to do.
func TestErrorsSayWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		tool string
		args map[string]any
		err  error
		want string
	}{
		"unknown argument": {"search", map[string]any{"query": "x", "dateStart": "2026"}, nil, "dateStart"},
		"missing":          {"search", map[string]any{}, nil, "query"},
		"too much":         {"search", map[string]any{"query": "x", "limit": 101}, nil, "limit"},
		"no date":          {"search", map[string]any{"query": "x", "since": "last week"}, nil, "2026-01-31"},
		"neither":          {"timeline", map[string]any{}, nil, "anchor"},
		"foreign number":   {"timeline", map[string]any{"anchor": 3}, memory.Errorf(memory.CodeNotFound, "Observation not found"), "take a number from search"},
		"no job":           {"observation_generation_status", map[string]any{"jobId": "x"}, memory.Errorf(memory.CodeNotFound, "Generation job not found"), "observation_record_event"},
		"gone":             {"get_observations", map[string]any{"ids": []int{7}}, nil, "there is no memory #7"},
		"text for number":  {"get_observations", map[string]any{"ids": []string{"#7"}}, nil, "integer"},
		"down":             {"search", map[string]any{"query": "x"}, memory.Errorf(memory.CodeUnavailable, "no answer"), "claude-mem doctor"},
		"forbidden":        {"observation_add", map[string]any{"content": "x"}, memory.Errorf(memory.CodeForbidden, "no scope"), "config list"},
		"metadata":         {"observation_add", map[string]any{"content": "x", "metadata": "note"}, nil, "metadata"},
		"no event":         {"observation_record_event", map[string]any{"eventType": ""}, nil, "eventType"},
	} {
		t.Run(name, func(t *testing.T) {
			text, failed := call(t, session(t, &fake{err: c.err}), c.tool, c.args)
			if !failed || !strings.Contains(text, c.want) || strings.Contains(text, "\n") {
				t.Errorf("failed %v: %q", failed, text)
			}
		})
	}
}
