package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"claude-mem/internal/config"
)

// portTries is how many ports are tried before any free one is taken.
const portTries = 100

// listenAt listens on host at the port and no other, for clients that have been told
// which it is; a port of 0 means [config.DefaultPort].
func listenAt(ctx context.Context, host string, port int) (net.Listener, error) {
	if port == 0 {
		port = config.DefaultPort()
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("listen: %w; choose another port with CLAUDE_MEM_SERVER_PORT", err)
	}
	return l, nil
}

// listenNear listens on host at the port, or at the next free one; a port of 0 means
// [config.DefaultPort].
func listenNear(ctx context.Context, host string, port int) (net.Listener, error) {
	if port == 0 {
		port = config.DefaultPort()
	}
	var lc net.ListenConfig
	for try := range portTries {
		if port+try > 65535 {
			break
		}
		l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port+try)))
		if err == nil {
			return l, nil
		}
		if !errors.Is(err, errAddrInUse) {
			return nil, fmt.Errorf("listen on %s: %w", host, err)
		}
	}
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", host, err)
	}
	return l, nil
}
