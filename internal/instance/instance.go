// Package instance makes sure that a data directory has at most one daemon, and
// lets others find it, start it and stop it.
//
// A daemon holds an exclusive lock on the lock file for its whole life; the
// operating system lets go of it however the process ends. Whoever wants to know
// whether one lives tries a shared lock for an instant: refused means it lives.
// Only then are the files beside the lock worth reading: port, pid and state,
// written once the daemon listens. They are removed on a clean stop, by the next
// daemon, or by the first that finds nobody there, so that nobody is sent to a port
// that a stranger has taken since.
package instance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gofrs/flock"

	"claude-mem/internal/config"
	"claude-mem/memory"
)

// State describes a running daemon. All of it is zero while a daemon has the lock
// but does not listen yet.
type State struct {
	PID       int          `json:"pid"`
	Host      string       `json:"host"` // the address it listens on
	Port      int          `json:"port"`
	Version   string       `json:"version"`
	StartedAt memory.Epoch `json:"startedAtEpoch"`
}

// Listening reports whether the daemon can be reached yet.
func (s State) Listening() bool { return s.Port != 0 }

// RunningError says that another daemon has the data directory.
type RunningError struct{ State State }

func (e *RunningError) Error() string {
	if !e.State.Listening() {
		return "a daemon is starting already"
	}
	return fmt.Sprintf("a daemon is running already: pid %d, port %d", e.State.PID, e.State.Port)
}

// Lock is the right to be the daemon of a data directory.
type Lock struct {
	dirs  config.Dirs
	flock *flock.Flock
}

const (
	// acquireFor is how long Acquire keeps trying: those who look whether a daemon
	// lives hold the lock too, for an instant each.
	acquireFor  = 300 * time.Millisecond
	acquireStep = 2 * time.Millisecond
)

// Acquire takes the lock, or returns a [*RunningError]. The directories must exist.
func Acquire(dirs config.Dirs) (*Lock, error) {
	fl := flock.New(dirs.LockFile(), flock.SetPermissions(0o600))
	for deadline := time.Now().Add(acquireFor); ; time.Sleep(acquireStep) {
		ok, err := fl.TryLock()
		if err != nil {
			return nil, fmt.Errorf("lock the data directory: %w", err)
		}
		if ok {
			break
		}
		if time.Now().After(deadline) {
			_ = fl.Close()
			state, _ := readState(dirs)
			return nil, &RunningError{State: state}
		}
	}
	l := &Lock{dirs: dirs, flock: fl}
	if err := removeState(dirs); err != nil {
		l.Release()
		return nil, err
	}
	return l, nil
}

// Publish tells everybody where the daemon listens.
func (l *Lock) Publish(s State) error {
	state, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("publish the daemon's state: %w", err)
	}
	// The state file comes last: it is the one that Find reads.
	return errors.Join(
		config.WriteFile(l.dirs.PortFile(), []byte(strconv.Itoa(s.Port)+"\n")),
		config.WriteFile(l.dirs.PidFile(), []byte(strconv.Itoa(s.PID)+"\n")),
		config.WriteFile(l.dirs.StateFile(), append(state, '\n')),
	)
}

// Lost reports whether the lock file was removed or replaced, so that the lock
// keeps nobody out any more: a login manager clears the runtime directory when its
// user logs out.
func (l *Lock) Lost() bool {
	held, err := l.flock.Stat()
	if err != nil {
		return false // cannot tell
	}
	there, err := os.Stat(l.dirs.LockFile())
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(held, there)
}

// Release removes the state files and gives the lock up.
func (l *Lock) Release() {
	if !l.Lost() { // else they are another daemon's
		_ = removeState(l.dirs) // what stays is stale, which everybody checks for
	}
	_ = l.flock.Close()
}

// Find tells whether a daemon lives and where. It takes some microseconds.
func Find(dirs config.Dirs) (state State, running bool, err error) {
	if _, err := os.Stat(dirs.LockFile()); errors.Is(err, fs.ErrNotExist) {
		return State{}, false, nil
	}
	fl := flock.New(dirs.LockFile(), flock.SetPermissions(0o600))
	defer func() { _ = fl.Close() }()
	free, err := fl.TryRLock()
	if err != nil {
		return State{}, false, fmt.Errorf("look for the daemon: %w", err)
	}
	if free {
		// While we hold the lock there is no daemon whose files these could be.
		return State{}, false, removeState(dirs)
	}
	state, err = readState(dirs)
	return state, true, err
}

// readState returns the state of the daemon that has the lock, zero if it has not
// published it yet.
func readState(dirs config.Dirs) (State, error) {
	var s State
	data, err := os.ReadFile(dirs.StateFile())
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, nil
	}
	if err != nil {
		return State{}, fmt.Errorf("read the daemon's state: %w", err)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return State{}, fmt.Errorf("read the daemon's state: %s: %w", filepath.Base(dirs.StateFile()), err)
	}
	// A daemon that was killed leaves its files; its successor removes them as its
	// first act, but somebody may look in between.
	if !alive(s.PID) {
		return State{}, nil
	}
	return s, nil
}

func removeState(dirs config.Dirs) error {
	var errs []error
	for _, path := range []string{dirs.StateFile(), dirs.PortFile(), dirs.PidFile()} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("remove what a former daemon left: %w", err))
		}
	}
	return errors.Join(errs...)
}
