package redis

import (
	"context"
	"sync"

	goredis "github.com/redis/go-redis/v9"

	"claude-mem/memory"
	"claude-mem/queue"
)

var _ queue.Forgetful = (*Queue)(nil)

// markScript returns the mark of the deployment, set now if there is none.
//
// KEYS: the mark. ARGV: now, as the mark of a Redis that has just forgotten.
var markScript = sync.OnceValue(func() *goredis.Script {
	return goredis.NewScript(`
		local since = redis.call("GET", KEYS[1])
		if since then
			return since
		end
		redis.call("SET", KEYS[1], ARGV[1])
		return ARGV[1]`)
})

// RemembersSince implements queue.Forgetful: a key that never expires is gone only
// together with all others, or because somebody deleted it.
func (q *Queue) RemembersSince(ctx context.Context) (memory.Epoch, error) {
	soon, cancel := context.WithTimeout(ctx, q.o.Timeout)
	defer cancel()
	since, err := markScript().Run(soon, q.client, []string{q.o.Prefix + ":since"}, int64(memory.Now())).Int64()
	if err != nil {
		return 0, failure(ctx, "ask since when it remembers", err)
	}
	return memory.Epoch(since), nil
}
