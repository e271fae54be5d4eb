package instance

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"claude-mem/internal/config"
)

func testDirs(t *testing.T) config.Dirs {
	t.Helper()
	c, err := config.Load(config.Options{Environ: []string{config.DataDir + "=" + t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Dirs.Make(); err != nil {
		t.Fatal(err)
	}
	return c.Dirs
}

func acquire(t *testing.T, dirs config.Dirs) *Lock {
	t.Helper()
	l, err := Acquire(dirs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Release)
	return l
}

func self() State { return State{PID: os.Getpid(), Host: "127.0.0.1", Port: 4711, Version: "v"} }

func find(t *testing.T, dirs config.Dirs) (State, bool) {
	t.Helper()
	s, running, err := Find(dirs)
	if err != nil {
		t.Fatal(err)
	}
	return s, running
}

func TestLifeOfADaemon(t *testing.T) {
	dirs := testDirs(t)
	if _, running := find(t, dirs); running {
		t.Error("found one before there was one")
	}
	l := acquire(t, dirs)
	if s, running := find(t, dirs); !running || s.Listening() {
		t.Errorf("before it listens: %+v, %v", s, running)
	}
	if err := l.Publish(self()); err != nil {
		t.Fatal(err)
	}
	if s, running := find(t, dirs); !running || s != self() {
		t.Errorf("while it listens: %+v, %v", s, running)
	}
	for _, path := range []string{dirs.PortFile(), dirs.PidFile(), dirs.StateFile(), dirs.LockFile()} {
		if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, fi, err)
		}
	}
	l.Release()
	if _, running := find(t, dirs); running {
		t.Error("found it after it went")
	}
	if _, err := os.Stat(dirs.PortFile()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the port file stays: %v", err)
	}
}

func TestOnlyOne(t *testing.T) {
	dirs := testDirs(t)
	if err := acquire(t, dirs).Publish(self()); err != nil {
		t.Fatal(err)
	}
	_, err := Acquire(dirs)
	if re, ok := errors.AsType[*RunningError](err); !ok || re.State != self() {
		t.Errorf("second Acquire: %v", err)
	}
}

// A login session and a cron job of one user have one database and two runtime
// directories.
func TestOnlyOneOnADatabase(t *testing.T) {
	dirs := testDirs(t)
	if err := acquire(t, dirs).Publish(self()); err != nil {
		t.Fatal(err)
	}
	other := dirs
	other.Runtime = t.TempDir()
	for _, listening := range []bool{true, false} {
		want := RunningError{Runtime: dirs.Runtime}
		if listening {
			want.State = self()
		} else if err := removeState(dirs); err != nil {
			t.Fatal(err)
		}
		l, err := Acquire(other)
		re, ok := errors.AsType[*RunningError](err)
		if !ok || *re != want || !strings.Contains(err.Error(), dirs.Runtime) {
			t.Errorf("second Acquire: %v, %v", l, err)
		}
		if _, running := find(t, other); running {
			t.Error("the refused one still holds its own lock")
		}
	}
}

func TestAcquireGetsPastThoseWhoLook(t *testing.T) {
	dirs := testDirs(t)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	defer wg.Wait()
	defer close(stop)
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(time.Millisecond): // many hooks at once, which end in between
					_, _, _ = Find(dirs)
				}
			}
		})
	}
	acquire(t, dirs)
}

// A daemon that was killed leaves its files behind.
func TestStaleFiles(t *testing.T) {
	leave := func(t *testing.T, s State) config.Dirs {
		dirs := testDirs(t)
		l := acquire(t, dirs)
		if err := l.Publish(s); err != nil {
			t.Fatal(err)
		}
		_, _ = l.flock.Close(), l.data.Close() // as the kernel does
		return dirs
	}
	t.Run("nobody lives", func(t *testing.T) {
		dirs := leave(t, self())
		if s, running := find(t, dirs); running || s.Listening() {
			t.Errorf("found %+v, %v", s, running)
		}
		if _, err := os.Stat(dirs.PortFile()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the port file stays: %v", err)
		}
	})
	t.Run("a successor starts", func(t *testing.T) {
		dirs := leave(t, self())
		acquire(t, dirs)
		if s, running := find(t, dirs); !running || s.Listening() {
			t.Errorf("found %+v, %v", s, running)
		}
	})
	t.Run("the process is gone", func(t *testing.T) {
		dirs := testDirs(t)
		gone := self()
		gone.PID = 1 << 30
		if err := acquire(t, dirs).Publish(gone); err != nil {
			t.Fatal(err)
		}
		if s, _ := find(t, dirs); s.Listening() {
			t.Errorf("found %+v", s)
		}
	})
}

func TestBrokenState(t *testing.T) {
	dirs := testDirs(t)
	acquire(t, dirs)
	if err := os.WriteFile(dirs.StateFile(), []byte(`{"port":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, running, err := Find(dirs); err == nil || !running || s.Listening() {
		t.Errorf("found %+v, %v, %v", s, running, err)
	}
}

func TestLost(t *testing.T) {
	dirs := testDirs(t)
	l := acquire(t, dirs)
	if l.Lost() {
		t.Fatal("lost a lock that is there")
	}
	if err := os.Remove(dirs.LockFile()); err != nil {
		t.Fatal(err)
	}
	if !l.Lost() {
		t.Error("did not see that the file is gone")
	}
	// Whoever comes now is kept from the database still.
	if l, err := Acquire(dirs); err == nil {
		l.Release()
		t.Fatal("two daemons have the database")
	}
	if err := os.Remove(dirs.DataLockFile()); err != nil {
		t.Fatal(err)
	}
	if err := acquire(t, dirs).Publish(self()); err != nil {
		t.Fatal(err)
	}
	if !l.Lost() {
		t.Error("did not see that the file is another's")
	}
	l.Release()
	if s, _ := find(t, dirs); s != self() {
		t.Errorf("the loser removed the files of its successor: %+v", s)
	}
}
