package hooks

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// answerAt takes one connection at address, hands it to serve and returns its port.
func answerAt(t *testing.T, address string, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() {
		_ = l.Close()
		<-ended
	})
	go func() {
		defer close(ended)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		serve(c)
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// loopbacks lists what this machine calls itself; not every one has IPv6.
func loopbacks(t *testing.T) []string {
	t.Helper()
	out := []string{"127.0.0.1"}
	if l, err := net.Listen("tcp", "[::1]:0"); err == nil {
		_ = l.Close()
		out = append(out, "::1")
	}
	return out
}

// What is long is written whole and read to its end, whoever of the two has to wait.
func TestDialCarriesBothWays(t *testing.T) {
	long := strings.Repeat("a long request ", 200_000)
	for _, address := range loopbacks(t) {
		t.Run(address, func(t *testing.T) {
			port := answerAt(t, address, func(c net.Conn) { _, _ = io.CopyN(c, c, int64(len(long))) })
			c, err := dial(t.Context(), net.JoinHostPort(address, port))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			got := make(chan string)
			go func() {
				text, _ := io.ReadAll(c)
				got <- string(text)
			}()
			if n, err := c.Write([]byte(long)); n != len(long) || err != nil {
				t.Fatalf("wrote %d of %d: %v", n, len(long), err)
			}
			if text := <-got; text != long {
				t.Errorf("got %d bytes, want %d", len(text), len(long))
			}
		})
	}
}

func TestDialLocalhost(t *testing.T) {
	for _, address := range loopbacks(t) {
		port := answerAt(t, address, func(net.Conn) {})
		c, err := dial(t.Context(), "localhost:"+port)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("%s: read %d, %v from one who hung up", address, n, err)
		}
		_ = c.Close()
	}
}

// Who takes a connection and then says nothing, or takes nothing, is given up.
func TestDialGivesUp(t *testing.T) {
	done := make(chan struct{})
	port := answerAt(t, "127.0.0.1", func(net.Conn) { <-done })
	defer close(done)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	c, err := dial(ctx, "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read: %v", err)
	}
	if _, err := c.Write(make([]byte, 64<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("write: %v", err)
	}
}

func TestDialRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if c, err := dial(t.Context(), l.Addr().String()); err == nil {
		_ = c.Close()
		t.Error("connected to nobody")
	}
}
