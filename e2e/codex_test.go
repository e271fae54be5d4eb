//go:build agents

package e2e_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claude-mem/internal/config"
	"claude-mem/internal/testbin"
)

// codexSettings are what a user has in config.toml before claude-mem comes.
const codexSettings = `# mine
model = "gpt-5.5-codex" # any
model_provider = "stub"
approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false

[analytics]
enabled = false

[model_providers.stub]
name = "stub"
base_url = "http://127.0.0.1:9/v1"
wire_api = "responses"
env_key = "STUB_KEY"
`

// codexProfile is a home that Codex has been in, and claude-mem is registered.
func codexProfile(t *testing.T) (p *testbin.Profile, codex string) {
	t.Helper()
	codex = os.Getenv("CLAUDE_MEM_E2E_CODEX")
	if codex == "" {
		t.Fatal("CLAUDE_MEM_E2E_CODEX is not set: run e2e/codex.sh")
	}
	p = testbin.NewProfile(t, binary)
	if err := os.MkdirAll(filepath.Join(p.Home, ".codex"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.Home, ".codex", "config.toml"), []byte(codexSettings), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Must("install")
	return p, codex
}

// codexTalks runs one headless session to its end.
func codexTalks(t *testing.T, p *testbin.Profile, codex string, m *model, prompt string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, codex, "exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-hook-trust",
		"-c", `model_providers.stub.base_url="`+m.url()+`/v1"`, prompt)
	cmd.Dir = p.Repo
	cmd.Env = append(p.Env, "TERM=xterm", "LANG=C.UTF-8", "STUB_KEY=dummy-not-a-key")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("codex: %v\n%s", err, out.String())
	}
	if strings.Contains(out.String(), "failed to parse hooks") {
		t.Fatalf("codex does not take the hooks: %s", out.String())
	}
}

// TestCodexRemembers runs two sessions of the real Codex in one repository against a
// stub of its model: the first edits a file, and what the stub is sent in the second
// holds the memory of it.
func TestCodexRemembers(t *testing.T) {
	p, codex := codexProfile(t)
	first := startModel(t, responses{}, []turn{
		{text: "I'll write it.", tool: "apply_patch", patch: "*** Begin Patch\n*** Add File: calc.py\n+def add(a, b):\n+    return a - b\n*** End Patch"},
		{text: "I try it.", tool: "exec_command", input: map[string]any{"cmd": "echo 'AssertionError: 1 + 1 is 2'; exit 1"}},
		{text: "There is a bug.", tool: "apply_patch", patch: "*** Begin Patch\n*** Update File: calc.py\n@@\n-    return a - b\n+    return a + b\n*** End Patch"},
		{text: "I fixed `add` in calc.py: it subtracted its arguments, because of a wrong operator, and now adds them."},
	})
	codexTalks(t, p, codex, first, "Write a calculator and fix its bug")
	if got, err := os.ReadFile(filepath.Join(p.Repo, "calc.py")); err != nil || !strings.Contains(string(got), "a + b") {
		t.Fatalf("the first session left %q, %v", got, err)
	}
	if strings.Contains(first.longest(), "claude-mem-context") {
		t.Error("the first session was told memories, and there are none")
	}
	awaitMemories(t, p)
	checkSession(t, p, "codex", 3)

	second := startModel(t, responses{}, []turn{{text: "Done."}})
	codexTalks(t, p, codex, second, "What did we do before?")
	for _, want := range []string{"claude-mem-context", "calc.py", "wrong operator"} {
		if !strings.Contains(second.longest(), want) {
			t.Errorf("what the second session was told lacks %q", want)
		}
	}
}

// TestCodexIsToldInEachWay runs one session whose model hears of a memory at its
// start, of one that the prompt asks about, and of one about a file that a command
// shows.
func TestCodexIsToldInEachWay(t *testing.T) {
	p, codex := codexProfile(t)
	p.Env = append(p.Env, config.SemanticInject+"=true", config.FileContext+"=true", config.ContextObservations+"=1")
	if err := os.WriteFile(filepath.Join(p.Repo, "read.py"), []byte("pass\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rememberThree(t, p)
	m := startModel(t, responses{}, []turn{
		{text: "I'll look.", tool: "exec_command", input: map[string]any{"cmd": "cat read.py"}},
		{text: "Done."},
	})
	codexTalks(t, p, codex, m, "What is the retry budget of the importer, by contract?")
	checkToldThree(t, m)
}

// TestCodexAsksTheMemory lets the real Codex use the tools that install registered:
// the model stores a memory, finds it and reads it, and none of that is recorded.
func TestCodexAsksTheMemory(t *testing.T) {
	p, codex := codexProfile(t)
	m := startModel(t, responses{}, []turn{
		{text: "I note it.", tool: "mcp__claude_mem/observation_add", input: map[string]any{"content": "The release image needs tzdata", "kind": "decision"}},
		{text: "I look.", tool: "mcp__claude_mem/search", input: map[string]any{"query": "release image"}},
		{text: "I read.", tool: "mcp__claude_mem/get_observations", input: map[string]any{"ids": []int{1}}},
		{text: "It needs tzdata."},
	})
	codexTalks(t, p, codex, m, "What does the release image need?")
	for _, want := range []string{"Remembered as #1.", "#1 decision: The release image needs tzdata", "#1 decision 20"} {
		if !strings.Contains(m.longest(), want) {
			t.Errorf("the model was not sent %q", want)
		}
	}
	checkSession(t, p, "codex", 0)
	p.Must("uninstall")
	if got, err := os.ReadFile(filepath.Join(p.Home, ".codex", "config.toml")); err != nil || strings.Contains(string(got), "claude-mem") ||
		!strings.HasPrefix(string(got), codexSettings) {
		t.Errorf("uninstall leaves %s", got)
	}
	if _, err := os.Stat(filepath.Join(p.Home, ".codex", "hooks.json")); !os.IsNotExist(err) {
		t.Errorf("uninstall leaves hooks.json: %v", err)
	}
}
