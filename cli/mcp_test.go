package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"claude-mem/internal/config"
	"claude-mem/internal/testbin"
)

// mcpTool calls a tool of a server that must not fail.
func mcpTool(t *testing.T, cs *sdk.ClientSession, tool string, args map[string]any) string {
	t.Helper()
	res, err := cs.CallTool(t.Context(), &sdk.CallToolParams{Name: tool, Arguments: args})
	if err != nil {
		t.Fatalf("%s: %v", tool, err)
	}
	text := res.Content[0].(*sdk.TextContent).Text
	if res.IsError {
		t.Fatalf("%s: %s", tool, text)
	}
	return text
}

// The real binary over its standard streams: no daemon for a list of tools, one when
// the first is called, and the next call finds another after that one has stopped.
func TestMCPOverStandardStreams(t *testing.T) {
	binary, err := testbin.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	profile, folder := t.TempDir(), t.TempDir()
	env := append(os.Environ(), config.DataDir+"="+profile, config.ServerPort+"=0", "CLAUDE_PROJECT_DIR="+folder)
	command := func(args ...string) *exec.Cmd {
		cmd := exec.Command(binary, args...)
		cmd.Env, cmd.Dir = env, t.TempDir() // the agent may have changed folder
		return cmd
	}
	stop := func() {
		if out, err := command("stop").CombinedOutput(); err != nil {
			t.Errorf("stop: %v: %s", err, out)
		}
	}
	t.Cleanup(stop)

	cs, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), &sdk.CommandTransport{Command: command("mcp")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cs.ListTools(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(profile, "claude-mem.db")); err == nil {
		t.Error("a daemon was started before a tool was called")
	}
	if text := mcpTool(t, cs, "observation_add", map[string]any{"content": "The release needs tzdata", "kind": "decision"}); text != "Remembered as #1." {
		t.Errorf("%q", text)
	}
	stop()
	if text := mcpTool(t, cs, "search", map[string]any{"query": "release"}); !strings.Contains(text, "#1 decision: The release needs tzdata") {
		t.Errorf("%q", text)
	}
	// By its short name as on the command line, and where the hooks would look for it.
	for _, args := range [][]string{{"search", "--project", filepath.Base(folder), "release"}, {"search", "--project", folder, "release"}} {
		if out, err := command(args...).CombinedOutput(); err != nil || !strings.Contains(string(out), "tzdata") {
			t.Errorf("%v: %v: %s", args, err, out)
		}
	}
	if text := mcpTool(t, cs, "timeline", map[string]any{"query": "release", "project": filepath.Base(folder)}); !strings.Contains(text, "#1") {
		t.Errorf("%q", text)
	}
	res, err := cs.CallTool(t.Context(), &sdk.CallToolParams{Name: "search", Arguments: map[string]any{"query": "release", "project": "nowhere"}})
	if err != nil || !res.IsError || !strings.Contains(res.Content[0].(*sdk.TextContent).Text, "take one of "+folder) {
		t.Errorf("an unknown project: %v, %+v", err, res)
	}
	if err := cs.Close(); err != nil {
		t.Errorf("the server ends with %v", err)
	}
}
