package hooks

import (
	"path"
	"path/filepath"
	"strings"

	"claude-mem/memory"
)

// ownCommand reports whether any part of a shell's command runs claude-mem: what
// that prints came from memory and must not go back in, not even through a pipe.
func ownCommand(t memory.ToolUse) bool {
	command := textField(t.Input, "command")
	if !strings.Contains(command, "claude-mem") {
		return false
	}
	for start := 0; start <= len(command); {
		end := partEnd(command, start)
		if runsUs(command[start:end]) {
			return true
		}
		start = end + 1
	}
	return false
}

// partEnd is where the simple command that starts at i ends: at && || ; | & a
// bracket or the end of the line, none of which counts between quotes.
func partEnd(s string, i int) int {
	var quote byte
	for ; i < len(s); i++ {
		switch b := s[i]; {
		case b == '\\' && quote != '\'':
			i++
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '"' || b == '\'':
			quote = b
		case strings.IndexByte(";|&()\n", b) >= 0:
			return i
		}
	}
	return len(s)
}

// runsUs reports whether the program of a simple command is claude-mem. Variables
// may be set before it.
func runsUs(part string) bool {
	for _, word := range strings.Fields(part) {
		if name, _, ok := strings.Cut(word, "="); ok && !strings.ContainsAny(name, `/"'$`) {
			continue
		}
		program := path.Base(filepath.ToSlash(strings.Trim(word, `"'`)))
		return strings.TrimSuffix(program, ".exe") == "claude-mem"
	}
	return false
}
