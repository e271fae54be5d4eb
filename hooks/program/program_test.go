package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claude-mem/hooks/spool"
	"claude-mem/internal/instance"
	"claude-mem/internal/testbin"
)

const toolCall = `{"hook_event_name":"PostToolUse","session_id":"s","tool_name":"Bash","tool_use_id":"t1",
	"tool_input":{"command":"make"},"tool_response":{"stdout":"ok"}}`

// The daemon that a hook starts is the whole program, and what the hook could not
// deliver gets there; what comes after goes there at once.
func TestTellsTheDaemon(t *testing.T) {
	dir := t.TempDir()
	hook := build(t, dir)
	if _, err := testbin.Build(dir); err != nil {
		t.Fatal(err)
	}
	p := testbin.NewProfile(t, hook)
	waiting := func() int64 {
		st, err := spool.New(p.Config().Dirs.Spool()).Stats()
		if err != nil {
			t.Fatal(err)
		}
		return st.Records
	}
	call(t, p, toolCall)
	if _, err := instance.AwaitListening(t.Context(), p.Config().Dirs); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); waiting() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the daemon does not take what the hook left")
		}
	}
	call(t, p, toolCall)
	if n := waiting(); n != 0 {
		t.Errorf("%d records wait though there is a daemon", n)
	}
	p.Must("stop") // by the whole program, too
}

// What only the whole program can do waits for it, if it is not there.
func TestAlone(t *testing.T) {
	p := testbin.NewProfile(t, build(t, t.TempDir()))
	const server = "https://127.0.0.1:9"
	p.Env = append(p.Env, "CLAUDE_MEM_SERVER_URL="+server, "CLAUDE_MEM_SERVER_API_KEY=k")
	call(t, p, toolCall)
	st, err := spool.For(p.Config().Dirs.Spool(), server).Stats()
	if err != nil || st.Records != 1 {
		t.Errorf("%d records wait, %v", st.Records, err)
	}
	if r, err := p.Run(t.Context(), "", "status"); err != nil || r.Code == 0 || r.Stderr == "" {
		t.Errorf("%+v, %v", r, err)
	}
}

// A program that was given another name must not start itself for ever.
func TestUnderAnotherName(t *testing.T) {
	dir := t.TempDir()
	renamed := filepath.Join(dir, "memory.exe") // which every system runs
	if err := os.Rename(build(t, dir), renamed); err != nil {
		t.Fatal(err)
	}
	if r, err := testbin.NewProfile(t, renamed).Run(t.Context(), "", "status"); err != nil || r.Code != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// Nor must one that was put in the place of the whole program.
func TestInThePlaceOfTheWhole(t *testing.T) {
	dir := t.TempDir()
	hook := build(t, dir)
	if err := os.Link(hook, instance.Program(hook)); err != nil {
		t.Fatal(err)
	}
	r, err := testbin.NewProfile(t, hook).Run(t.Context(), "", "status")
	if err != nil || r.Code != 1 || !strings.Contains(r.Stderr, "is this program") {
		t.Errorf("%+v, %v", r, err)
	}
}

// build builds the program into dir and returns its path.
func build(t *testing.T, dir string) string {
	t.Helper()
	path, err := testbin.BuildHook(dir)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// call runs the hook, which says nothing and never fails.
func call(t *testing.T, p *testbin.Profile, payload string) {
	t.Helper()
	r, err := p.Run(t.Context(), payload, "hook", "claude-code")
	if err != nil || r != (testbin.Result{}) {
		t.Fatalf("%+v, %v", r, err)
	}
}
