package instance

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"claude-mem/internal/config"
)

// RunningError says that another daemon has the data directory.
type RunningError struct {
	State State // as far as it is known
	// Runtime is the other's runtime directory where that is not ours, so that we
	// cannot find the daemon by ourselves; else "".
	Runtime string
}

func (e *RunningError) Error() string {
	text := "a daemon is starting already"
	switch {
	case e.State.Listening():
		text = fmt.Sprintf("a daemon is running already: pid %d, port %d", e.State.PID, e.State.Port)
	case e.Runtime != "":
		text = "a daemon has the database already"
	}
	if e.Runtime != "" {
		text += "; its runtime directory is " + e.Runtime + ", not ours: XDG_RUNTIME_DIR differs"
	}
	return text
}

const (
	// acquireFor is how long Acquire keeps trying: those who look whether a daemon
	// lives hold the lock too, for an instant each.
	acquireFor  = 300 * time.Millisecond
	acquireStep = 2 * time.Millisecond
)

// lockFile locks the file at path; nil means that somebody else keeps it locked.
func lockFile(path string) (*flock.Flock, error) {
	fl := flock.New(path, flock.SetPermissions(0o600))
	for deadline := time.Now().Add(acquireFor); ; time.Sleep(acquireStep) {
		ok, err := fl.TryLock()
		if err != nil {
			_ = fl.Close()
			return nil, fmt.Errorf("lock the data directory: %w", err)
		}
		if ok {
			return fl, nil
		}
		if time.Now().After(deadline) {
			_ = fl.Close()
			return nil, nil
		}
	}
}

// maxPath bounds how much of a lock file is read.
const maxPath = 4 << 10

// elsewhere tells what can be known of the daemon that holds the lock beside the
// database, but not the one in our runtime directory.
func elsewhere(dirs config.Dirs) *RunningError {
	f, err := os.Open(dirs.DataLockFile())
	if err != nil {
		return &RunningError{}
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxPath))
	runtime := strings.TrimSpace(string(text))
	if err != nil || runtime == "" || runtime == dirs.Runtime {
		return &RunningError{} // it has only just begun, or the system lets nobody read
	}
	state, _ := readState(config.Dirs{Runtime: runtime})
	return &RunningError{State: state, Runtime: runtime}
}
