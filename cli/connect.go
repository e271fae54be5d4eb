package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/instance"
)

const (
	// startWithin is how long a daemon may take until it listens. On an existing
	// database it takes well under 100 ms; a migration with its backup takes longer.
	startWithin = 30 * time.Second
	// stopWithin is how long a daemon may take to finish what it works on.
	stopWithin = 30 * time.Second
	// lookEvery is how often to look whether it has come up.
	lookEvery = 20 * time.Millisecond
	// maxSpawns is how often a daemon that died at once is started again: the first
	// attempt may have lost a race with one that was just stopping.
	maxSpawns = 3
)

// connect returns a client of the configured server, else of this user's daemon,
// which it starts if need be.
func (c *console) connect(ctx context.Context) (*client.Client, error) {
	cfg, err := c.settings()
	if err != nil {
		return nil, err
	}
	return c.connectWith(ctx, cfg)
}

func (c *console) connectWith(ctx context.Context, cfg *config.Config) (*client.Client, error) {
	if url := cfg.String(config.ServerURL); url != "" {
		return client.New(url, cfg.String(config.ServerAPIKey), client.Options{}), nil
	}
	state, _, err := c.ensureDaemon(ctx, cfg)
	if err != nil {
		return nil, err
	}
	// A daemon that starts for the first time mints the key.
	if cfg.String(config.ServerAPIKey) == "" {
		if cfg, err = c.settings(); err != nil {
			return nil, err
		}
	}
	return localClient(cfg, state), nil
}

// localClient is a client of the daemon that is described.
func localClient(cfg *config.Config, s instance.State) *client.Client {
	return client.New(s.URL(), cfg.String(config.ServerAPIKey), client.Options{})
}

// ensureDaemon returns the state of the profile's daemon, and whether it had to be
// started.
func (c *console) ensureDaemon(ctx context.Context, cfg *config.Config) (state instance.State, started bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for spawns := 0; ; {
		state, running, err := instance.Find(cfg.Dirs)
		if err != nil {
			return state, started, err
		}
		if state.Listening() {
			return state, started, nil
		}
		if !running {
			if spawns == maxSpawns {
				return state, started, notStarting(cfg)
			}
			spawned, err := spawn(cfg)
			if err != nil {
				return state, started, err
			}
			if spawned {
				started = true
				spawns++
			}
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return state, started, notStarting(cfg)
			}
			return state, started, ctx.Err()
		case <-tick.C:
		}
	}
}

// spawn starts the daemon of the profile that cfg describes, which may have been
// named by a flag or a relative path: the child gets it as an absolute one.
func spawn(cfg *config.Config) (bool, error) {
	exe, err := os.Executable()
	if err != nil {
		return false, fmt.Errorf("find this program: %w", err)
	}
	env := os.Environ()
	if cfg.String(config.DataDir) != "" {
		env = append(env, config.DataDir+"="+cfg.Dirs.Data)
	}
	return instance.Spawn(cfg.Dirs, exe, env)
}

func notStarting(cfg *config.Config) error {
	return fmt.Errorf("the daemon does not come up; run `claude-mem server run` to see why, or look into %s",
		filepath.Join(cfg.Dirs.Logs(), "*.log"))
}
