package early_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"claude-mem/internal/config"
	"claude-mem/internal/testbin"
)

// TestRunsBeforeTheRest asks the runtime what it initialised before a hook was done.
// One import too many in what hooks need would let the database come first.
func TestRunsBeforeTheRest(t *testing.T) {
	binary, err := testbin.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "hook", "claude-code")
	cmd.Env = []string{config.DataDir + "=" + t.TempDir(), "GODEBUG=inittrace=1"}
	cmd.Stdin = strings.NewReader(`{"hook_event_name":"PostToolBatch","session_id":"s"}`)
	trace, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(trace), "init os ") {
		t.Fatalf("%v: %s", err, trace)
	}
	for _, heavy := range []string{"modernc.org/libc", "modernc.org/sqlite/lib", "net/http", "crypto/tls", "net/url", "github.com/spf13/cobra"} {
		if strings.Contains(string(trace), "init "+heavy+" ") {
			t.Errorf("%s was initialised before the hook ran", heavy)
		}
	}
}

// Whatever is no hook goes on to main, and so does what a person asks about hooks.
func TestLeavesTheRestToMain(t *testing.T) {
	binary, err := testbin.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"version"}, {"hook", "--help"}} {
		cmd := exec.Command(binary, args...)
		cmd.Env = append(os.Environ(), config.DataDir+"="+t.TempDir())
		if out, err := cmd.CombinedOutput(); err != nil || len(out) == 0 {
			t.Errorf("%q: %v, %q", args, err, out)
		}
	}
}
