//go:build unix

package daemon

import "syscall"

const errAddrInUse = syscall.EADDRINUSE
