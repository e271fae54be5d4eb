package daemon

import (
	"context"
	"encoding/json"
	"os"
	"strconv"
	"sync"
	"time"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/version"
	"claude-mem/memory"
)

// system tells the API of the daemon. It implements httpapi.System.
type system struct {
	daemon *Daemon
	parts  *parts

	mu    sync.Mutex // guards what follows: generation as it was looked at last
	last  backlog
	err   error
	until time.Time // when to look again
}

// Alive says who listens.
func (s *system) Alive() client.Alive {
	return client.Alive{Status: "ok", Runtime: s.daemon.deployment.runtime(), Service: "claude-mem", User: s.user()}
}

// user is whose daemon this is; a team's server is nobody's.
func (s *system) user() string {
	if s.parts.team {
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

// storage asks the database something small: that it answers at all is the point.
func (s *system) storage(ctx context.Context) (*client.StorageState, error) {
	info, err := s.parts.store.Info(ctx)
	if err != nil {
		return nil, err
	}
	return &client.StorageState{
		Driver: info.Driver, SchemaVersion: info.SchemaVersion, SizeBytes: info.SizeBytes, Pgvector: info.Pgvector,
	}, nil
}

// Info says how the daemon is put together.
func (s *system) Info(ctx context.Context) (client.Info, error) {
	storage, err := s.storage(ctx)
	if err != nil {
		return client.Info{}, err
	}
	lanes, err := s.backlogNow(ctx)
	if err != nil {
		return client.Info{}, err
	}
	info := client.Info{
		Name: "claude-mem-server", Runtime: s.daemon.deployment.runtime(), AuthMode: s.daemon.cfg.String(config.AuthMode),
		Storage: storage, QueueLanes: lanes.lanes,
		Boundaries: map[string]client.Boundary{
			"queueManager":            s.queueBoundary(ctx),
			"generationWorkerManager": s.workerBoundary(lanes.workers),
			"providerRegistry":        s.providerBoundary(),
			"eventBroadcaster":        {Status: "active", Details: details(map[string]any{"streams": s.parts.hub.Streams()})},
		},
	}
	if s.parts.team {
		info.Postgres = client.PostgresState{Initialized: true, SchemaVersion: storage.SchemaVersion}
	}
	return info, nil
}

// details are what a boundary tells besides its status.
func details(v map[string]any) json.RawMessage {
	raw, _ := json.Marshal(v) // texts and numbers always marshal
	return raw
}

func (s *system) queueBoundary(ctx context.Context) client.Boundary {
	q, err := s.queue(ctx)
	lanes := make([]map[string]any, 0, len(memory.Lanes()))
	for _, l := range memory.Lanes() {
		lanes = append(lanes, map[string]any{"kind": l, "name": laneName(l)})
	}
	about := map[string]any{"engine": q.Engine, "implementation": q.Implementation, "lanes": lanes}
	if r := q.Redis; r != nil {
		about["mode"], about["host"], about["port"], about["prefix"] = r.Mode, r.Host, r.Port, r.Prefix
	}
	if err != nil {
		return client.Boundary{Status: "errored", Reason: redisAway, Details: details(about)}
	}
	return client.Boundary{Status: "active", Details: details(about)}
}

func (s *system) workerBoundary(alive []memory.Worker) client.Boundary {
	b := client.Boundary{Status: "active", Details: details(map[string]any{"alive": len(alive)})}
	if s.parts.worker == nil {
		b.Status, b.Reason = "disabled", config.GenerationDisabled+" is set"
		if s.parts.team {
			b.Reason += "; this server runs HTTP only, and `claude-mem server worker start` generates"
		}
	}
	return b
}

func (s *system) providerBoundary() client.Boundary {
	if s.parts.worker == nil {
		return client.Boundary{Status: "disabled", Reason: "nothing is generated in this process"}
	}
	about := map[string]any{"provider": s.parts.provider.Name()}
	if states := chainStates(s.parts.provider); states != nil {
		about["chain"] = states
	}
	if err := s.parts.unready; err != nil {
		return client.Boundary{Status: "errored", Reason: err.Error(), Details: details(about)}
	}
	return client.Boundary{Status: "active", Details: details(about)}
}
