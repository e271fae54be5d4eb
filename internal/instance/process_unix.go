//go:build unix

package instance

import (
	"errors"
	"os"
	"strconv"
	"syscall"
)

// detached gives the daemon a session of its own: no terminal, and no signal meant
// for the host's process group.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// alive reports whether there is a process with that id.
func alive(pid int) bool {
	if pid <= 0 {
		return false
	}
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

func terminate(pid int) error { return syscall.Kill(pid, syscall.SIGTERM) }

// sealDescriptors marks every open file but the standard ones close-on-exec.
func sealDescriptors() {
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		return // nowhere to learn from what is open
	}
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
}
