package redis

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"claude-mem/memory"
	"claude-mem/queue"
)

// maxPrefix is the longest prefix: it is part of every key.
const maxPrefix = 64

func checkPrefix(prefix string) error {
	ok := prefix != "" && len(prefix) <= maxPrefix
	for _, r := range prefix {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("._-:", r):
		default:
			ok = false // "{" and "}" above all, which would break asynq's hash tags
		}
	}
	if !ok {
		return fmt.Errorf("redis: prefix %q is not 1 to %d letters, digits, dots, dashes, underscores and colons", prefix, maxPrefix)
	}
	return nil
}

// parseURL reads a Redis URL. The error does not quote any of it, nor what the
// parsers say: a "/" in a password is enough for them to take it for the host.
func parseURL(url string) (*goredis.Options, error) {
	if url == "" {
		return nil, errors.New("redis: no URL is set; it looks like redis://[user:password@]host:port[/db]")
	}
	opt, err := goredis.ParseURL(url)
	if err != nil {
		return nil, errors.New("redis: the URL cannot be read (it is not shown, as it may hold a password); " +
			"it looks like redis://[user:password@]host:port[/db], with special characters of the password as %XX")
	}
	// Nothing of ours depends on them, and they cost goroutines and round trips.
	opt.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	opt.ContextTimeoutEnabled = true
	return opt, nil
}

// fastOptions are for calls that somebody waits for: one more try, then an error.
func fastOptions(conn *goredis.Options, timeout time.Duration) *goredis.Options {
	o := *conn
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = timeout, timeout, timeout, timeout
	o.MaxRetries = 1
	o.DialerRetries = 1
	return &o
}

// address tells where a client connects to.
func address(o *goredis.Options) queue.Server {
	host, port, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return queue.Server{Host: o.Addr} // a Unix socket
	}
	n, _ := strconv.Atoi(port)
	return queue.Server{Host: host, Port: n}
}

// probe asks the server whether it answers and what it is. A server that hides
// its INFO from us is taken as it is.
func (q *Queue) probe(ctx context.Context) (mode string, err error) {
	ctx, cancel := context.WithTimeout(ctx, q.o.Timeout)
	defer cancel()
	if err := q.client.Ping(ctx).Err(); err != nil {
		return "", &memory.Error{
			Code: memory.CodeUnavailable, Err: err,
			Message: fmt.Sprintf("redis: no answer from %s: %v", q.conn.Addr, err),
		}
	}
	info := q.client.Info(ctx).Val() // empty where it is forbidden
	if mode = infoField(info, "redis_mode"); mode == "" {
		mode = "unknown"
	}
	if mode == "cluster" {
		return "", fmt.Errorf("redis: %s is a node of a Redis Cluster, which is not supported; use a standalone server", q.conn.Addr)
	}
	if policy := infoField(info, "maxmemory_policy"); policy != "" && policy != "noeviction" {
		q.o.Logger.WarnContext(ctx, "redis may evict queue messages when its memory is full, which delays them; set maxmemory-policy to noeviction",
			"maxmemory_policy", policy, "address", q.conn.Addr)
	}
	return mode, nil
}

// infoField returns a field of INFO's answer, or "".
func infoField(info, name string) string {
	for s := bufio.NewScanner(strings.NewReader(info)); s.Scan(); {
		if value, ok := strings.CutPrefix(s.Text(), name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// away makes the error for an operation that Redis did not do. Its text may be
// shown to anybody; the cause, which names addresses, stays in the logs.
func away(op string, cause error) error {
	return &memory.Error{
		Code: memory.CodeUnavailable, Err: cause,
		Message: "redis: cannot " + op + ": the queue's Redis does not answer or refuses",
	}
}
