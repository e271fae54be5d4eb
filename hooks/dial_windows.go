package hooks

import (
	"context"
	"io"
	"net"
)

// near reports whether dial reaches a host, which it does whichever it is.
func near(string) bool { return true }

// dial connects to host, which may have a port, by the deadline of ctx.
func dial(ctx context.Context, host string) (io.ReadWriteCloser, error) {
	if _, _, err := net.SplitHostPort(host); err != nil {
		host += ":80"
	}
	deadline, _ := ctx.Deadline() // the zero time is no deadline
	d := net.Dialer{Deadline: deadline, KeepAlive: -1}
	c, err := d.DialContext(context.WithoutCancel(ctx), "tcp", host)
	if err != nil {
		return nil, err
	}
	if err := c.SetDeadline(deadline); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}
