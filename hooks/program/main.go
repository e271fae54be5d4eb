// Claude-mem-hook is `claude-mem hook` by itself. The whole program links databases,
// TLS and a command line, and to start that takes longer than all that a hook does;
// this one starts in half the time, and from a cold disk in a small part of it.
//
// It lies beside the whole program, is called with the same words and does the same:
// hooks are package hooks in both. What it cannot do, which is to reach a server over
// TLS and everything that is no hook, it hands to the whole program. Where it is not
// installed, `claude-mem install` registers the whole program instead.
package main

import (
	"context"
	"fmt"
	"os"

	"claude-mem/hooks"
	"claude-mem/internal/instance"
	"claude-mem/internal/version"
	"claude-mem/memory"
)

func main() {
	if hooks.Try(os.Args) {
		return
	}
	if len(os.Args) == 2 && os.Args[1] == "--version" { // of this program, for doctor
		fmt.Println(version.String())
		return
	}
	err := passOn()
	if len(os.Args) > 1 && os.Args[1] == "hook" {
		// The record waits in the spool until the whole program is there again.
		hooks.MainFar(os.Args[2:], func(context.Context, string, string, memory.HookRecord) (memory.HookAnswer, error) {
			return memory.HookAnswer{}, &memory.Error{Code: memory.CodeUnavailable, Message: err.Error(), Err: err}
		})
		return
	}
	fmt.Fprintln(os.Stderr, "claude-mem-hook:", err)
	os.Exit(1)
}

// passOn has the whole program do what this one was called for. It returns if that
// cannot be started.
func passOn() error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find claude-mem: %w", err)
	}
	whole := instance.Program(exe)
	if sameFile(whole, exe) {
		return fmt.Errorf("find claude-mem: %s is this program; install claude-mem again", whole)
	}
	if err := become(whole, os.Args[1:]); err != nil {
		return fmt.Errorf("start %s: %w; install claude-mem again", whole, err)
	}
	return nil
}

// sameFile reports whether two paths lead to one program, which would become itself for
// ever.
func sameFile(a, b string) bool {
	if a == b {
		return true
	}
	at, err := os.Stat(a)
	if err != nil {
		return false // become says so
	}
	bt, err := os.Stat(b)
	return err == nil && os.SameFile(at, bt)
}
