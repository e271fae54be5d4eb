// Package testbin builds the real binary and runs it in throw-away profiles, for
// tests and benchmarks that look at the product from outside.
package testbin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"claude-mem/internal/config"
	"claude-mem/internal/instance"
)

// Build builds the program into dir as it is released and returns its path.
func Build(dir string) (string, error) {
	return build(filepath.Join(dir, "claude-mem"), "claude-mem")
}

// BuildHook builds the program that does nothing but hooks into dir, where the whole
// one may lie already, and returns its path.
func BuildHook(dir string) (string, error) {
	return build(instance.HookProgram(filepath.Join(dir, "claude-mem")), "claude-mem/hooks/program")
}

// BuildEmpty builds a program that does nothing, to compare with.
func BuildEmpty(dir string) (string, error) {
	source := filepath.Join(dir, "empty.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		return "", err
	}
	return build(filepath.Join(dir, "empty"), source)
}

func build(path, what string) (string, error) {
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, what)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", what, err, out)
	}
	return path, nil
}

// Profile is one user's claude-mem: a home, a data directory and a repository of
// its own. Its daemon, if any, is killed when the test ends.
type Profile struct {
	Home string
	Data string
	Repo string // where commands and hooks run
	Env  []string

	binary string
	t      testing.TB
}

// NewProfile makes an empty one for the binary at the path.
func NewProfile(t testing.TB, binary string) *Profile {
	t.Helper()
	home := t.TempDir()
	p := &Profile{
		Home: home, Data: filepath.Join(home, "memory"), Repo: filepath.Join(home, "repo"),
		binary: binary, t: t,
	}
	if err := os.MkdirAll(filepath.Join(p.Repo, ".git"), 0o700); err != nil {
		t.Fatal(err)
	}
	p.Env = []string{
		"HOME=" + p.Home,
		"PATH=" + os.Getenv("PATH"),
		config.DataDir + "=" + p.Data,
		config.ServerPort + "=" + strconv.Itoa(freePort(t)),
	}
	t.Cleanup(func() { p.Kill() })
	return p
}

// Result is how a run of the binary ended.
type Result struct {
	Stdout, Stderr string
	Code           int
}

// runFor bounds one run of the binary.
const runFor = time.Minute

// Run runs the binary to its end. An exit code is not an error.
func (p *Profile) Run(ctx context.Context, stdin string, args ...string) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, runFor)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.binary, args...)
	cmd.Env, cmd.Dir, cmd.Stdin = p.Env, p.Repo, strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); exited {
		err = ctx.Err()
	}
	return Result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}, err
}

// Must runs the binary and fails the test unless it exits with 0.
func (p *Profile) Must(args ...string) Result {
	p.t.Helper()
	r, err := p.Run(context.WithoutCancel(p.t.Context()), "", args...)
	if err != nil || r.Code != 0 {
		p.t.Fatalf("%s: %v, exit %d: %s%s", strings.Join(args, " "), err, r.Code, r.Stdout, r.Stderr)
	}
	return r
}

// Config loads the profile's settings.
func (p *Profile) Config() *config.Config {
	p.t.Helper()
	c, err := config.Load(config.Options{Environ: p.Env})
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// Serve makes sure that a daemon runs and listens. Unlike "start" it does not
// wait when the last one was started a moment ago.
func (p *Profile) Serve() instance.State {
	p.t.Helper()
	for deadline := time.Now().Add(runFor); ; {
		if state, ok := p.Find(); ok {
			return state
		}
		cmd := exec.Command(p.binary, "server", "run")
		cmd.Env, cmd.Dir = p.Env, p.Repo
		if err := cmd.Start(); err != nil {
			p.t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			_ = cmd.Wait() // however it ended, we look who listens
			close(ended)
		}()
		if state, ok := p.awaitListening(ended); ok {
			return state
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("no daemon within %s", runFor)
		}
	}
}

// awaitListening waits for a daemon, until the one that was started has ended.
func (p *Profile) awaitListening(ended <-chan struct{}) (instance.State, bool) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if state, ok := p.Find(); ok {
			return state, true
		}
		select {
		case <-ended:
			return p.Find()
		case <-tick.C:
		}
	}
}

// Find tells where the profile's daemon listens; ok is false when none does.
func (p *Profile) Find() (state instance.State, ok bool) {
	state, running, err := instance.Find(p.Config().Dirs)
	return state, err == nil && running && state.Listening()
}

// Kill ends the daemon as a power cut would, and reports whether there was one.
func (p *Profile) Kill() bool {
	state, ok := p.Find()
	if !ok {
		return false
	}
	proc, err := os.FindProcess(state.PID)
	if err != nil {
		return false
	}
	return proc.Kill() == nil
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
