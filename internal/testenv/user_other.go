//go:build !unix

package testenv

import "syscall"

func ownGroup() *syscall.SysProcAttr { return nil }

func asServerUser() *syscall.SysProcAttr { return nil }

func giveAway(string) error { return nil }

func killIn(string) error { return nil }
