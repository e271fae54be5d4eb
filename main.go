// Claude-mem is a memory for coding agents: hook, daemon and console in one
// program.
//
// A hook runs before anything else is looked at, because an agent waits for it
// hundreds of times a day and nothing that is wrong may ever reach the agent: it
// always exits 0. Most hooks never come here: see package early. Everything else is
// package cli's.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"claude-mem/cli"
	"claude-mem/client"
	"claude-mem/hooks"
	_ "claude-mem/hooks/early" // hooks that need nothing of what is initialised after it
	"claude-mem/memory"
)

func main() {
	if cli.IsHook(os.Args[1:]) {
		hooks.MainFar(os.Args[2:], far)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // whoever interrupts twice does not want to wait
	code := cli.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// far delivers a hook's record to a server that is reached over TLS.
func far(ctx context.Context, url, key string, r memory.HookRecord) (memory.HookAnswer, error) {
	return client.New(url, key, client.Options{Transport: client.OneShot{}, Retries: -1}).Hook(ctx, r)
}
