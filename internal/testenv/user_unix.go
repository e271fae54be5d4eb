//go:build unix

package testenv

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"sync"
	"syscall"
)

// credential finds the user; nil means that servers run as the test does.
var credential = sync.OnceValues(func() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup(serverUser)
	if err != nil {
		return nil, fmt.Errorf("no user to run a server as: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user %s: %w", serverUser, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user %s: %w", serverUser, err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
})

// ownGroup keeps an interrupt at the terminal from a process: it ends by itself
// when the test does.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// asServerUser is ownGroup for a process that must not run as root. A missing user
// is reported by giveAway, before any process.
func asServerUser() *syscall.SysProcAttr {
	c, _ := credential()
	return &syscall.SysProcAttr{Setpgid: true, Credential: c}
}

// giveAway makes the servers' user the owner of a directory.
func giveAway(dir string) error {
	c, err := credential()
	if err != nil || c == nil {
		return err
	}
	return os.Chown(dir, int(c.Uid), int(c.Gid))
}
