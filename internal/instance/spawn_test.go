//go:build unix

package instance

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"claude-mem/internal/config"
)

// TestMain plays the daemon when Spawn starts this very program.
func TestMain(m *testing.M) {
	if slices.Equal(os.Args[1:], []string{"server", "run"}) {
		if err := playDaemon(); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// playDaemon says what it inherited, then lives until it is told to stop.
func playDaemon() error {
	c, err := config.Load(config.Options{})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var report []string
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if target, err := os.Readlink(filepath.Join("/dev/fd", e.Name())); err == nil {
			report = append(report, "fd "+target)
		}
	}
	report = append(report, os.Environ()...)
	if err := os.WriteFile("report", []byte(strings.Join(report, "\n")), 0o600); err != nil {
		return err
	}
	l, err := Acquire(c.Dirs)
	if err != nil {
		return err
	}
	defer l.Release()
	if err := l.Publish(State{PID: os.Getpid(), Port: 1}); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func TestSpawnAndStop(t *testing.T) {
	dirs := testDirs(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	// A pipe that would stay open in a child, as some hosts leave them.
	var leaked [2]int
	if err := syscall.Pipe(leaked[:]); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = syscall.Close(leaked[0]), syscall.Close(leaked[1]) }()

	env := append(os.Environ(), config.DataDir+"="+dirs.Data, "CLAUDECODE=1", "CLAUDE_PROJECT_DIR=/x", "CLAUDE_CODE_ENTRYPOINT=cli")
	if started, err := Spawn(dirs, os.Args[0], env); err != nil || !started {
		t.Fatalf("Spawn: %v, %v", started, err)
	}
	if started, err := Spawn(dirs, os.Args[0], env); err != nil || started {
		t.Errorf("Spawn again at once: %v, %v", started, err)
	}
	state, err := AwaitListening(ctx, dirs)
	if err != nil {
		t.Fatal(err)
	}
	report, err := os.ReadFile(filepath.Join(dirs.Data, "report"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(report)) {
		if strings.HasPrefix(line, "fd pipe:") || strings.HasPrefix(line, "fd socket:") ||
			strings.HasPrefix(line, "CLAUDECODE=") || strings.HasPrefix(line, "CLAUDE_CODE") || strings.HasPrefix(line, "CLAUDE_PROJECT_DIR") {
			t.Errorf("inherited %s", line)
		}
	}
	if sid, err := getsid(state.PID); err == nil && sid != state.PID {
		t.Errorf("the daemon is in session %d", sid)
	}
	if err := Stop(ctx, dirs); err != nil {
		t.Fatal(err)
	}
	if err := Stop(ctx, dirs); !errors.Is(err, ErrNotRunning) {
		t.Errorf("Stop again: %v", err)
	}
}

func TestStopGivesUp(t *testing.T) {
	dirs := testDirs(t)
	acquire(t, dirs) // never listens
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Stop(ctx, dirs); !errors.Is(err, context.Canceled) {
		t.Errorf("Stop: %v", err)
	}
}

func TestSpawnOfNothing(t *testing.T) {
	if started, err := Spawn(testDirs(t), "/no/such/program", nil); err == nil || started {
		t.Errorf("Spawn: %v, %v", started, err)
	}
}

func TestStampAges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stamp")
	if !stamp(path) || stamp(path) {
		t.Error("the stamp does not hold others back")
	}
	old := time.Now().Add(-2 * spawnEvery)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	if !stamp(path) || stamp(path) {
		t.Error("an old stamp holds others back, or was not renewed")
	}
}

func TestDaemonEnviron(t *testing.T) {
	in := []string{"PATH=/bin", "CLAUDECODE=1", "CLAUDE_MEM_DATA_DIR=d", "CLAUDE_CODE_SSE_PORT=1", "GEMINI_API_KEY=k", "CODEX_HOME=/c", "CLAUDE_MEM_SERVER_PROJECT_ID=p"}
	one := config.Dirs{Config: "/here/d", Data: "/here/d", State: "/here/d", Runtime: "/here/d"}
	want := []string{"PATH=/bin", "GEMINI_API_KEY=k", "CLAUDE_MEM_DATA_DIR=/here/d"}
	if got := daemonEnviron(one, in); !slices.Equal(got, want) {
		t.Errorf("environment = %q, want %q", got, want)
	}
	// The profile may come from a flag, of which the child knows nothing.
	if got := daemonEnviron(one, nil); !slices.Equal(got, want[2:]) {
		t.Errorf("environment = %q, want %q", got, want[2:])
	}
	many := config.Dirs{Config: "/c", Data: "/d", State: "/s", Runtime: "/r"}
	if got := daemonEnviron(many, in[:1]); !slices.Equal(got, want[:1]) {
		t.Errorf("environment = %q, want %q", got, want[:1])
	}
}

func getsid(pid int) (int, error) {
	sid, _, errno := syscall.Syscall(syscall.SYS_GETSID, uintptr(pid), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(sid), nil
}
