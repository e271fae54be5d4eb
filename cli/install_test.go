package cli

import (
	"os"
	"path/filepath"
	"testing"

	"claude-mem/internal/instance"
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
