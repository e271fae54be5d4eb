// Claude-mem is a memory for coding agents: hook, daemon and console in one
// program.
//
// A hook runs before anything else is looked at, because an agent waits for it
// hundreds of times a day and nothing that is wrong may ever reach the agent: it
// always exits 0. Everything else is package cli's.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"claude-mem/cli"
	"claude-mem/hooks"
)

func main() {
	if cli.IsHook(os.Args[1:]) {
		hooks.Main(os.Args[2:])
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
