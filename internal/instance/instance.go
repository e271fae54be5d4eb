// Package instance makes sure that a data directory has at most one daemon, and
// lets others find it, start it and stop it.
//
// A daemon holds an exclusive lock on the lock file for its whole life, and one on a
// file beside the database; the operating system lets go of them however the process
// ends. The second keeps out a daemon that has another runtime directory, as that of
// a cron job may be, and is of no interest to those who only look. Whoever wants to know
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

// URL is where the daemon is reached from this machine.
func (s State) URL() string { return config.BaseURL(s.Host, s.Port) }

// Listening reports whether the daemon can be reached yet.
func (s State) Listening() bool { return s.Port != 0 }

// Lock is the right to be the daemon of a data directory.
type Lock struct {
	dirs  config.Dirs
	flock *flock.Flock
	data  *flock.Flock // beside the database
}

// Acquire takes the lock, or returns a [*RunningError]. The directories must exist.
func Acquire(dirs config.Dirs) (*Lock, error) {
	fl, err := lockFile(dirs.LockFile())
	if err != nil {
		return nil, err
	}
	if fl == nil {
		state, _ := readState(dirs)
		return nil, &RunningError{State: state}
	}
	// Those who share a database need not share a runtime directory.
	data, err := lockFile(dirs.DataLockFile())
	if err == nil && data == nil {
		err = elsewhere(dirs)
	}
	if err != nil {
		_ = fl.Close()
		return nil, err
	}
	l := &Lock{dirs: dirs, flock: fl, data: data}
	// For whoever is refused; where it cannot be written they are told less.
	_ = os.WriteFile(dirs.DataLockFile(), []byte(dirs.Runtime+"\n"), 0o600)
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

// Lost reports whether a lock file was removed or replaced, so that the lock
// keeps nobody out any more: a login manager clears the runtime directory when its
// user logs out.
func (l *Lock) Lost() bool { return replaced(l.flock) || replaced(l.data) }

func replaced(fl *flock.Flock) bool {
	held, err := fl.Stat()
	if err != nil {
		return false // cannot tell
	}
	there, err := os.Stat(fl.Path())
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(held, there)
}

// Release removes the state files and gives the lock up.
func (l *Lock) Release() {
	if !replaced(l.flock) { // else they are another daemon's
		_ = removeState(l.dirs) // what stays is stale, which everybody checks for
	}
	_ = l.flock.Close()
	_ = l.data.Close()
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
