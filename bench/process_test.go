package bench_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"claude-mem/internal/testbin"
)

// BenchmarkHook is the face of the product: one PostToolUse hook, from the start
// of its process to its end, next to a Go program that does nothing. Both run in
// turn, so that a busy machine slows both and the ratio stands.
func BenchmarkHook(b *testing.B) {
	p := testbin.NewProfile(b, binary)
	running(b, p)
	var hook, nothing samples
	for n := 0; b.Loop(); n++ {
		nothing = append(nothing, timed(b, exec.Command(empty)))
		hook = append(hook, timed(b, hookCommand(p, toolCall(p.Repo, n))))
	}
	hook.report(b, "")
	b.ReportMetric(float64(hook.quantile(0.5))/float64(nothing.quantile(0.5)), "×empty")
}

// BenchmarkHookDown is the same while no daemon runs: the event goes to the spool.
// The directory is made read-only for the daemon's start to fail at once.
func BenchmarkHookDown(b *testing.B) {
	p := testbin.NewProfile(b, binary)
	running(b, p)
	p.Must("stop")
	var hook, nothing samples
	for n := 0; b.Loop(); n++ {
		nothing = append(nothing, timed(b, exec.Command(empty)))
		hook = append(hook, timed(b, hookCommand(p, toolCall(p.Repo, n))))
		b.StopTimer()
		p.Kill() // the one that the hook started
		b.StartTimer()
	}
	hook.report(b, "")
	b.ReportMetric(float64(hook.quantile(0.5))/float64(nothing.quantile(0.5)), "×empty")
}

// BenchmarkReady is the time from exec to the first answered request, on a
// database that exists.
func BenchmarkReady(b *testing.B) {
	p := testbin.NewProfile(b, binary)
	running(b, p)
	p.Must("stop")
	var ready samples
	for b.Loop() {
		cmd := exec.Command(binary, "server", "run")
		cmd.Env = p.Env
		began := time.Now()
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		for {
			if _, ok := p.Find(); ok {
				break
			}
			time.Sleep(100 * time.Microsecond)
		}
		ready = append(ready, time.Since(began))
		b.StopTimer()
		p.Must("stop")
		_ = cmd.Wait()
		b.StartTimer()
	}
	ready.report(b, "")
}

func timed(b *testing.B, cmd *exec.Cmd) time.Duration {
	b.Helper()
	began := time.Now()
	if err := cmd.Run(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

func hookCommand(p *testbin.Profile, stdin string) *exec.Cmd {
	cmd := exec.Command(binary, "hook", "claude-code")
	cmd.Env, cmd.Dir, cmd.Stdin = p.Env, p.Repo, strings.NewReader(stdin)
	return cmd
}

// toolCall is what a host says of an edit of about 2 KiB.
func toolCall(repo string, n int) string {
	body := strings.Repeat("\\tif err != nil {\\n\\t\\treturn err\\n\\t}\\n", 24)
	return fmt.Sprintf(`{"hook_event_name":"PostToolUse","session_id":"bench","cwd":%q,"tool_name":"Edit",
		"tool_use_id":"toolu_%d","tool_input":{"file_path":"%s/main.go","old_string":"x","new_string":"%s"},
		"tool_response":{"filePath":"%s/main.go"}}`, repo, n, repo, body, repo)
}
