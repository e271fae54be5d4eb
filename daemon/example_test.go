package daemon_test

import (
	"context"
	"fmt"
	"os"

	"claude-mem/client"
	"claude-mem/daemon"
)

// Another Go program runs a daemon of its own, in a directory of its own.
func ExampleDaemon_Run() {
	dir, err := os.MkdirTemp("", "memory")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cfg, err := daemon.LoadConfig(map[string]string{"CLAUDE_MEM_DATA_DIR": dir})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	d := daemon.New(cfg, daemon.Options{})
	done := make(chan error)
	go func() { done <- d.Run(ctx) }()

	<-d.Ready()
	alive, err := client.New(d.URL(), "", client.Options{Transport: client.OneShot{}}).Healthz(ctx)
	fmt.Println(alive.Status, alive.Runtime, err)

	stop()
	fmt.Println(<-done)
	// Output:
	// ok local <nil>
	// <nil>
}
