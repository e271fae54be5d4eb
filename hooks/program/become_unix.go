//go:build unix

package main

import (
	"os"
	"syscall"
)

// become turns this process into another program. It returns only with an error.
func become(path string, args []string) error {
	return syscall.Exec(path, append([]string{path}, args...), os.Environ())
}
