package daemon

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

func TestPanicBecomesAnError(t *testing.T) {
	err := guarded(func() error { panic("out of cheese") })()
	if err == nil || !strings.Contains(err.Error(), "out of cheese") || !strings.Contains(err.Error(), "process_test.go") {
		t.Errorf("error %v", err)
	}
}

func TestOwnProcess(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	defer func() { _ = debug.SetCrashOutput(nil, debug.CrashOptions{}) }()
	logs := t.TempDir()
	old := filepath.Join(logs, "crash.log")
	if err := os.WriteFile(old, make([]byte, crashLogBytes+1), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := ownProcess(logs); err != nil {
		t.Fatal(err)
	}
	if fi, err := os.Stat(old); err != nil || fi.Mode().Perm() != 0o600 || fi.Size() != 0 {
		t.Errorf("crash log %v, %v", fi, err)
	}
	if err := ownProcess(filepath.Join(logs, "nowhere")); err == nil {
		t.Error("no error without a folder")
	}
}
