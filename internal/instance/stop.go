package instance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"claude-mem/internal/config"
)

// ErrNotRunning says that there is no daemon to stop.
var ErrNotRunning = errors.New("no daemon is running")

// pollEvery is how often Stop and AwaitListening look.
const pollEvery = 10 * time.Millisecond

// Stop asks the daemon to stop and waits until it is gone or ctx is done.
func Stop(ctx context.Context, dirs config.Dirs) error {
	state, running, err := Find(dirs)
	if err != nil {
		return err
	}
	if !running {
		return ErrNotRunning
	}
	if !state.Listening() {
		if state, err = AwaitListening(ctx, dirs); err != nil {
			return err
		}
	}
	if err := terminate(state.PID); err != nil {
		return fmt.Errorf("stop the daemon (pid %d): %w", state.PID, err)
	}
	return poll(ctx, func() (bool, error) {
		now, running, err := Find(dirs)
		// Another one may have been started in the meantime.
		return !running || now.Listening() && now.PID != state.PID, err
	})
}

// AwaitListening waits until a daemon lives and listens, or ctx is done.
func AwaitListening(ctx context.Context, dirs config.Dirs) (State, error) {
	var state State
	err := poll(ctx, func() (done bool, err error) {
		state, _, err = Find(dirs)
		return state.Listening(), err
	})
	return state, err
}

func poll(ctx context.Context, done func() (bool, error)) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the daemon: %w", ctx.Err())
		case <-tick.C:
		}
	}
}
