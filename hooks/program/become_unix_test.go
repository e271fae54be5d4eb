//go:build unix

package main

import (
	"os"
	"path/filepath"
	"testing"

	"claude-mem/internal/instance"
	"claude-mem/internal/testbin"
)

// The whole program gets the same words and the same input, of which nothing is read.
func TestPassesOn(t *testing.T) {
	dir := t.TempDir()
	hook, told := build(t, dir), filepath.Join(dir, "told")
	script := "#!/bin/sh\n{ echo \"$@\"; cat; } >" + told + "\nexit 3\n"
	if err := os.WriteFile(instance.Program(hook), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	p := testbin.NewProfile(t, hook)
	for name, c := range map[string]struct {
		env, args []string
		want      string
	}{
		"a command":       {nil, []string{"search", "why"}, "search why\n" + toolCall},
		"help":            {nil, []string{"hook", "--help"}, "hook --help\n" + toolCall},
		"a server by TLS": {[]string{"CLAUDE_MEM_SERVER_URL=https://memory.example"}, []string{"hook", "claude-code"}, "hook claude-code\n" + toolCall},
	} {
		far := *p
		far.Env = append(far.Env, c.env...)
		if r, err := far.Run(t.Context(), toolCall, c.args...); err != nil || r.Code != 3 {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if got, err := os.ReadFile(told); err != nil || string(got) != c.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
