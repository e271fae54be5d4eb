// Package testenv starts real Postgres and Redis servers for tests, from the
// binaries of the machine, on free ports of the loopback interface.
//
//	url := testenv.SharedPostgres(t).Database(t, testenv.Template{})  // an empty database
//	r := testenv.StartRedis(t)                                        // r.URL, r.Kill, r.Start, r.Flush
//
// [SharedPostgres] is one server for the whole test process, with fsync off: take
// a database of it for each test. [StartPostgres] is a server of the test's own,
// durable if asked, which it may kill and start again.
//
// Nothing outlives the tests, however they end: each server is watched by a
// small shell that reads from a pipe of the test process. When that closes, the
// shell ends the server and removes its files.
//
// Where the binaries are not installed the test is skipped, so that a laptop
// without them can run the rest; with CLAUDE_MEM_REQUIRE_SERVERS=1 it fails. Without
// pgvector tests go the way that is taken then: see [Postgres.Pgvector].
package testenv

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Env names the variable that makes a missing server a failure.
const Env = "CLAUDE_MEM_REQUIRE_SERVERS"

// EnvPgvector names the variable that makes it a failure if Postgres lacks pgvector.
const EnvPgvector = "CLAUDE_MEM_REQUIRE_PGVECTOR"

const (
	// startFor bounds how long a server may take until it answers.
	startFor = time.Minute
	// pollEvery is how often it is asked meanwhile.
	pollEvery = 5 * time.Millisecond
)

// unavailable skips the test, or fails it where servers are required.
func unavailable(t testing.TB, err error) {
	t.Helper()
	if os.Getenv(Env) == "1" {
		t.Fatalf("%v, and %s=1 requires it", err, Env)
	}
	t.Skipf("%v; install it, or run with %s=1 to fail instead", err, Env)
}

// find returns the path of a server's binary: from PATH, or from where Debian
// keeps the newest Postgres, which it leaves out of PATH.
func find(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("%s is not installed", name)
	}
	// A longer path holds a longer, so higher, version number.
	return slices.MaxFunc(found, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	}), nil
}

// freePort finds a port that nobody listens on. Another process may take it
// before the caller does; whoever starts a server on it tries again then.
func freePort() (int, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// poll calls ready until it succeeds, ctx ends, or gaveUp is closed because there
// is nothing left to wait for.
func poll(ctx context.Context, ready func(context.Context) error, gaveUp <-chan struct{}) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-gaveUp:
			return fmt.Errorf("it ended: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", err)
		case <-tick.C:
		}
	}
}
