package local

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"claude-mem/memory"
	"claude-mem/providers"
)

// checkResponse fails when an answer breaks a promise that holds for every request.
func checkResponse(t interface {
	Helper()
	Errorf(string, ...any)
}, kind memory.Kind, out providers.Response) {
	t.Helper()
	if out.Provider != Name || out.Model == "" {
		t.Errorf("made by %q, %q", out.Provider, out.Model)
	}
	if (len(out.Observations) == 0) == (out.Skipped == "") {
		t.Errorf("%d observations and the reason %q", len(out.Observations), out.Skipped)
	}
	if len(out.Observations) > maxBatch || len(out.Skipped) > 200 {
		t.Errorf("%d observations, reason of %d bytes", len(out.Observations), len(out.Skipped))
	}
	kinds := memory.GeneratedKinds()
	if kind == memory.KindSummary {
		kinds = []string{memory.KindSummaryObservation}
	}
	concepts := []string{howItWorks, whyItExists, whatChanged, problemSolution, gotcha, pattern, tradeOff}
	for _, d := range out.Observations {
		m := d.Metadata
		if !slices.Contains(kinds, d.Kind) {
			t.Errorf("kind %q", d.Kind)
		}
		if m.Title == "" || utf8.RuneCountInString(m.Title) > maxTitle || strings.ContainsAny(m.Title, "\n\r\t") {
			t.Errorf("title %q", m.Title)
		}
		if size := len(m.Content()); size > 20_000 {
			t.Errorf("content of %d bytes", size)
		}
		if utf8.RuneCountInString(m.Narrative) > maxNarrative || len(m.Facts) > maxFacts || len(m.FilesRead) > maxFiles || len(m.FilesModified) > maxFiles {
			t.Errorf("out of bounds: %+v", m)
		}
		for _, f := range m.Facts {
			if f == "" || utf8.RuneCountInString(f) > maxFact || strings.Contains(f, "\n") {
				t.Errorf("fact %q", f)
			}
		}
		for _, c := range m.Concepts {
			if !slices.Contains(concepts, c) {
				t.Errorf("concept %q", c)
			}
		}
		if !utf8.ValidString(m.Content()) || strings.Contains(m.Content(), "\x00") {
			t.Errorf("content cannot be stored: %q", m.Content())
		}
		if len(m.Concepts) > maxConcepts {
			t.Errorf("concepts %q", m.Concepts)
		}
	}
}

// anyValue draws a JSON value such as a careless client might send.
func anyValue(depth int) *rapid.Generator[any] {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"go test ./...", "git commit -m \"a", "*** Begin Patch\n*** Update File: \n@@\n-a\n+b", "# H\n- **a** b\n| c | d |\n```",
		"func F() {", "<private>x", "\x00\x1b[31mred",
		"git mv", "rm", "sed -i", "pip", "npm", "<<EOF", "$(", "a && ", "--- FAIL: ", "Error: Exit code 1\na.go:1:2: x:",
		"gh pr create", root + "/a.go", "用户的问题是什么", "**", "](", "[[x]](", "`",
	}))
	scalar := rapid.OneOf(
		rapid.Map(text, func(s string) any { return s }),
		rapid.Map(rapid.Float64Range(-1e6, 1e6), func(f float64) any { return f }),
		rapid.SampledFrom([]any{nil, true, false}),
	)
	if depth == 0 {
		return scalar
	}
	inner := rapid.Deferred(func() *rapid.Generator[any] { return anyValue(depth - 1) })
	return rapid.OneOf(scalar,
		rapid.Map(rapid.SliceOfN(inner, 0, 4), func(l []any) any { return l }),
		rapid.Map(rapid.MapOfN(rapid.SampledFrom([]string{"command", "file_path", "old_string", "new_string", "content", "edits",
			"todos", "plan", "query", "url", "prompt", "stdout", "stderr",
			"structuredPatch", "lines", "originalFile", "type", "text", "status", "answers", "results", "body", "title",
			"description", "llmContent", "returnDisplay", "fileDiff", "exitCode", "error"}), inner, 0, 6),
			func(m map[string]any) any { return m }),
	)
}

func anyEvent(t *rapid.T) memory.Event {
	payload := map[string]any{
		"tool_name": rapid.SampledFrom([]string{"Bash", "Edit", "Write", "MultiEdit", "apply_patch", "WebFetch", "WebSearch",
			"Task", "ExitPlanMode", "AskUserQuestion", "TodoWrite", "Read",
			"mcp__x__create_y", "mcp_x_y", "Custom", "run_shell_command", ""}).Draw(t, "tool"),
		"tool_input":    anyValue(3).Draw(t, "input"),
		"tool_response": anyValue(3).Draw(t, "response"),
		"error": rapid.SampledFrom([]any{nil, "", "Error: Exit code 1\n--- FAIL: T",
			"user doesn't want to proceed: the user said: no way at all", 7.0}).Draw(t, "error"),
		"prompt":  anyValue(1).Draw(t, "prompt"),
		"message": anyValue(1).Draw(t, "message"),
		"cwd":     root,
	}
	raw, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	kind := rapid.SampledFrom([]string{memory.EventToolUse, memory.EventUserPrompt, memory.EventAssistantMessage, "other"}).Draw(t, "type")
	return memory.Event{ID: rapid.StringMatching("[a-z]{1,4}").Draw(t, "id"), EventType: kind, Payload: raw}
}

func TestEveryAnswerIsBoundedAndTheSameAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := providers.Request{
			Kind:    rapid.SampledFrom([]memory.Kind{memory.KindEvent, memory.KindBatch, memory.KindSummary}).Draw(t, "kind"),
			Project: memory.Project{Name: rapid.SampledFrom([]string{root, "", "team", `C:\x`, "/"}).Draw(t, "project")},
			Prompt:  rapid.OneOf(rapid.String(), rapid.Just("fix the report, it is a day late")).Draw(t, "prompt"),
		}
		for range rapid.IntRange(1, 6).Draw(t, "events") {
			r.Events = append(r.Events, anyEvent(t))
		}
		first, err := New().Generate(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		checkResponse(t, r.Kind, first)
		again, err := New().Generate(context.Background(), r)
		if err != nil || !reflect.DeepEqual(first, again) {
			t.Errorf("the second answer differs: %v", err)
		}
	})
}

func TestRepeatsOfTheSessionAreSkipped(t *testing.T) {
	e := bash(t, "rm -rf pkg/old", "")
	out, err := New().Generate(t.Context(), providers.Request{Kind: memory.KindEvent, Events: []memory.Event{e}, Recent: []string{"Delete pkg/old"}})
	if err != nil || len(out.Observations) > 0 || !strings.Contains(out.Skipped, "repeats") {
		t.Errorf("%+v, %v", out, err)
	}
	r := providers.Request{Kind: memory.KindSummary, Events: story(t), Recent: []string{"Find out why parcels in Auckland are shown a day late"}}
	if out, err := New().Generate(t.Context(), r); err != nil || len(out.Observations) != 1 {
		t.Errorf("a newer summary replaces one of the same title, so it is no repetition: %+v, %v", out, err)
	}
}

func TestGenerateHonoursItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := New().Generate(ctx, providers.Request{Kind: memory.KindEvent})
	var failure *providers.Error
	if !errors.As(err, &failure) || failure.Class != providers.Transient || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestNothingAskedNothingSaid(t *testing.T) {
	out := generate(t, memory.KindEvent, "")
	if len(out.Observations) > 0 || out.Skipped == "" {
		t.Errorf("%+v", out)
	}
}

func FuzzGenerate(f *testing.F) {
	for _, e := range []memory.Event{
		edit(f, "a.go", "func a() {", "func b() {"), bash(f, "git commit -m \"$(cat <<'EOF'\nx y z\nEOF\n)\"", "[main 1] x"),
		failed(f, "Bash", js{"command": "go test ./..."}, "Error: Exit code 1\n--- FAIL: TestX (0.0s)\na.go:1:1: b"),
		tool(f, "apply_patch", js{"command": "*** Begin Patch\n*** Update File: a.go\n@@ x\n-a\n+b\n*** End Patch"}, ""),
		said(f, "## Fixed: x y z\n\n**a** b:\n- c `d`\n\n| e | f |\n|--|--|\n| g | h |\n\nShall I go on?"), prompted(f, "fix the bug in a.go"),
	} {
		f.Add(e.EventType, []byte(e.Payload), "fix it, the report is late")
	}
	f.Add("x", []byte(`["a","b"]`), "")
	f.Add("x", []byte(`{"tool_name":`), "")
	f.Fuzz(func(t *testing.T, eventType string, payload []byte, prompt string) {
		e := memory.Event{ID: "e", EventType: eventType, Payload: payload}
		for _, kind := range []memory.Kind{memory.KindEvent, memory.KindSummary} {
			out, err := New().Generate(t.Context(), providers.Request{
				Kind: kind, Project: memory.Project{Name: root}, Events: []memory.Event{e}, Prompt: prompt, Session: memory.Session{ID: "s"},
			})
			if err != nil {
				t.Fatal(err)
			}
			checkResponse(t, kind, out)
		}
	})
}

func FuzzSplit(f *testing.F) {
	for _, line := range []string{`a && b | c > d`, "cat <<'E'\nx\nE", `"un`, "$((", "a\\", "2>&1", "<<", ">", "<<<x"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		all := split(line)
		if len(all) > maxSegments+1 {
			t.Errorf("%d segments", len(all))
		}
		main, what := principal(all)
		if what != looks && len(main.words) == 0 {
			t.Errorf("%q is for %d but runs nothing", line, what)
		}
	})
}
