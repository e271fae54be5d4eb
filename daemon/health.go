package daemon

import (
	"context"
	"os"
	"time"

	"claude-mem/client"
	"claude-mem/memory"
)

// healthWithin bounds what the health may take to find out: a server that is away
// need not even refuse.
const healthWithin = 3 * time.Second

// What the health says of servers that are away. Addresses stay in the log.
const (
	redisAway    = "the queue's Redis does not answer: events are taken in, and their jobs wait"
	databaseAway = "the database cannot be read"
)

// Health says how the daemon fares, and if not well, why.
func (s *system) Health(ctx context.Context) client.Health {
	ctx, cancel := context.WithTimeout(ctx, healthWithin)
	defer cancel()
	h := client.Health{
		Status: "ok", Runtime: s.daemon.deployment.runtime(), Version: s.Version(), PID: os.Getpid(), Initialized: true,
		Uptime: int64(time.Since(s.daemon.started).Seconds()), Spool: s.Spool(),
	}
	queued := make(chan error, 1)
	go func() { // beside the database: both may let us wait
		q, err := s.queue(ctx)
		h.Queue = q
		queued <- err
	}()
	storage, err := s.storage(ctx)
	h.Storage = storage
	now := backlog{}
	if err == nil {
		now, err = s.backlogNow(ctx)
	}
	if err != nil {
		h.Reasons = append(h.Reasons, databaseAway)
		s.parts.log.WarnContext(ctx, "health: the database", "err", err)
	} else {
		h.Reasons = append(h.Reasons, s.generationTroubles(now)...)
	}
	h.Reasons = append(h.Reasons, s.storageTroubles()...)
	h.Reasons = append(h.Reasons, s.providerTroubles()...)
	if err := <-queued; err != nil && h.Queue.Redis != nil { // else it lies in the database
		h.Reasons = append(h.Reasons, redisAway)
		s.parts.log.WarnContext(ctx, "health: the queue", "err", err)
	}
	h.Queue.Lanes, h.Workers = now.lanes, now.workers
	if h.Queue.Lanes == nil {
		h.Queue.Lanes = []client.LaneHealth{}
	}
	if h.Workers == nil {
		h.Workers = []memory.Worker{}
	}
	if len(h.Reasons) > 0 {
		h.Status = "degraded"
	}
	return h
}

// storageTroubles lists what keeps the database from being written to.
func (s *system) storageTroubles() []string {
	if s.parts.moved() {
		return []string{errDatabaseMoved.Error() + "; the daemon stops, and the next starts anew"}
	}
	if err := s.parts.fault(); err != nil {
		return []string{"the last write failed, and none succeeded since: " + err.Error()}
	}
	return nil
}

// queue asks the transport whether it is there.
func (s *system) queue(ctx context.Context) (client.QueueHealth, error) {
	info := s.parts.queue.Info(ctx)
	h := client.QueueHealth{Engine: s.daemon.deployment.engine(), Implementation: info.Engine}
	if w := info.Server; w != nil {
		h.Redis = &client.RedisHealth{Status: "ok", Mode: w.Mode, Host: w.Host, Port: w.Port, Prefix: w.Prefix}
		if info.Err != nil {
			h.Redis.Status = "error"
		}
	}
	return h, info.Err
}
