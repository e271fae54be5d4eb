package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"claude-mem/internal/instance"
	"claude-mem/internal/testbin"
	"claude-mem/internal/version"
)

func TestHookProgram(t *testing.T) {
	exe := filepath.Join(t.TempDir(), "claude-mem")
	beside := instance.HookProgram(exe)
	if got, err := hookProgram(exe); got != "" || err != nil {
		t.Errorf("%q, which is not there: %v", got, err)
	}
	if err := os.Mkdir(beside, 0o700); err != nil {
		t.Fatal(err)
	}
	if got, err := hookProgram(exe); got != "" || err == nil {
		t.Errorf("%q, which is a folder: %v", got, err)
	}
	if err := os.Remove(beside); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(beside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := hookProgram(exe); runtime.GOOS != "windows" && (got != "" || err == nil || !strings.Contains(err.Error(), "chmod")) {
		t.Errorf("%q, which cannot be executed: %v", got, err)
	}
	if problem := hookProgramProblem(t.Context(), exe); problem == "" {
		t.Error("doctor finds nothing wrong with it")
	}
	var warned strings.Builder
	(&console{err: &warned}).notePrograms(exe)
	if runtime.GOOS != "windows" && !strings.Contains(warned.String(), "so hooks call "+exe+", which takes longer") {
		t.Errorf("install warns %q", warned.String())
	}
	if err := os.Chmod(beside, 0o700); err != nil {
		t.Fatal(err)
	}
	if got, err := hookProgram(exe); got != beside || err != nil {
		t.Errorf("%q, want %s: %v", got, beside, err)
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
