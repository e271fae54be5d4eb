package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
)

// gcPercent trades memory for time. A daemon at rest holds some 4 MiB of heap, so
// that the collector's default would run it 15 times a second under load; this is
// a third as often, for at most a few MiB.
const gcPercent = 300

// softLimit is from where on the collector works harder instead: bodies that are
// being read come to a few hundred MiB at the worst.
const softLimit = 384 << 20

// crashLogBytes is the size from which a crash log is begun anew: it holds some
// dozens of crashes then.
const crashLogBytes = 1 << 20

// ownProcess sets what belongs to the process as a whole.
func ownProcess(logs string) (err error) {
	debug.SetGCPercent(gcPercent)
	if os.Getenv("GOMEMLIMIT") == "" { // whoever runs the server may know better
		debug.SetMemoryLimit(softLimit)
	}
	// A daemon in the background has no terminal: a crash of the runtime itself
	// would leave no trace.
	path := filepath.Join(logs, "crash.log")
	if fi, err := os.Stat(path); err == nil && fi.Size() > crashLogBytes {
		_ = os.Remove(path) // what does not go is appended to
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the crash log: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }() // the runtime keeps a copy
	return debug.SetCrashOutput(f, debug.CrashOptions{})
}

// guarded turns a panic into an error, so that the daemon stops in good order and
// the log says why.
func guarded(fn func() error) func() error {
	return func() (err error) {
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
			}
		}()
		return fn()
	}
}
