package testenv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// watchdog ends the server whose pid is in the file server.pid of a directory and
// removes the directory, once its standard input is closed. It does not ask the
// server to finish in good order: what it holds is thrown away.
const watchdog = `cat >/dev/null
pid=$(cat "$1/server.pid" 2>/dev/null)
if [ -n "$pid" ]; then
	kill -QUIT "$pid" 2>/dev/null
	for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
	kill -KILL "$pid" 2>/dev/null
fi
rm -rf "$1"`

// host is a directory on disk in which one server at a time runs.
type host struct {
	dir  string
	pipe io.Closer // closing it makes the watchdog act
	dog  *exec.Cmd

	cmd   *exec.Cmd
	ended chan struct{} // closed: the server has ended
}

// newHost makes the directory, owned by the user that servers run as.
func newHost() (*host, error) {
	dir, err := os.MkdirTemp("", "claude-mem-test-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for a server: %w", err)
	}
	// No context: the watchdog is what ends things, and a server outlives the call.
	dog := exec.CommandContext(context.Background(), "/bin/sh", "-c", watchdog, "watchdog", dir)
	dog.SysProcAttr = ownGroup()
	pipe, err := dog.StdinPipe()
	if err == nil {
		err = dog.Start()
	}
	if err == nil {
		err = giveAway(dir)
	}
	if err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("make a directory for a server: %w", err)
	}
	return &host{dir: dir, pipe: pipe, dog: dog}, nil
}

// command prepares a program that runs as the servers' user in the directory. Its
// output goes to a file: a pipe would keep go test waiting for it.
func (h *host) command(path string, args ...string) (*exec.Cmd, error) {
	log, err := os.OpenFile(h.log(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.Background(), path, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = h.dir, log, log
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + h.dir, "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = asServerUser()
	return cmd, nil
}

func (h *host) log() string { return filepath.Join(h.dir, "server.log") }

// run runs a program to its end.
func (h *host) run(path string, args ...string) error {
	cmd, err := h.command(path, args...)
	if err != nil {
		return err
	}
	defer cmd.Stdout.(*os.File).Close()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(path), err, h.tail())
	}
	return nil
}

// start starts the server.
func (h *host) start(path string, args ...string) error {
	if h.cmd != nil {
		return errors.New("the server runs already")
	}
	cmd, err := h.command(path, args...)
	if err != nil {
		return err
	}
	defer cmd.Stdout.(*os.File).Close()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", filepath.Base(path), err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	h.cmd, h.ended = cmd, ended
	return os.WriteFile(filepath.Join(h.dir, "server.pid"), []byte(strconv.Itoa(cmd.Process.Pid)), 0o600)
}

// signal sends the server a signal and waits until it has ended.
func (h *host) signal(s os.Signal) error {
	if h.cmd == nil {
		return nil
	}
	if err := h.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-h.ended
	h.cmd = nil
	return os.Remove(filepath.Join(h.dir, "server.pid"))
}

// remove ends the server, if it runs, and removes the directory.
func (h *host) remove() error {
	h.pipe.Close()
	return h.dog.Wait()
}

// tail is the end of what the server wrote, for an error message.
func (h *host) tail() string {
	const enough = 4 << 10
	text, err := os.ReadFile(h.log())
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-enough):])
}
