package redis_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/queue"
	"claude-mem/queue/redis"
)

const secret = "hunter2"

// lockedRedis starts a server that asks for the secret.
func lockedRedis(t *testing.T) *testenv.Redis {
	t.Helper()
	server := testenv.StartRedis(t)
	c := goredis.NewClient(&goredis.Options{Addr: address(t, server.URL)})
	defer c.Close()
	if err := c.ConfigSet(context.Background(), "requirepass", secret).Err(); err != nil {
		t.Fatal(err)
	}
	return server
}

func TestOpenRefuses(t *testing.T) {
	locked := lockedRedis(t)
	host := address(t, locked.URL)
	cluster := testenv.StartRedis(t, "--cluster-enabled", "yes")
	for name, c := range map[string]struct {
		o    redis.Options
		away bool
		says string
	}{
		"no URL":                  {redis.Options{}, false, "no URL"},
		"another scheme":          {redis.Options{URL: "http://:" + secret + "@h:1"}, false, "cannot be read"},
		"a slash in a password":   {redis.Options{URL: "redis://:" + secret + "/x@h:6379"}, false, "cannot be read"},
		"a percent in one":        {redis.Options{URL: "redis://:" + secret + "%zz@h:6379"}, false, "cannot be read"},
		"a bad port":              {redis.Options{URL: "redis://:" + secret + "@h:port"}, false, "cannot be read"},
		"a bad database":          {redis.Options{URL: "redis://:" + secret + "@h:1/" + secret}, false, "cannot be read"},
		"a prefix with braces":    {redis.Options{URL: locked.URL, Prefix: "{a}"}, false, "prefix"},
		"a prefix without end":    {redis.Options{URL: locked.URL, Prefix: strings.Repeat("a", 65)}, false, "prefix"},
		"nobody there":            {redis.Options{URL: "redis://:" + secret + "@127.0.0.1:1"}, true, "127.0.0.1:1"},
		"no password":             {redis.Options{URL: locked.URL}, true, "NOAUTH"},
		"a wrong password":        {redis.Options{URL: "redis://:" + secret + "0@" + host}, true, "WRONGPASS"},
		"a wrong user":            {redis.Options{URL: "redis://u:" + secret + "@" + host}, true, "WRONGPASS"},
		"a database not there":    {redis.Options{URL: "redis://:" + secret + "@" + host + "/999"}, true, "DB index"},
		"a node of a cluster":     {redis.Options{URL: cluster.URL}, false, "Cluster"},
		"a Unix socket not there": {redis.Options{URL: "unix://:" + secret + "@/nowhere.sock"}, true, "/nowhere.sock"},
	} {
		t.Run(name, func(t *testing.T) {
			var log logbook
			c.o.Logger = log.logger()
			q, err := redis.Open(context.Background(), c.o)
			if err == nil {
				q.Close()
				t.Fatal("it opens")
			}
			if errors.Is(err, memory.ErrUnavailable) != c.away {
				t.Errorf("%v: unavailable should be %v", err, c.away)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q does not say %q", err, c.says)
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				if strings.Contains(e.Error(), secret) {
					t.Errorf("the error shows the password: %q", e)
				}
			}
			if log.count(secret) > 0 {
				t.Errorf("the log shows the password:\n%s", &log)
			}
		})
	}
}

func TestOpenWithPassword(t *testing.T) {
	server := lockedRedis(t)
	o := quick(server.URL)
	o.URL = "redis://:" + secret + "@" + address(t, server.URL)
	q := opened(t, o)
	enqueue(t, q, event(1))
	info := q.Info(context.Background())
	if info.Err != nil || info.Engine != redis.Engine {
		t.Errorf("info %+v", info)
	}
	s := *info.Server
	if s.Host != "127.0.0.1" || s.Port == 0 || s.Mode != "standalone" || s.Prefix != o.Prefix {
		t.Errorf("server %+v", s)
	}
	server.Kill(t)
	if err := q.Info(context.Background()).Err; !errors.Is(err, memory.ErrUnavailable) {
		t.Errorf("info of a dead server: %v", err)
	}
}

// A full Redis that evicts would drop messages without a word.
func TestWarnsOfEviction(t *testing.T) {
	for policy, want := range map[string]int{"allkeys-lru": 1, "noeviction": 0} {
		var log logbook
		o := quick(testenv.StartRedis(t, "--maxmemory-policy", policy).URL)
		o.Logger = log.logger()
		opened(t, o)
		if n := log.count("level=WARN", "noeviction", "maxmemory_policy="+policy); n != want {
			t.Errorf("%s: %d warnings, want %d:\n%s", policy, n, want, &log)
		}
	}
}

// Deployments with different prefixes share a server and see nothing of each other.
func TestDeploymentsAreApart(t *testing.T) {
	server := testenv.StartRedis(t)
	ours, theirs := quick(server.URL), quick(server.URL)
	theirs.Prefix = ours.Prefix + ":event" // as close as it gets
	a, b := opened(t, ours), opened(t, theirs)
	ctx := context.Background()

	enqueue(t, a, event(1))
	if c := lane(t, b); c != (queue.Counts{Lane: memory.LaneEvent}) {
		t.Errorf("the other deployment counts %+v", c)
	}
	if err := b.Remove(ctx, memory.LaneEvent, event(1).ID); err != nil {
		t.Fatal(err)
	}
	gotB := make(chan string, 10)
	consume(t, b, 2, func(_ context.Context, m memory.Message) error {
		gotB <- m.SourceID
		return nil
	})
	enqueue(t, b, event(2), event(1)) // the same id, in both
	drained(t, b)
	if c := lane(t, a); c.Waiting != 1 {
		t.Errorf("after the other consumed, %+v", c)
	}
	gotA := make(chan string, 10)
	consume(t, a, 2, func(_ context.Context, m memory.Message) error {
		gotA <- m.SourceID
		return nil
	})
	drained(t, a)
	if len(gotA) != 1 || len(gotB) != 2 {
		t.Errorf("%d and %d deliveries, want 1 and 2", len(gotA), len(gotB))
	}
	onlyOwnKeys(t, server.URL, ours.Prefix, theirs.Prefix)
}

// onlyOwnKeys checks that all keys are a lane's, or one of the lists in which
// asynq keeps who is there.
func onlyOwnKeys(t *testing.T, url string, prefixes ...string) {
	t.Helper()
	c := goredis.NewClient(&goredis.Options{Addr: address(t, url)})
	defer c.Close()
	keys, err := c.Keys(context.Background(), "*").Result()
	if err != nil || len(keys) == 0 {
		t.Fatalf("%d keys: %v", len(keys), err)
	}
	lists := []string{"asynq:queues", "asynq:servers", "asynq:workers"}
	for _, p := range prefixes {
		lists = append(lists, "asynq:{"+p+":event}:")
	}
next:
	for _, k := range keys {
		for _, l := range lists {
			if strings.HasPrefix(k, l) {
				continue next
			}
		}
		t.Errorf("key %q belongs to no deployment", k)
	}
}

// Closing twice is one close, and what comes after fails instead of hanging.
func TestCloseTwice(t *testing.T) {
	q := open(t, quick(testenv.StartRedis(t).URL))
	for range 2 {
		if err := q.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := q.Enqueue(ctx, event(1)); err == nil {
		t.Error("a closed queue takes messages")
	}
}
