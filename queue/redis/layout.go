package redis

import (
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// asynqQueue is the name of an asynq queue. Its methods, with the scripts below,
// are all that this package knows of how asynq v0.26 keeps things in Redis;
// TestLayout fails when that changes.
type asynqQueue string

const (
	// allQueues is the set of the names of all queues. asynq adds a name once for
	// each process and refuses to inspect a queue that is not in it, so after a
	// FLUSHALL it would refuse until a process starts: announcing adds it each time.
	allQueues = "asynq:queues"

	// leaseTime is how far in the future asynq sets the end of a lease, when a task
	// is received and at each heartbeat.
	leaseTime = 30 * time.Second
)

// The states of a task that matter here. All others are: not received by anybody,
// and not receivable now.
const (
	statePending = "pending"
	stateActive  = "active"
)

func (n asynqQueue) key(name string) string { return "asynq:{" + string(n) + "}:" + name }
func (n asynqQueue) task(id string) string  { return n.key("t:" + id) }
func (n asynqQueue) lease() string          { return n.key("lease") }
func (n asynqQueue) keys(s ...string) []string {
	for i := range s {
		s[i] = n.key(s[i])
	}
	return s
}

// placeScript makes tasks that are pending, as asynq does when it enqueues, of those
// messages of which there is no copy. Of the others it returns their places in the
// batch, from 1, and the states of their copies. It has asynq know the queue.
//
// KEYS: the set of queues, pending, the copies of each message. ARGV: the queue, now
// in ns, and of each message its id and the task.
var placeScript = sync.OnceValue(func() *goredis.Script {
	return goredis.NewScript(`
		redis.call("SADD", KEYS[1], ARGV[1])
		local known, new, messages = {}, {}, (#ARGV - 2) / 2
		local copies = (#KEYS - 2) / messages
		for i = 1, messages do
			local first = 3 + (i - 1) * copies
			if redis.call("EXISTS", unpack(KEYS, first, first + copies - 1)) == 0 then
				redis.call("HSET", KEYS[first], "msg", ARGV[2 * i + 2], "state", "pending", "pending_since", ARGV[2])
				new[#new + 1] = ARGV[2 * i + 1]
			else
				known[#known + 1] = tostring(i)
				for k = first, first + copies - 1 do
					known[#known + 1] = redis.call("HGET", KEYS[k], "state") or ""
				end
			end
		end
		if #new > 0 then
			redis.call("LPUSH", KEYS[2], unpack(new))
		end
		return known`)
})

// stateScript returns the states of tasks, "" for those that do not exist, and has
// asynq know the queue they are about to be in.
//
// KEYS: the set of queues, the tasks. ARGV: the queue.
var stateScript = sync.OnceValue(func() *goredis.Script {
	return goredis.NewScript(`
		redis.call("SADD", KEYS[1], ARGV[1])
		local states = {}
		for i = 2, #KEYS do
			states[i-1] = redis.call("HGET", KEYS[i], "state") or ""
		end
		return states`)
})

// countScript takes the numbers of a queue in one moment, so that a message that
// changes state is counted once: those receivable now or due to be, those being
// handled or pausing after a failure, and of the handled those whose lease is
// older than it could be with a living worker.
//
// KEYS: pending, scheduled, retry, active, lease. ARGV: seconds from now at which
// a lease must end at least for its worker to count as alive.
var countScript = sync.OnceValue(func() *goredis.Script {
	return goredis.NewScript(`
		local now = tonumber(redis.call("TIME")[1])
		local due = redis.call("ZCOUNT", KEYS[3], "-inf", now)
		return {
			redis.call("LLEN", KEYS[1]) + redis.call("ZCARD", KEYS[2]) + due,
			redis.call("LLEN", KEYS[4]) + redis.call("ZCARD", KEYS[3]) - due,
			redis.call("ZCOUNT", KEYS[5], "-inf", "(" .. (now + tonumber(ARGV[1])))
		}`)
})

// reviveScript takes a task from a worker and makes it receivable, behind all that
// are so that one which kills its workers does not hold up the rest. It does
// nothing if the lease moved meanwhile. A task without a message, which eviction
// leaves behind, is deleted. It returns 0, 1 or 2: nothing, revived, deleted.
//
// KEYS: active, lease, pending, the task. ARGV: task id, end of the lease as last
// seen, now in ns.
var reviveScript = sync.OnceValue(func() *goredis.Script {
	return goredis.NewScript(`
		if tonumber(redis.call("ZSCORE", KEYS[2], ARGV[1]) or 0) ~= tonumber(ARGV[2]) then
			return 0
		end
		redis.call("ZREM", KEYS[2], ARGV[1])
		redis.call("LREM", KEYS[1], 0, ARGV[1])
		if redis.call("HEXISTS", KEYS[4], "msg") == 0 then
			redis.call("DEL", KEYS[4])
			return 2
		end
		redis.call("HSET", KEYS[4], "state", "pending", "pending_since", ARGV[3])
		redis.call("LPUSH", KEYS[3], ARGV[1])
		return 1`)
})
