//go:build agents

package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"claude-mem/internal/testbin"
)

// TestClaudeCodeAsksTheMemory lets the real Claude Code use the tools that install
// registered: the model is shown them without a search for tools, stores a memory,
// finds it and reads it.
func TestClaudeCodeAsksTheMemory(t *testing.T) {
	claude := os.Getenv("CLAUDE_MEM_E2E_CLAUDE")
	if claude == "" {
		t.Fatal("CLAUDE_MEM_E2E_CLAUDE is not set: run e2e/claude-code.sh")
	}
	p := testbin.NewProfile(t, binary)
	if err := os.MkdirAll(filepath.Join(p.Home, ".claude"), 0o700); err != nil {
		t.Fatal(err)
	}
	p.Must("install")
	m := startModel(t, messages{}, []turn{
		{text: "I note it.", tool: "mcp__claude-mem__observation_add", input: map[string]any{"content": "The release image needs tzdata", "kind": "decision"}},
		{text: "I look.", tool: "mcp__claude-mem__search", input: map[string]any{"query": "release image"}},
		{text: "I read.", tool: "mcp__claude-mem__get_observations", input: map[string]any{"ids": []int{1}}},
		{text: "It needs tzdata."},
	})
	converse(t, p, claude, m, "What does the release image need?")
	all := strings.Join(m.bodies(), "\n")
	for _, want := range []string{
		`"name":"mcp__claude-mem__search"`, "Remembered as #1.",
		"#1 decision: The release image needs tzdata", `#1 decision 20`,
	} {
		if !strings.Contains(all, want) {
			t.Errorf("the model was not sent %q", want)
		}
	}
	p.Must("uninstall")
	state, err := os.ReadFile(filepath.Join(p.Home, ".claude.json"))
	if err == nil && strings.Contains(string(state), "claude-mem") {
		t.Errorf("uninstall leaves %s", state)
	}
}
