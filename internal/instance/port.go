package instance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
)

const (
	basePort  = 37877
	portUsers = 100 // users of one machine whose ports differ
	portTries = 100 // ports tried before any free one is taken
)

// DefaultPort is the port of the current user's daemon when none is configured.
func DefaultPort() int {
	return basePort + max(os.Getuid(), 0)%portUsers // Getuid is -1 on Windows
}

// ListenAt listens on host at the port and no other, for clients that have been told
// which it is; a port of 0 means [DefaultPort].
func ListenAt(ctx context.Context, host string, port int) (net.Listener, error) {
	if port == 0 {
		port = DefaultPort()
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("listen: %w; choose another port with CLAUDE_MEM_SERVER_PORT", err)
	}
	return l, nil
}

// Listen listens on host at the port, or at the next free one; a port of 0 means
// [DefaultPort].
func Listen(ctx context.Context, host string, port int) (net.Listener, error) {
	if port == 0 {
		port = DefaultPort()
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
