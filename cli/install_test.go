package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"claude-mem/internal/instance"
	"claude-mem/internal/testbin"
	"claude-mem/internal/version"
)

func TestHookProgram(t *testing.T) {
	exe := filepath.Join(t.TempDir(), "claude-mem")
	beside := instance.HookProgram(exe)
	if got := hookProgram(exe); got != "" {
		t.Errorf("%s, which is not there", got)
	}
	if err := os.Mkdir(beside, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := hookProgram(exe); got != "" {
		t.Errorf("%s, which is a folder", got)
	}
	if err := os.Remove(beside); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(beside, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := hookProgram(exe); got != beside {
		t.Errorf("%q, want %s", got, beside)
	}
}

// A program for hooks that was left from another version is found out.
func TestStrangeVersion(t *testing.T) {
	dir := t.TempDir()
	hook, err := testbin.BuildHook(dir)
	if err != nil {
		t.Fatal(err)
	}
	other, err := testbin.BuildEmpty(dir)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(hook, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	problem := strangeVersion(t.Context(), hook)
	if same := strings.TrimSpace(string(out)) == version.String(); same != (problem == "") {
		t.Errorf("%s says %s and this is %s: %q", hook, out, version.String(), problem)
	}
	for _, path := range []string{other, filepath.Join(dir, "missing")} {
		if strangeVersion(t.Context(), path) == "" {
			t.Errorf("%s is as good as ours", path)
		}
	}
}
