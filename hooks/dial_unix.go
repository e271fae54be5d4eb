//go:build unix

package hooks

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// near reports whether dial reaches the host of an address: it is named by an IPv4
// address, or is this machine. What takes a look-up is not.
func near(host string) bool { return len(sockets(host)) > 0 }

// dial connects to host, "127.0.0.1:80" or "[::1]", by the deadline of ctx. It makes
// the system calls itself: package net would have a hook wait for the initialisation
// of half of the program, see package early, and hands each wait to another thread.
func dial(ctx context.Context, host string) (io.ReadWriteCloser, error) {
	err := error(syscall.EADDRNOTAVAIL)
	for _, to := range sockets(host) {
		var c *conn
		if c, err = connect(ctx, to); err == nil {
			return c, nil
		}
	}
	return nil, os.NewSyscallError("connect to "+host, err)
}

// sockets is where a host may be, in the order to try; none if that takes a look-up.
func sockets(host string) []syscall.Sockaddr {
	port := 80
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		n, err := strconv.ParseUint(host[i+1:], 10, 16)
		if err != nil {
			return nil
		}
		host, port = host[:i], int(n)
	}
	four := func(ip [4]byte) syscall.Sockaddr { return &syscall.SockaddrInet4{Port: port, Addr: ip} }
	six := &syscall.SockaddrInet6{Port: port, Addr: [16]byte{15: 1}}
	switch {
	case host == "[::1]":
		return []syscall.Sockaddr{six}
	case strings.EqualFold(host, "localhost"):
		return []syscall.Sockaddr{four([4]byte{127, 0, 0, 1}), six}
	}
	if ip, ok := parseIPv4(host); ok {
		return []syscall.Sockaddr{four(ip)}
	}
	return nil
}

// parseIPv4 reads four decimal numbers; leading zeros, which some take for octal,
// are none of its business.
func parseIPv4(s string) (ip [4]byte, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) != len(ip) {
		return ip, false
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil || strconv.FormatUint(n, 10) != part {
			return ip, false
		}
		ip[i] = byte(n)
	}
	return ip, true
}

// conn is a connection that blocks its thread while it waits. It is used by one
// goroutine.
type conn struct {
	fd       int
	deadline time.Time // of every call; zero: none
}

// connectEvery is how often connect looks. On one machine the first look finds a
// connection, unless the server has more callers than it takes.
const connectEvery = 500 * time.Microsecond

// connect connects a socket of its own. No thread blocks meanwhile, because not every
// system would let go of it at the deadline.
func connect(ctx context.Context, to syscall.Sockaddr) (_ *conn, err error) {
	fd, err := socket(to)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = syscall.Close(fd)
		}
	}()
	for {
		err = syscall.Connect(fd, to)
		if err == nil || errors.Is(err, syscall.EISCONN) {
			deadline, _ := ctx.Deadline()
			return &conn{fd, deadline}, syscall.SetNonblock(fd, false)
		}
		switch {
		case errors.Is(err, syscall.EINPROGRESS), errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EALREADY):
			time.Sleep(connectEvery)
		default:
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		failed, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ERROR)
		if err != nil {
			return nil, err
		}
		if failed != 0 {
			return nil, syscall.Errno(failed)
		}
	}
}

// socket makes a socket that no child process inherits.
func socket(to syscall.Sockaddr) (int, error) {
	family := syscall.AF_INET
	if _, is := to.(*syscall.SockaddrInet6); is {
		family = syscall.AF_INET6
	}
	syscall.ForkLock.RLock()
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return -1, err
	}
	// The end of a long request shall not wait until its start is acknowledged.
	err = errors.Join(syscall.SetNonblock(fd, true), syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1))
	if err != nil {
		_ = syscall.Close(fd)
	}
	return fd, err
}

// Read implements io.Reader.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.wait(syscall.SO_RCVTIMEO, func() (int, error) { return syscall.Read(c.fd, p) })
	if err == nil && n == 0 && len(p) > 0 {
		err = io.EOF
	}
	return n, err
}

// Write implements io.Writer.
func (c *conn) Write(p []byte) (done int, err error) {
	for done < len(p) && err == nil {
		var n int
		n, err = c.wait(syscall.SO_SNDTIMEO, func() (int, error) { return syscall.Write(c.fd, p[done:]) })
		done += n
	}
	return done, err
}

// Close implements io.Closer.
func (c *conn) Close() error { return syscall.Close(c.fd) }

// wait makes a call that lasts no longer than the deadline, of which option, one of
// the socket's, tells the system.
func (c *conn) wait(option int, call func() (int, error)) (int, error) {
	for {
		if err := c.limit(option); err != nil {
			return 0, err
		}
		n, err := call()
		switch {
		case errors.Is(err, syscall.EINTR): // a signal of the runtime's, say
		case errors.Is(err, syscall.EAGAIN):
			return 0, os.ErrDeadlineExceeded
		case err != nil:
			return 0, err
		default:
			return n, nil
		}
	}
}

// limit bounds the next call by what is left of the time.
func (c *conn) limit(option int) error {
	if c.deadline.IsZero() {
		return nil
	}
	left := time.Until(c.deadline)
	if left <= 0 {
		return os.ErrDeadlineExceeded
	}
	// Less than the clock of a socket can tell would be for ever.
	tv := syscall.NsecToTimeval(max(left, time.Millisecond).Nanoseconds())
	return syscall.SetsockoptTimeval(c.fd, syscall.SOL_SOCKET, option, &tv)
}
