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

// geminiSettings are what a user has in settings.json before claude-mem comes.
const geminiSettings = `{
  // mine
  "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": false}},
  "general": {"enableAutoUpdate": false},
  "privacy": {"usageStatisticsEnabled": false},
  "telemetry": {"enabled": false}
}
`

// geminiProfile is a home that Gemini has been in, and claude-mem is registered.
func geminiProfile(t *testing.T) (p *testbin.Profile, gemini string) {
	t.Helper()
	gemini = os.Getenv("CLAUDE_MEM_E2E_GEMINI")
	if gemini == "" {
		t.Fatal("CLAUDE_MEM_E2E_GEMINI is not set: run e2e/gemini.sh")
	}
	p = testbin.NewProfile(t, binary)
	if err := os.MkdirAll(filepath.Join(p.Home, ".gemini"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.Home, ".gemini", "settings.json"), []byte(geminiSettings), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Must("install")
	return p, gemini
}

// geminiTalks runs one headless session to its end.
func geminiTalks(t *testing.T, p *testbin.Profile, gemini string, m *model, prompt string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", gemini, "-m", "gemini-2.5-pro", "--approval-mode", "yolo", "--output-format", "stream-json", "-p", prompt)
	cmd.Dir = p.Repo
	cmd.Env = append(p.Env, "TERM=xterm", "LANG=C.UTF-8", "GEMINI_API_KEY=dummy-not-a-key", "GOOGLE_GEMINI_BASE_URL="+m.url(),
		"GEMINI_CLI_NO_RELAUNCH=true", "GEMINI_CLI_TRUST_WORKSPACE=true")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("gemini: %v\n%s", err, out.String())
	}
}

// TestGeminiRemembers runs two sessions of the real Gemini CLI in one repository
// against a stub of its model: the first edits a file, and what the stub is sent in
// the second holds the memory of it.
func TestGeminiRemembers(t *testing.T) {
	p, gemini := geminiProfile(t)
	file := filepath.Join(p.Repo, "calc.py")
	first := startModel(t, generate{}, []turn{
		{text: "I'll write it.", tool: "write_file", input: map[string]any{"file_path": file, "content": "def add(a, b):\n    return a - b\n"}},
		{text: "I try it.", tool: "run_shell_command", input: map[string]any{"command": "echo 'AssertionError: 1 + 1 is 2'; exit 1", "description": "test"}},
		{text: "There is a bug.", tool: "replace", input: map[string]any{
			"file_path": file, "old_string": "return a - b", "new_string": "return a + b", "instruction": "fix",
		}},
		{text: "I fixed `add` in calc.py: it subtracted its arguments, because of a wrong operator, and now adds them."},
	})
	geminiTalks(t, p, gemini, first, "Write a calculator and fix its bug")
	if got, err := os.ReadFile(file); err != nil || !strings.Contains(string(got), "a + b") {
		t.Fatalf("the first session left %q, %v", got, err)
	}
	if strings.Contains(first.longest(), "Memory of this project") {
		t.Error("the first session was told memories, and there are none")
	}
	awaitMemories(t, p)
	checkSession(t, p, "gemini", 3)

	second := startModel(t, generate{}, []turn{{text: "Done."}})
	geminiTalks(t, p, gemini, second, "What did we do before?")
	for _, want := range []string{"Memory of this project", "calc.py", "wrong operator"} {
		if !strings.Contains(second.longest(), want) {
			t.Errorf("what the second session was told lacks %q", want)
		}
	}
	// What it was told comes back with the prompt, and is none of it.
	if r := p.Must("sessions", "--json"); !strings.Contains(r.Stdout, `"topic": "What did we do before?"`) {
		t.Errorf("the second session is about something else: %s", r.Stdout)
	}
}

// TestGeminiIsToldInEachWay runs one session whose model hears of a memory at its
// start, of one that the prompt asks about, and of one about a file that it reads.
func TestGeminiIsToldInEachWay(t *testing.T) {
	p, gemini := geminiProfile(t)
	p.Env = append(p.Env, config.SemanticInject+"=true", config.FileContext+"=true", config.ContextObservations+"=1")
	file := filepath.Join(p.Repo, "read.py")
	if err := os.WriteFile(file, []byte("pass\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rememberThree(t, p)
	m := startModel(t, generate{}, []turn{
		{text: "I'll look.", tool: "read_file", input: map[string]any{"file_path": file}},
		{text: "Done."},
	})
	geminiTalks(t, p, gemini, m, "What is the retry budget of the importer, by contract?")
	checkToldThree(t, m)
}

// TestGeminiAsksTheMemory lets the real Gemini CLI use the tools that install
// registered: the model is shown them, stores a memory, finds it and reads it, and none
// of that is recorded.
func TestGeminiAsksTheMemory(t *testing.T) {
	p, gemini := geminiProfile(t)
	m := startModel(t, generate{}, []turn{
		{text: "I note it.", tool: "mcp_claude-mem_observation_add", input: map[string]any{"content": "The release image needs tzdata", "kind": "decision"}},
		{text: "I look.", tool: "mcp_claude-mem_search", input: map[string]any{"query": "release image"}},
		{text: "I read.", tool: "mcp_claude-mem_get_observations", input: map[string]any{"ids": []int{1}}},
		{text: "It needs tzdata."},
	})
	geminiTalks(t, p, gemini, m, "What does the release image need?")
	for _, want := range []string{`"name":"mcp_claude-mem_search"`, "Remembered as #1.", "#1 decision: The release image needs tzdata", "#1 decision 20"} {
		if !strings.Contains(m.longest(), want) {
			t.Errorf("the model was not sent %q", want)
		}
	}
	checkSession(t, p, "gemini", 0)
	p.Must("uninstall")
	if got, err := os.ReadFile(filepath.Join(p.Home, ".gemini", "settings.json")); err != nil || string(got) != geminiSettings {
		t.Errorf("uninstall leaves %s", got)
	}
}
