package local

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"claude-mem/memory"
	"claude-mem/providers"
)

// root is the project of the tests.
const root = "/home/you/src/app"

// js is a JSON object.
type js = map[string]any

// tool is the event of a tool call.
func tool(t testing.TB, name string, input, response any) memory.Event {
	return event(t, memory.EventToolUse, js{"tool_name": name, "tool_input": input, "tool_response": response, "cwd": root})
}

// failed is the event of a tool call that failed.
func failed(t testing.TB, name string, input any, err string) memory.Event {
	return event(t, memory.EventToolUse, js{"tool_name": name, "tool_input": input, "error": err, "cwd": root})
}

// bash is the event of a command that ended well.
func bash(t testing.TB, command, stdout string) memory.Event {
	return tool(t, "Bash", js{"command": command}, js{"stdout": stdout, "stderr": "", "interrupted": false})
}

func edit(t testing.TB, file, before, after string) memory.Event {
	return tool(t, "Edit", js{"file_path": root + "/" + file, "old_string": before, "new_string": after}, js{"filePath": root + "/" + file})
}

func prompted(t testing.TB, text string) memory.Event {
	return event(t, memory.EventUserPrompt, memory.Prompt{Prompt: text, CWD: root})
}

func said(t testing.TB, text string) memory.Event {
	return event(t, memory.EventAssistantMessage, memory.AssistantMessage{Message: text, CWD: root})
}

func event(t testing.TB, kind string, payload any) memory.Event {
	t.Helper()
	raw, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return memory.Event{ID: "e", EventType: kind, Payload: raw}
}

// generate asks the provider.
func generate(t testing.TB, kind memory.Kind, prompt string, events ...memory.Event) providers.Response {
	t.Helper()
	out, err := New().Generate(t.Context(), providers.Request{
		Kind: kind, Project: memory.Project{Name: root}, Events: events, Prompt: prompt,
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// one asks for the observation of a single event, and fails if there is none.
func one(t testing.TB, prompt string, e memory.Event) providers.Draft {
	t.Helper()
	out := generate(t, memory.KindEvent, prompt, e)
	if len(out.Observations) != 1 {
		t.Fatalf("%d observations, skipped: %q", len(out.Observations), out.Skipped)
	}
	return out.Observations[0]
}

// wantSkip fails unless the event is skipped with a reason that holds the words.
func wantSkip(t testing.TB, e memory.Event, words string) {
	t.Helper()
	out := generate(t, memory.KindEvent, "", e)
	if len(out.Observations) > 0 {
		t.Errorf("remembered as %q", out.Observations[0].Metadata.Title)
	}
	if !strings.Contains(out.Skipped, words) {
		t.Errorf("skipped as %q, want the words %q", out.Skipped, words)
	}
}

// wantFact fails unless one of the facts holds the words.
func wantFact(t testing.TB, m memory.Metadata, words string) {
	t.Helper()
	if !slices.ContainsFunc(m.Facts, func(f string) bool { return strings.Contains(f, words) }) {
		t.Errorf("no fact holds %q:\n%s", words, strings.Join(m.Facts, "\n"))
	}
}

// request is one in a project of that name.
func request(project string) providers.Request {
	return providers.Request{Kind: memory.KindEvent, Project: memory.Project{Name: project}}
}
