package instance

import "testing"

func TestHookProgram(t *testing.T) {
	for whole, hook := range map[string]string{
		"/usr/local/bin/claude-mem": "/usr/local/bin/claude-mem-hook",
		"/opt/v1.2/claude-mem-1.2":  "/opt/v1.2/claude-mem-1.2-hook",
		"bin/claude-mem.exe":        "bin/claude-mem-hook.exe",
		"bin/CLAUDE-MEM.EXE":        "bin/CLAUDE-MEM-hook.EXE",
	} {
		if got := HookProgram(whole); got != hook {
			t.Errorf("HookProgram(%q) = %q, want %q", whole, got, hook)
		}
		for _, exe := range []string{whole, hook} {
			if got := Program(exe); got != whole {
				t.Errorf("Program(%q) = %q, want %q", exe, got, whole)
			}
		}
	}
}
