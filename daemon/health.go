package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"claude-mem/client"
	"claude-mem/generation"
	"claude-mem/internal/config"
	"claude-mem/internal/version"
	"claude-mem/memory"
)

const (
	// A job that waited this long, though it was due, means that nobody works, if …
	overdueAfter = time.Minute
	// … no other job of its lane succeeded lately either: else there is just much to do.
	progressWithin = time.Minute
)

// lanesKeptFor bounds how often the jobs are counted: anybody on this machine may ask
// for the health, and counting reads a whole index.
const lanesKeptFor = time.Second

// system tells the API of the daemon. It implements httpapi.System.
type system struct {
	daemon *Daemon
	parts  *parts

	mu    sync.Mutex // guards what follows: the lanes as counted last
	lanes []client.LaneHealth
	err   error
	at    time.Time
}

// Alive says who listens.
func (s *system) Alive() client.Alive {
	return client.Alive{Status: "ok", Runtime: s.daemon.deployment.runtime(), Service: "claude-mem", User: s.user()}
}

// user is whose daemon this is; a team's server is nobody's.
func (s *system) user() string {
	if s.daemon.deployment.team {
		return ""
	}
	return strconv.Itoa(os.Getuid())
}

// Ready reports whether requests are taken.
func (s *system) Ready() bool { return s.daemon.serving.Load() }

// Refuse is why a request with a key is not answered: its database is gone.
func (s *system) Refuse() error {
	if s.parts.moved() {
		return memory.Errorf(memory.CodeUnavailable, "%w", errDatabaseMoved)
	}
	return nil
}

// Version is the version of the program.
func (s *system) Version() string { return version.String() }

// Spool tells what hooks could not deliver; nil where they do not spool to us.
func (s *system) Spool() *client.SpoolState {
	if s.parts.drainer == nil {
		return nil
	}
	state := s.parts.drainer.state()
	return &state
}

// Lanes tells how every lane stands now. It counts, for a caller with a key.
func (s *system) Lanes(ctx context.Context) ([]client.LaneHealth, error) {
	return s.lanesWithin(ctx, 0)
}

// lanesWithin tells how every lane stood at most age ago.
func (s *system) lanesWithin(ctx context.Context, age time.Duration) ([]client.LaneHealth, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.Sub(s.at) >= age {
		s.lanes, s.err = s.countLanes(ctx, memory.EpochOf(now))
		s.at = now
		if ctx.Err() != nil {
			s.at = time.Time{} // this answer is the caller's alone
		}
	}
	return s.lanes, s.err
}

func (s *system) countLanes(ctx context.Context, now memory.Epoch) ([]client.LaneHealth, error) {
	stats, err := s.parts.store.LaneStats(ctx, now)
	if err != nil {
		return nil, err
	}
	paused := make(map[memory.Lane]generation.Pause)
	if s.parts.worker != nil {
		for _, p := range s.parts.worker.Pauses() {
			paused[p.Lane] = p
		}
	}
	out := make([]client.LaneHealth, len(stats))
	for i, st := range stats {
		out[i] = client.LaneHealth{LaneStats: st, Name: "generate_" + string(st.Lane)}
		if p, ok := paused[st.Lane]; ok {
			out[i].Unavailable, out[i].Paused = true, string(p.Class)
		}
		if st.OldestQueued != 0 {
			out[i].OldestAgeMS = max(int64(now-st.OldestQueued), 0)
		}
	}
	return out, nil
}

// Health says how the daemon fares, and if not well, why.
func (s *system) Health(ctx context.Context) client.Health {
	h := client.Health{
		Status: "ok", Runtime: s.daemon.deployment.runtime(), Version: s.Version(), PID: os.Getpid(), Initialized: true,
		Uptime: int64(time.Since(s.daemon.started).Seconds()), Spool: s.Spool(),
	}
	storage, err := s.storage(ctx)
	if err != nil {
		h.Reasons = append(h.Reasons, "the database cannot be read")
		s.parts.log.ErrorContext(ctx, "health: storage", "err", err)
	}
	h.Storage = storage
	h.Reasons = append(h.Reasons, s.storageTroubles()...)
	lanes, err := s.lanesWithin(ctx, lanesKeptFor)
	if err != nil {
		h.Reasons = append(h.Reasons, "the jobs cannot be counted")
		s.parts.log.ErrorContext(ctx, "health: lanes", "err", err)
	}
	queue, err := s.queue(ctx)
	if err != nil && queue.Redis != nil { // else it lies in the database
		h.Reasons = append(h.Reasons, "the queue's Redis does not answer: events are taken in, and their jobs wait")
		s.parts.log.ErrorContext(ctx, "health: queue", "err", err)
	}
	h.Queue = queue
	h.Queue.Lanes = lanes
	if lanes == nil {
		h.Queue.Lanes = []client.LaneHealth{}
	}
	h.Reasons = append(h.Reasons, s.laneTroubles(lanes)...)
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

// laneTroubles lists what is wrong with the lanes. Where generation is switched
// off, jobs that wait are what was asked for.
func (s *system) laneTroubles(lanes []client.LaneHealth) []string {
	if s.parts.worker == nil {
		return nil
	}
	var troubles []string
	for _, l := range lanes {
		switch {
		case l.Paused != "":
			troubles = append(troubles, fmt.Sprintf("lane %s is paused: %s", l.Lane, l.Paused))
		case stuck(l, memory.Now()):
			age := time.Duration(l.OldestAgeMS) * time.Millisecond
			troubles = append(troubles, fmt.Sprintf("lane %s: the oldest job has waited for %s and none succeeds", l.Lane, age.Round(time.Second)))
		}
	}
	return troubles
}

// stuck reports whether jobs wait that nobody does.
func stuck(l client.LaneHealth, now memory.Epoch) bool {
	age := time.Duration(l.OldestAgeMS) * time.Millisecond
	return age > overdueAfter && now > l.LastSuccess.Add(progressWithin)
}

// storage asks the database something small: that it answers at all is the point.
func (s *system) storage(ctx context.Context) (*client.StorageState, error) {
	info, err := s.parts.store.Info(ctx)
	if err != nil {
		return nil, err
	}
	return &client.StorageState{Driver: info.Driver, SchemaVersion: info.SchemaVersion, SizeBytes: info.SizeBytes}, nil
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

// Info says how the daemon is put together.
func (s *system) Info(ctx context.Context) (client.Info, error) {
	storage, err := s.storage(ctx)
	if err != nil {
		return client.Info{}, err
	}
	lanes, err := s.lanesWithin(ctx, lanesKeptFor)
	if err != nil {
		return client.Info{}, err
	}
	generating := client.Boundary{Status: "active"}
	if s.parts.worker == nil {
		generating = client.Boundary{Status: "disabled", Reason: config.GenerationDisabled + " is set"}
	}
	details := func(v any) json.RawMessage {
		raw, _ := json.Marshal(v) // texts always marshal
		return raw
	}
	return client.Info{
		Name: "claude-mem-server", Runtime: s.daemon.deployment.runtime(), AuthMode: s.daemon.cfg.String(config.AuthMode),
		Storage: storage, QueueLanes: lanes,
		Boundaries: map[string]client.Boundary{
			"queueManager":            {Status: "active", Details: details(map[string]string{"engine": s.daemon.deployment.engine()})},
			"generationWorkerManager": generating,
			"providerRegistry":        {Status: "active", Details: details(map[string]string{"provider": s.daemon.cfg.String(config.ServerProvider)})},
			"eventBroadcaster":        {Status: "disabled", Reason: "this server streams no events"},
		},
	}, nil
}
