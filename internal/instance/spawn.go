package instance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"claude-mem/internal/config"
)

// spawnEvery bounds how often a daemon is started: one that cannot live is not
// started anew by every hook.
const spawnEvery = time.Second

// Spawn starts "exe server run" in the background and does not wait for it. The
// daemon inherits no open file, no terminal and none of the agent host's variables
// from env. It reports false if a daemon was started less than a second ago.
func Spawn(dirs config.Dirs, exe string, env []string) (started bool, err error) {
	if err := dirs.Make(); err != nil {
		return false, err
	}
	if !stamp(filepath.Join(dirs.Runtime, "server.spawn")) {
		return false, nil
	}
	// A host may have left files open that are not marked close-on-exec. A pipe
	// among them, held by the daemon, would keep the host waiting for its end.
	sealDescriptors()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return false, fmt.Errorf("start the daemon: %w", err)
	}
	defer func() { _ = null.Close() }()
	cmd := exec.CommandContext(context.Background(), exe, "server", "run") // outlives whoever starts it
	cmd.Stdin, cmd.Stdout, cmd.Stderr = null, null, null
	cmd.Dir = dirs.Data
	cmd.Env = daemonEnviron(dirs, env)
	cmd.SysProcAttr = detached()
	if err := cmd.Start(); err != nil {
		return false, fmt.Errorf("start the daemon: %w", err)
	}
	if err := cmd.Process.Release(); err != nil {
		return true, fmt.Errorf("let go of the daemon: %w", err)
	}
	return true, nil
}

// stamp touches the file at path, unless that was done within spawnEvery.
func stamp(path string) bool {
	now := time.Now()
	if fi, err := os.Stat(path); err == nil {
		if age := now.Sub(fi.ModTime()); age >= 0 && age < spawnEvery {
			return false
		}
	}
	if err := os.Chtimes(path, now, now); errors.Is(err, os.ErrNotExist) {
		if f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
			_ = f.Close()
		}
	}
	return true
}

// daemonEnviron leaves out what an agent host set for its hooks: the daemon
// outlives the session and serves others. The data directory, if one was chosen, is
// named as it was understood here: the daemon must not understand it otherwise, and
// may never have been told by a variable.
func daemonEnviron(dirs config.Dirs, env []string) []string {
	out := make([]string, 0, len(env))
	for _, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		if name != config.DataDir && !hostVariable(name) {
			out = append(out, kv)
		}
	}
	if root := dirs.Root(); root != "" {
		out = append(out, config.DataDir+"="+root)
	}
	return out
}

func hostVariable(name string) bool {
	switch name {
	case "CLAUDECODE", "AI_AGENT", "GEMINI_CLI", "GEMINI_SESSION_ID", "GEMINI_PROJECT_DIR", "GEMINI_CWD",
		config.ServerProjectID, "CLAUDE_MEM_SERVER_BETA_PROJECT_ID":
		return true
	}
	if strings.HasPrefix(name, "CLAUDE_") {
		return !strings.HasPrefix(name, "CLAUDE_MEM_")
	}
	return strings.HasPrefix(name, "CODEX_")
}
