package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/memory"
)

// tidied is a project of a server that runs.
type tidied struct {
	*client.Client
	t       *testing.T
	project string
	tools   int
}

// TestMemoryKeepsItselfTidy lets the real binary, on each engine, remember what it has
// remembered already, what takes the place of something, and dead ends.
func TestMemoryKeepsItselfTidy(t *testing.T) {
	open := map[string]func(t *testing.T) *tidied{
		"sqlite": func(t *testing.T) *tidied {
			l := newListener(t)
			state := l.Serve()
			c := client.New(fmt.Sprintf("http://%s:%d", state.Host, state.Port), l.Config().String(config.ServerAPIKey), client.Options{})
			return &tidied{Client: c, t: t, project: l.Repo}
		},
		"postgres": func(t *testing.T) *tidied {
			d := newTeam(t, 1, 1)
			k := d.key("tidy", "*")
			return &tidied{Client: d.servers[0].client(k.Key), t: t, project: k.ProjectID}
		},
	}
	for engine, open := range open {
		t.Run(engine, func(t *testing.T) {
			w := open(t)
			w.alike()
			w.replaced()
			w.deadEnds()
		})
	}
}

// alike remembers one thing three times, and others that only resemble it.
func (w *tidied) alike() {
	w.t.Helper()
	first := w.remember(note(memory.KindDiscovery, "Carriers report the depot's wall clock", "delivery/day.go"))
	w.remember(note(memory.KindDiscovery, "carriers  report the depot's wall clock.", "delivery/day.go"))
	newest := w.remember(note(memory.KindDiscovery, "CARRIERS report the depot's wall clock", "delivery/day.go"))
	others := []memory.Observation{
		w.remember(note(memory.KindDiscovery, "Carriers report the depot's wall clocks", "delivery/day.go")), // almost
		w.remember(note(memory.KindDiscovery, "Carriers report the depot's wall clock", "report/day.go")),    // of another file
		w.remember(note(memory.KindBugfix, "Carriers report the depot's wall clock", "delivery/day.go")),     // of another kind
	}
	for i, o := range append(others, newest, first) {
		now, err := w.Memory(w.t.Context(), o.ID)
		if replaced := now.SupersededBy != ""; err != nil || replaced != (o.ID == first.ID) {
			w.t.Errorf("%d: replaced %v: %+v, %v", i, replaced, now, err)
		}
	}
	// A list tells what says the same only once, also where it is about two files.
	w.finds("carriers wall clock of the depot", newest.Number, others[0].Number, others[2].Number)
	// They go together: none of them may come back.
	if n, err := w.DeleteMemory(w.t.Context(), newest.ID); err != nil || n != 3 {
		w.t.Errorf("%d went with one of three that are alike: %v", n, err)
	}
	w.finds("carriers wall clock of the depot", others[0].Number, others[1].Number, others[2].Number)
}

// replaced writes a memory in place of two others.
func (w *tidied) replaced() {
	w.t.Helper()
	tabs, spaces := w.remember(note(memory.KindDecision, "Indent gadgets by tabs", "a.go")), w.remember(note(memory.KindDecision, "Indent gadgets by spaces", "b.go"))
	r := note(memory.KindDecision, "Indent gadgets as gofmt does", "a.go")
	r.Supersedes = []string{fmt.Sprint("#", tabs.Number), spaces.ID}
	now := w.remember(r)
	w.finds("how to indent gadgets", now.Number)
	whole, err := w.MemoryAnswer(w.t.Context(), now.ID)
	if err != nil || len(whole.Supersedes) != 2 {
		w.t.Errorf("what it replaces: %+v, %v", whole.Supersedes, err)
	}
	line, err := w.Timeline(w.t.Context(), client.TimelineRequest{ProjectID: w.project, Anchor: now.Number})
	if err != nil || slices.ContainsFunc(line.Observations, func(o memory.Observation) bool { return o.Number == tabs.Number }) {
		w.t.Errorf("a timeline has what was replaced: %v", err)
	}
	r.ProjectID, r.Supersedes = w.project, []string{"#99999"}
	if _, err := w.Remember(w.t.Context(), r); err == nil || !strings.Contains(err.Error(), "#99999") {
		w.t.Errorf("replacing nothing: %v", err)
	}
}

// deadEnds runs a test that fails twice in the same way, once in another, and passes in
// the end. Each outcome stays.
func (w *tidied) deadEnds() {
	w.t.Helper()
	const command = "go test ./gadget -run TestSprocket"
	w.ran(memory.ToolUse{ToolName: "Bash", Input: bash(command), Error: "Exit code 1\n--- FAIL: TestSprocket (0.01s)\n    sprocket_test.go:9: got 3 teeth, want 4\nFAIL\n"})
	once := w.about("sprocket")
	w.ran(memory.ToolUse{ToolName: "Bash", Input: bash(command), Error: "Exit code 1\n--- FAIL: TestSprocket (0.02s)\n    sprocket_test.go:9: got 3 teeth, want 4\nFAIL\n"})
	if twice := w.about("sprocket"); len(once) != 1 || len(twice) != 1 {
		w.t.Errorf("the same failure, once and again: %q, %q", once, twice)
	}
	w.ran(memory.ToolUse{ToolName: "Bash", Input: bash(command), Error: "Exit code 1\npanic: sprocket is nil\n\ngoroutine 1 [running]:\nFAIL\tgadget\t0.01s\n"})
	w.ran(memory.ToolUse{ToolName: "Bash", Input: bash(command), Response: json.RawMessage(`{"stdout":"ok  \tgadget\t0.02s\n--- PASS: TestSprocket","stderr":"","interrupted":false}`)})
	all := strings.Join(w.about("sprocket"), "\n")
	for _, outcome := range []string{"want 4", "nil", "pass"} {
		if !strings.Contains(strings.ToLower(all), outcome) {
			w.t.Errorf("no memory tells of %q:\n%s", outcome, all)
		}
	}
}

func bash(command string) json.RawMessage { return fmt.Appendf(nil, `{"command": %q}`, command) }

func (w *tidied) remember(r client.MemoryRequest) memory.Observation {
	w.t.Helper()
	r.ProjectID = w.project
	o, err := w.Remember(w.t.Context(), r)
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// ran records a call of a tool and waits until it is remembered.
func (w *tidied) ran(use memory.ToolUse) {
	w.t.Helper()
	payload, err := json.Marshal(use)
	if err != nil {
		w.t.Fatal(err)
	}
	w.tools++
	at := memory.Now()
	res, err := w.PutEvent(w.t.Context(), memory.EventInput{
		ProjectID: w.project, ContentSessionID: "s", SourceType: "hook", SourceEventID: fmt.Sprint("toolu_", w.tools),
		EventType: memory.EventToolUse, Payload: payload, OccurredAt: &at,
	}, client.EventOptions{Wait: true})
	if err != nil || res.WaitTimedOut {
		w.t.Fatalf("%+v, %v", res, err)
	}
}

// about lists what is found, with all that each says.
func (w *tidied) about(query string) (texts []string) {
	w.t.Helper()
	found, err := w.Search(w.t.Context(), client.SearchRequest{ProjectID: w.project, Query: query})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, h := range found.Observations {
		texts = append(texts, h.Content)
	}
	return texts
}

// finds checks which memories a search finds, in any order.
func (w *tidied) finds(query string, want ...int64) {
	w.t.Helper()
	found, err := w.Search(w.t.Context(), client.SearchRequest{ProjectID: w.project, Query: query})
	if err != nil {
		w.t.Fatal(err)
	}
	var got []int64
	for _, h := range found.Observations {
		got = append(got, h.Number)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.t.Errorf("%q finds %d, want %d", query, got, want)
	}
}

// TestStaleMemoriesAreMarked changes and removes files that memories are about, in a
// real folder, and looks at every way in which they are told.
func TestStaleMemoriesAreMarked(t *testing.T) {
	l := newListener(t)
	l.Must("config", "set", config.FileContext, "true")
	l.Must("config", "set", config.SemanticInject, "true")
	write := func(name string, at time.Time) {
		t.Helper()
		file := filepath.Join(l.Repo, name)
		if err := os.WriteFile(file, []byte("package gadget\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	names := []string{"same.go", "changed.go", "gone.go"}
	var all []client.MemoryRequest
	for _, name := range names {
		write(name, time.Now().Add(-time.Hour))
		all = append(all, note(memory.KindDecision, "The gadget needs a sprocket in "+name, name))
	}
	l.remember(all...)
	ways := map[string]func() string{
		"start": func() string { return l.start("") },
		"prompt": func() string {
			return l.prompt("", "The gadget needs which sprocket in same.go, changed.go and gone.go?")
		},
		"file":   func() string { return l.read("", "same.go") + l.read("", "changed.go") + l.read("", "gone.go") },
		"search": func() string { return l.Must("search", "gadget", "sprocket").Stdout },
		"around": func() string { return l.Must("timeline", "2").Stdout },
		"show":   func() string { return l.Must("show", "1", "2", "3").Stdout },
	}
	for how, tell := range ways {
		text := tell()
		if !strings.Contains(text, "gone.go") || marks(text, "changed since")+marks(text, "file gone") > 0 {
			t.Errorf("%s: what nobody has touched is marked: %s", how, text)
		}
	}
	write("changed.go", time.Now().Add(time.Hour))
	if err := os.Remove(filepath.Join(l.Repo, "gone.go")); err != nil {
		t.Fatal(err)
	}
	for how, tell := range ways {
		text := tell()
		if marks(text, "changed since") != 1 || marks(text, "file gone") != 1 {
			t.Errorf("%s: %s", how, text)
		}
		if at := strings.Index(text, "same.go"); at < 0 || strings.Contains(strings.SplitN(text[at:], "\n", 2)[0], "since") {
			t.Errorf("%s: what is as it was is marked: %s", how, text)
		}
	}
}

// marks counts how often a text marks a memory with the words, as hooks and commands do.
func marks(text, words string) int {
	return strings.Count(text, "("+words+")") + strings.Count(text, ", "+words)
}
