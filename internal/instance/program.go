package instance

import (
	"path/filepath"
	"strings"
)

// hookSuffix ends the name of the program that does nothing but hooks.
const hookSuffix = "-hook"

// HookProgram is where the program that does nothing but hooks lies for the whole
// program at exe, which is beside it: claude-mem-hook. It need not be there.
func HookProgram(exe string) string {
	name, ext := splitExe(exe)
	return name + hookSuffix + ext
}

// Program is the whole program for the one at exe, which may be that itself.
func Program(exe string) string {
	name, ext := splitExe(exe)
	return strings.TrimSuffix(name, hookSuffix) + ext
}

// splitExe cuts off the ending that Windows gives programs.
func splitExe(exe string) (name, ext string) {
	if ext = filepath.Ext(exe); !strings.EqualFold(ext, ".exe") {
		return exe, ""
	}
	return exe[:len(exe)-len(ext)], ext
}
