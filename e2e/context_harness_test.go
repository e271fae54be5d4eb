package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/id"
	"claude-mem/internal/testbin"
	"claude-mem/memory"
)

// listener is a profile whose hooks are asked what an agent would be told.
type listener struct {
	*testbin.Profile
	t testing.TB
}

func newListener(t testing.TB) listener {
	return listener{testbin.NewProfile(t, binary), t}
}

// remember stores memories in the order in which they are given.
func (l listener) remember(all ...client.MemoryRequest) {
	l.t.Helper()
	state := l.Serve()
	c := client.New(fmt.Sprintf("http://%s:%d", state.Host, state.Port), l.Config().String(config.ServerAPIKey), client.Options{})
	for _, one := range all {
		one.ProjectID = l.Repo
		if _, err := c.Remember(l.t.Context(), one); err != nil {
			l.t.Fatal(err)
		}
	}
}

// restart makes the daemon read the settings again.
func (l listener) restart() {
	l.t.Helper()
	l.Must("stop")
	l.Serve()
}

// hook runs a hook as Claude Code does and returns what it adds to the conversation.
func (l listener) hook(event, session string, more map[string]any) string {
	l.t.Helper()
	payload := map[string]any{"hook_event_name": event, "session_id": session, "cwd": l.Repo}
	for name, value := range more {
		payload[name] = value
	}
	in, err := json.Marshal(payload)
	if err != nil {
		l.t.Fatal(err)
	}
	r, err := l.Run(context.WithoutCancel(l.t.Context()), string(in), "hook", "claude-code")
	if err != nil || r.Code != 0 || r.Stderr != "" {
		l.t.Fatalf("%s: %v, exit %d, %s", event, err, r.Code, r.Stderr)
	}
	if r.Stdout == "" {
		return ""
	}
	var out struct {
		Specific struct{ HookEventName, AdditionalContext string } `json:"hookSpecificOutput"`
	}
	if err := json.Unmarshal([]byte(r.Stdout), &out); err != nil || out.Specific.HookEventName != event {
		l.t.Fatalf("%s answers %q", event, r.Stdout)
	}
	return out.Specific.AdditionalContext
}

// The three ways to be told, each by a session of its own unless it is named.

func (l listener) start(session string) string {
	return l.hook("SessionStart", named(session), map[string]any{"source": "startup"})
}

func (l listener) prompt(session, text string) string {
	return l.hook("UserPromptSubmit", named(session), map[string]any{"prompt": text})
}

func (l listener) read(session, file string) string {
	return l.hook("PreToolUse", named(session), map[string]any{
		"tool_name": "Read", "tool_use_id": "toolu_" + id.New(), "tool_input": map[string]any{"file_path": l.Repo + "/" + file},
	})
}

func named(session string) string {
	if session == "" {
		return id.New()
	}
	return session
}

// cost counts a text as the documents say that budgets are counted: 2 tokens for every
// 7 ASCII characters, 1 for any other, 2 for one beyond the basic plane.
func cost(text string) int {
	sevenths := 0
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
			sevenths += 2
		case r > 0xFFFF:
			sevenths += 14
		default:
			sevenths += 7
		}
	}
	return (sevenths + 6) / 7
}

// note is a memory about a file.
func note(kind, title, file string) client.MemoryRequest {
	return client.MemoryRequest{Kind: kind, Content: title, Metadata: memory.Metadata{Title: title, FilesModified: []string{file}}}
}

// holds checks what a text says and does not say.
func holds(t *testing.T, text string, want, not []string) {
	t.Helper()
	for _, s := range want {
		if !strings.Contains(text, s) {
			t.Errorf("%q is missing in %q", s, text)
		}
	}
	for _, s := range not {
		if strings.Contains(text, s) {
			t.Errorf("%q is in %q", s, text)
		}
	}
}
