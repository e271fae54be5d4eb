package testenv

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Redis is a running server that keeps nothing on disk: it starts empty.
type Redis struct {
	// URL names the server's first database.
	URL string

	path string
	args []string
	host *host
	port int
}

// StartRedis starts a server that is removed when the test ends. Arguments, such
// as "--cluster-enabled", "yes", are added to the server's.
func StartRedis(t testing.TB, args ...string) *Redis {
	t.Helper()
	path, err := findRedis()
	if err != nil {
		unavailable(t, err)
	}
	h, err := newHost()
	if err != nil {
		t.Fatal(err)
	}
	r := &Redis{path: path, args: args, host: h}
	t.Cleanup(func() {
		if err := h.remove(); err != nil {
			t.Errorf("remove the Redis server: %v", err)
		}
	})
	for range 5 {
		if r.port, err = freePort(); err != nil {
			break
		}
		if err = r.start(); err == nil {
			r.URL = fmt.Sprintf("redis://127.0.0.1:%d/0", r.port)
			return r
		}
	}
	t.Fatal(err)
	return nil
}

// findRedis finds Redis, or else Valkey, which speaks the same protocol.
func findRedis() (string, error) {
	path, err := find("redis-server")
	if err != nil {
		if valkey, err := find("valkey-server"); err == nil {
			return valkey, nil
		}
	}
	return path, err
}

// start starts the server on its port and waits until it answers.
func (r *Redis) start() error {
	args := []string{"--port", strconv.Itoa(r.port), "--bind", "127.0.0.1", "--dir", r.host.dir,
		"--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"}
	err := r.host.start(r.path, append(args, r.args...)...)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startFor)
	defer cancel()
	err = poll(ctx, func(ctx context.Context) error { return r.command(ctx, "PING", "+PONG") }, r.host.ended)
	if err != nil {
		_ = r.host.signal(syscall.SIGKILL)
		return fmt.Errorf("start Redis: %w\n%s", err, r.host.tail())
	}
	return nil
}

// command sends one command without arguments and checks the answer.
func (r *Redis) command(ctx context.Context, command, want string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(r.port)))
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(startFor)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(conn, "%s\r\n", command); err != nil {
		return err
	}
	got, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	if got = strings.TrimSpace(got); got != want {
		return fmt.Errorf("%s: answered %q, not %q", command, got, want)
	}
	return nil
}

// Flush removes every key, as FLUSHALL does.
func (r *Redis) Flush(t testing.TB) {
	t.Helper()
	if err := r.command(context.Background(), "FLUSHALL", "+OK"); err != nil {
		t.Fatal(err)
	}
}

// Kill ends the server at once; what it held is lost.
func (r *Redis) Kill(t testing.TB) {
	t.Helper()
	if err := r.host.signal(syscall.SIGKILL); err != nil {
		t.Fatalf("kill Redis: %v", err)
	}
}

// Start starts the server after Kill, on the same port, empty.
func (r *Redis) Start(t testing.TB) {
	t.Helper()
	if err := r.start(); err != nil {
		t.Fatal(err)
	}
}

// Restart is Kill and Start.
func (r *Redis) Restart(t testing.TB) {
	t.Helper()
	r.Kill(t)
	r.Start(t)
}
