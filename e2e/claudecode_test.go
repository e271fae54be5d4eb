//go:build agents

package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claude-mem/internal/testbin"
)

// TestClaudeCodeRemembers runs two sessions of the real Claude Code in one
// repository against a stub of its model: the first edits a file, and what the
// stub is sent in the second holds the memory of it.
func TestClaudeCodeRemembers(t *testing.T) {
	claude := os.Getenv("CLAUDE_MEM_E2E_CLAUDE")
	if claude == "" {
		t.Fatal("CLAUDE_MEM_E2E_CLAUDE is not set: run e2e/claude-code.sh")
	}
	p := testbin.NewProfile(t, binary)
	if err := os.MkdirAll(filepath.Join(p.Home, ".claude"), 0o700); err != nil {
		t.Fatal(err)
	}
	p.Must("install")
	file := filepath.Join(p.Repo, "calc.py")

	first := startModel(t, messages{}, []turn{
		{text: "I'll write it.", tool: "Write", input: map[string]any{"file_path": file, "content": "def add(a, b):\n    return a - b\n"}},
		{text: "There is a bug.", tool: "Edit", input: map[string]any{"file_path": file, "old_string": "return a - b", "new_string": "return a + b"}},
		{text: "I fixed `add` in calc.py: it subtracted its arguments, because of a wrong operator, and now adds them."},
	})
	converse(t, p, claude, first, "Write a calculator and fix its bug")
	if got, err := os.ReadFile(file); err != nil || !strings.Contains(string(got), "a + b") {
		t.Fatalf("the first session left %q, %v", got, err)
	}
	for _, body := range first.bodies() {
		if strings.Contains(body, "claude-mem-context") {
			t.Error("the first session was told memories, and there are none")
		}
	}
	awaitMemories(t, p)

	second := startModel(t, messages{}, []turn{{text: "Done."}})
	converse(t, p, claude, second, "What did we do before?")
	told := ""
	for _, body := range second.bodies() {
		if strings.Contains(body, "claude-mem-context") {
			told = body
		}
	}
	if told == "" {
		t.Fatal("the second session was told nothing")
	}
	for _, want := range []string{"calc.py", "wrong operator"} {
		if !strings.Contains(told, want) {
			t.Errorf("what the second session was told lacks %q", want)
		}
	}
}

// converse runs one headless session to its end.
func converse(t *testing.T, p *testbin.Profile, claude string, m *model, prompt string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, claude, "-p", prompt, "--allowedTools", "Write,Edit,Read,mcp__claude-mem")
	cmd.Dir = p.Repo
	cmd.Env = append(p.Env,
		"TERM=xterm", "LANG=C.UTF-8", "ANTHROPIC_BASE_URL="+m.url(), "ANTHROPIC_API_KEY=dummy-not-a-key",
		"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1", "DISABLE_TELEMETRY=1", "DISABLE_AUTOUPDATER=1", "DISABLE_ERROR_REPORTING=1",
	)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("claude: %v\n%s", err, out.String())
	}
}

// awaitMemories waits until the observations that are owed are there.
func awaitMemories(t *testing.T, p *testbin.Profile) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		var stats struct {
			Books struct {
				Queued, Processing, Observations int64
			}
		}
		r := p.Must("stats", "--json")
		if err := json.Unmarshal([]byte(r.Stdout), &stats); err != nil {
			t.Fatalf("stats: %v in %s", err, r.Stdout)
		}
		if b := stats.Books; b.Queued+b.Processing == 0 && b.Observations > 1 {
			return
		}
	}
	t.Fatal("the memories of the first session are still owed after a minute")
}
