package hooks

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"claude-mem/internal/config"
)

// maxLog bounds the log; one former log is kept beside it.
const maxLog = 1 << 20

// debug notes what became of the call, if CLAUDE_MEM_LOG_LEVEL is debug.
func (c *call) debug(outcome, detail string) { c.log("debug", outcome, detail) }

// log writes a line to logs/hooks.log, if its level is at least that of the
// settings. It says what became of the call and nothing of what was in it.
func (c *call) log(level, outcome, detail string) {
	levels := []string{"debug", "info", "warn", "error"}
	if c.cfg == nil || slices.Index(levels, level) < slices.Index(levels, c.cfg.String(config.LogLevel)) {
		return
	}
	dir := c.cfg.Dirs.Logs()
	if os.MkdirAll(dir, 0o700) != nil {
		return // there is nowhere to complain
	}
	path := filepath.Join(dir, "hooks.log")
	if fi, err := os.Stat(path); err == nil && fi.Size() > maxLog {
		_ = os.Rename(path, path+".1")
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	fmt.Fprintf(f, "%s level=%s pid=%d event=%q outcome=%q detail=%q ms=%d\n", time.Now().UTC().Format(time.RFC3339Nano),
		level, os.Getpid(), c.event.name, outcome, detail, time.Since(c.start).Milliseconds())
}
