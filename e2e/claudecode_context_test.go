//go:build agents

package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/testbin"
	"claude-mem/memory"
)

// TestClaudeCodeIsToldInEachWay runs one session of the real Claude Code whose model
// has to hear of four memories: of the newest and of one about a changed file at its
// start, of one that the prompt asks about, and of one about a file that it reads.
// Each reaches it once.
func TestClaudeCodeIsToldInEachWay(t *testing.T) {
	claude := os.Getenv("CLAUDE_MEM_E2E_CLAUDE")
	if claude == "" {
		t.Fatal("CLAUDE_MEM_E2E_CLAUDE is not set: run e2e/claude-code.sh")
	}
	p := testbin.NewProfile(t, binary)
	p.Env = append(p.Env, config.SemanticInject+"=true", config.FileContext+"=true", config.ContextObservations+"=3")
	if err := os.MkdirAll(filepath.Join(p.Home, ".claude"), 0o700); err != nil {
		t.Fatal(err)
	}
	gitIn(t, p.Repo, "init", "-q", "-b", "fix/zones")
	for _, name := range []string{"changed.py", "read.py"} {
		if err := os.WriteFile(filepath.Join(p.Repo, name), []byte("pass\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	gitIn(t, p.Repo, "add", "read.py")
	gitIn(t, p.Repo, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "first")
	p.Must("install")
	remember(t, p, "Carriers report the depot's wall clock", "changed.py")
	remember(t, p, "The retry budget of the importer is three attempts, by contract", "importer.py")
	remember(t, p, "Reading rows twice doubles the totals", "read.py")
	for _, title := range []string{"Rename a column", "Sort the imports", "Delete a comment"} {
		remember(t, p, title, "other.py")
	}

	m := startModel(t, messages{}, []turn{
		{text: "I'll look.", tool: "Read", input: map[string]any{"file_path": filepath.Join(p.Repo, "read.py")}},
		{text: "Done."},
	})
	converse(t, p, claude, m, "What is the retry budget of the importer, by contract?")
	heard := m.longest()
	for what, want := range map[string]string{
		"the newest":           "Delete a comment",
		"about a changed file": "Carriers report the depot",
		"about the prompt":     "The retry budget of the importer is three attempts",
		"about the file read":  "Reading rows twice doubles the totals",
	} {
		if n := strings.Count(heard, want); n == 0 {
			t.Errorf("%s: the model never heard of %q", what, want)
		}
	}
	if n := strings.Count(heard, "Carriers report the depot"); n != 1 {
		t.Errorf("the model heard of one memory %d times", n)
	}
	if strings.Contains(heard, "Rename a column") {
		t.Error("the model heard of more than the settings allow")
	}
}

func gitIn(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// remember stores a memory of the repository, about one file.
func remember(t *testing.T, p *testbin.Profile, title, file string) {
	t.Helper()
	state := p.Serve()
	c := client.New(fmt.Sprintf("http://%s:%d", state.Host, state.Port), p.Config().String(config.ServerAPIKey), client.Options{})
	_, err := c.Remember(t.Context(), client.MemoryRequest{
		ProjectID: p.Repo, Kind: memory.KindDiscovery, Content: title,
		Metadata: memory.Metadata{Title: title, FilesModified: []string{file}},
	})
	if err != nil {
		t.Fatal(err)
	}
}
