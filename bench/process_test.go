package bench_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"claude-mem/bench/corpus"
	"claude-mem/client"
	"claude-mem/internal/testbin"
	"claude-mem/memory"
)

// hookPause lies between two hooks. An agent's tool takes longer; without a pause
// each hook would meet the daemon at work on the one before.
const hookPause = 5 * time.Millisecond

// BenchmarkHook is the face of the product: one hook, from the start of its process
// to its end, next to a Go program that does nothing. Both run in turn, so that a
// busy machine slows both and the ratio stands.
func BenchmarkHook(b *testing.B) { benchmarkHook(b, hookProgram(b)) }

// BenchmarkHookWhole is the same where the program for hooks is not installed.
func BenchmarkHookWhole(b *testing.B) {
	ours, _ := built(b)
	benchmarkHook(b, ours)
}

func benchmarkHook(b *testing.B, program string) {
	_, empty := built(b)
	for _, event := range []struct {
		name  string
		stdin func(repo string, n int) string
	}{{"tool", toolCall}, {"start", sessionStart}, {"prompt", prompt}, {"ignored", ignored}} {
		b.Run(event.name, func(b *testing.B) {
			p, c := running(b)
			remember(b, c, p.Repo)
			var hook, nothing samples
			for n := 0; b.Loop(); n++ {
				time.Sleep(hookPause)
				nothing = append(nothing, timed(b, exec.Command(empty)))
				hook = append(hook, timed(b, hookCommand(p, program, event.stdin(p.Repo, n))))
			}
			hook.report(b, "")
			hook.against(b, nothing)
		})
	}
}

// BenchmarkHookDown is a tool's hook while no daemon runs: the event goes to the
// spool, and a daemon is started. Each is killed before the next hook.
func BenchmarkHookDown(b *testing.B) {
	_, empty := built(b)
	p, _ := running(b)
	p.Must("stop")
	var hook, nothing samples
	for n := 0; b.Loop(); n++ {
		nothing = append(nothing, timed(b, exec.Command(empty)))
		hook = append(hook, timed(b, hookCommand(p, hookProgram(b), toolCall(p.Repo, n))))
		b.StopTimer()
		p.Kill() // the one that the hook started
		b.StartTimer()
	}
	hook.report(b, "")
	hook.against(b, nothing)
}

// BenchmarkReady is the time from exec to when the daemon can be found and takes
// connections, on a database that exists.
func BenchmarkReady(b *testing.B) {
	ours, _ := built(b)
	p, _ := running(b)
	p.Must("stop")
	var ready samples
	for b.Loop() {
		cmd := exec.Command(ours, "server", "run")
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

// remember stores a project's worth of memories for a session to start with.
func remember(b *testing.B, c *client.Client, project string) {
	b.Helper()
	words := corpus.New()
	for n := range 200 {
		o := words.Observation(memory.Scope{}, n)
		if _, err := c.Remember(b.Context(), client.MemoryRequest{ProjectID: project, Kind: o.Kind, Content: o.Content}); err != nil {
			b.Fatal(err)
		}
	}
}

func timed(b *testing.B, cmd *exec.Cmd) time.Duration {
	b.Helper()
	began := time.Now()
	if err := cmd.Run(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

func hookCommand(p *testbin.Profile, program, stdin string) *exec.Cmd {
	cmd := exec.Command(program, "hook", "claude-code")
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

// sessionStart is a new session each time, which is told what is remembered.
func sessionStart(repo string, n int) string {
	return fmt.Sprintf(`{"hook_event_name":"SessionStart","session_id":"bench-%d","cwd":%q,"source":"startup"}`, n, repo)
}

func prompt(repo string, n int) string {
	return fmt.Sprintf(`{"hook_event_name":"UserPromptSubmit","session_id":"bench","cwd":%q,"prompt_id":"%d",
		"prompt":"make the parser take empty files"}`, repo, n)
}

// ignored is an event that no memory is made of: what remains is the process itself.
func ignored(repo string, _ int) string {
	return fmt.Sprintf(`{"hook_event_name":"PostToolBatch","session_id":"bench","cwd":%q}`, repo)
}
