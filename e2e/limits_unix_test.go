//go:build unix

package e2e_test

import (
	"syscall"
	"testing"
)

// roomForConns is how many connections this process may open, with some left for
// all else. Go has raised the soft limit to the hard one already.
func roomForConns(t *testing.T) int {
	t.Helper()
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim); err != nil {
		t.Fatal(err)
	}
	return int(min(lim.Cur, 1<<20)) - 256
}
