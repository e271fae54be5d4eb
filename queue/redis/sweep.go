package redis

import (
	"context"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// maxSweep is how many leases are looked at, the oldest first. There is one for
// each busy worker of the deployment and for each message of a dead one.
const maxSweep = 1000

// sighting is a lease as it was first seen.
type sighting struct {
	end   float64 // as asynq wrote it: seconds since 1970 by the worker's clock
	since time.Time
}

// sightings are the leases of a lane as one observer saw them, by task id. A
// worker that lives moves its leases every 5 s; one whose lease stands still for
// the visibility time is dead. When a lease ends by its own account says less:
// the clocks of workers differ, and asynq waits for half a minute to be sure.
type sightings struct {
	leases map[string]sighting
	last   time.Time // of the last look
}

// look takes in what the leases are now and returns those that stood still.
func (s *sightings) look(now time.Time, visibility time.Duration, leases []goredis.Z) []goredis.Z {
	if now.Sub(s.last) > visibility/2 {
		// Nobody looked, perhaps because this process stood still or Redis was away. So
		// may have the workers, who deserve the time to move their leases again.
		s.leases = nil
	}
	s.last = now
	seen := make(map[string]sighting, len(leases))
	var still []goredis.Z
	for _, l := range leases {
		id, ok := l.Member.(string)
		if !ok {
			continue
		}
		known, ok := s.leases[id]
		if !ok || known.end != l.Score {
			known = sighting{end: l.Score, since: now}
		}
		seen[id] = known
		if now.Sub(known.since) >= visibility {
			still = append(still, l)
		}
	}
	s.leases = seen
	return still
}

// sweepUntilStopped gives back the messages of dead consumers of the lane, until
// the consumer is asked to stop. Every consumer does; the script lets one win.
func (c *consumer) sweepUntilStopped() {
	var s sightings
	tick := time.NewTicker(c.q.o.Visibility / 8)
	defer tick.Stop()
	for {
		if err := c.sweep(c.ctx, &s); err != nil {
			c.q.o.Logger.Debug("queue leases not checked", "lane", c.lane, "error", err)
		}
		select {
		case <-tick.C:
		case <-c.ctx.Done():
			return
		}
	}
}

// sweep is one look at the leases, with what follows from it.
func (c *consumer) sweep(ctx context.Context, s *sightings) error {
	leases, err := c.client.ZRangeByScoreWithScores(ctx, c.queue.lease(),
		&goredis.ZRangeBy{Min: "-inf", Max: "+inf", Count: maxSweep}).Result()
	if err != nil {
		return err
	}
	for _, l := range s.look(time.Now(), c.q.o.Visibility, leases) {
		id := l.Member.(string)
		keys := append(c.queue.keys("active", "lease", "pending"), c.queue.task(id))
		n, err := reviveScript().Run(ctx, c.client, keys, id, int64(l.Score), time.Now().UnixNano()).Int()
		if err != nil {
			return err
		}
		if n > 0 {
			c.q.o.Logger.Warn("queue message of a dead consumer taken back", "lane", c.lane, "id", id, "whole", n == 1)
		}
	}
	return nil
}
