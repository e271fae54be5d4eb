// Package spool keeps hook records on disk while no daemon takes them.
//
// Hooks append: one file per day, one [memory.HookRecord] as JSON per line, synced
// before [Spool.Append] returns, readable by the user alone. The daemon drains:
// [Spool.Drain] claims the files by renaming them, hands their records over in
// batches and removes a file only when all of it was taken. A crash anywhere means
// that records are handed over again, which their receiver knows to be the same.
//
//	2026-11-23.jsonl            hooks append here
//	2026-11-22.jsonl.….claimed  being drained
//	2026-11-22.….part           a line of its own, not whole yet
//	rejected.jsonl              lines that can never be taken in, each with the reason
//	refused                     how many records could not be kept
//	away                        the server they are for does not answer
//	spool.lock                  held to append and to claim
//
// A lock keeps writers and the claim apart. It is held for one write each, so
// whoever cannot get it soon gives up on the shared file and writes one of his own:
// a hook must neither wait nor lose its record.
//
// The spool is bounded. When it is full the oldest records stay and new ones are
// refused, because what was promised first counts first; the count of refused ones
// is kept for status and doctor to show.
package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"claude-mem/memory"
)

const (
	// DefaultMaxBytes bounds the spool, claimed files included.
	DefaultMaxBytes = 64 << 20
	// maxRejectedBytes bounds the rejected lines; beyond it they are only counted.
	maxRejectedBytes = 8 << 20

	// maxPart is when a file that is written apart counts as left by a crash: its
	// writer, a hook, has ended long before.
	maxPart = time.Minute

	lockName     = "spool.lock"
	rejectedName = "rejected.jsonl"
	refusedName  = "refused"
	openSuffix   = ".jsonl"
	claimed      = ".claimed"
	part         = ".part"
)

// ErrFull says that the record was refused because the spool has reached its bound.
var ErrFull = errors.New("the spool is full")

// Spool is the spool in one directory. It is safe for use by many processes.
type Spool struct {
	dir      string
	maxBytes int64
	now      func() time.Time
}

// New describes the spool in dir, which is made when the first record comes.
func New(dir string) *Spool {
	return &Spool{dir: dir, maxBytes: DefaultMaxBytes, now: time.Now}
}

// Append puts a record on stable storage. The caller has removed what is private.
// One that cannot be put there is counted, where even a full disk lets it be.
func (s *Spool) Append(r memory.HookRecord) error {
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("spool a record: %w", err)
	}
	line = append(line, '\n')
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("spool a record: %w", err)
	}
	name := s.now().UTC().Format(time.DateOnly)
	write := s.writeApart
	if unlock, err := s.lock(); err == nil {
		defer unlock()
		write = s.write
	}
	size, err := s.size()
	if err != nil {
		return fmt.Errorf("spool a record: %w", err)
	}
	if size+int64(len(line)) > s.maxBytes {
		return errors.Join(ErrFull, s.count(1))
	}
	if err := write(name+openSuffix, line); err != nil {
		return errors.Join(err, s.count(1))
	}
	return nil
}

// Lost counts a record that could not even be made, as one that was refused.
func (s *Spool) Lost() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("count a lost record: %w", err)
	}
	return s.count(1)
}

// Reject keeps a record aside that the daemon called wrong, so that a fault of ours
// can be found and the record mended.
func (s *Spool) Reject(r memory.HookRecord, reason string) error {
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("keep a rejected record: %w", err)
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("keep a rejected record: %w", err)
	}
	unlock, err := s.lock()
	if err != nil {
		return fmt.Errorf("keep a rejected record: %w", err)
	}
	defer unlock()
	return s.reject([]rejection{{At: memory.EpochOf(s.now()), Reason: reason, Line: string(line)}})
}

// lockFor is how long a writer waits for others, each of whom takes a few
// milliseconds at most.
const (
	lockFor  = 100 * time.Millisecond
	lockStep = time.Millisecond
)

func (s *Spool) lock() (unlock func(), err error) {
	fl := flock.New(filepath.Join(s.dir, lockName), flock.SetPermissions(0o600))
	for deadline := time.Now().Add(lockFor); ; time.Sleep(lockStep) {
		ok, err := fl.TryLock()
		if ok {
			return func() { _ = fl.Close() }, nil
		}
		if err == nil && time.Now().After(deadline) {
			err = errors.New("others hold it")
		}
		if err != nil {
			_ = fl.Close()
			return nil, fmt.Errorf("lock the spool: %w", err)
		}
	}
}

// write appends a line to the named file and waits until the disk has it.
func (s *Spool) write(name string, line []byte) (err error) {
	path := filepath.Join(s.dir, name)
	_, err = os.Lstat(path)
	made := errors.Is(err, fs.ErrNotExist)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("spool a record: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = fmt.Errorf("spool a record: %w", err)
		}
	}()
	if torn(f) {
		// A writer died in the middle of a line. Ours must not become part of it.
		line = append([]byte{'\n'}, line...)
	}
	if _, err := f.Write(line); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if made {
		return syncDir(s.dir)
	}
	return nil
}

// writeApart puts a line into a file of its own, which appears under its name only
// when it is whole: nobody who claims files can take half of it.
func (s *Spool) writeApart(name string, line []byte) error {
	own := fmt.Sprintf("%s.%d-%d", strings.TrimSuffix(name, openSuffix), os.Getpid(), s.now().UnixNano())
	if err := s.write(own+part, line); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(s.dir, own+part), filepath.Join(s.dir, own+openSuffix)); err != nil {
		return fmt.Errorf("spool a record: %w", err)
	}
	return syncDir(s.dir)
}

// torn reports whether the file ends without a line break.
func torn(f *os.File) bool {
	fi, err := f.Stat()
	if err != nil || fi.Size() == 0 {
		return false
	}
	var last [1]byte
	_, err = f.ReadAt(last[:], fi.Size()-1)
	return err == nil && last[0] != '\n'
}

// files lists the names of the files that hold records, oldest first.
func (s *Spool) files() ([]string, error) {
	entries, err := os.ReadDir(s.dir) // sorted by name, which is by day
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the spool: %w", err)
	}
	var names []string
	for _, e := range entries {
		name := e.Name()
		switch filepath.Ext(name) {
		case openSuffix, claimed, part:
			if name != rejectedName {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// size is how many bytes of records there are.
func (s *Spool) size() (int64, error) {
	names, err := s.files()
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, name := range names {
		if fi, err := os.Stat(filepath.Join(s.dir, name)); err == nil {
			sum += fi.Size()
		}
	}
	return sum, nil
}

// count adds to the number of refused records. The number has a fixed width and is
// written in place: that takes no room of a disk that has none left.
func (s *Spool) count(n int64) error {
	f, err := os.OpenFile(filepath.Join(s.dir, refusedName), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("count a refused record: %w", err)
	}
	_, err = fmt.Fprintf(f, "%019d\n", s.refused()+n)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("count a refused record: %w", err)
	}
	return nil
}

func (s *Spool) refused() int64 {
	f, err := os.Open(filepath.Join(s.dir, refusedName))
	if err != nil {
		return 0
	}
	defer f.Close()
	data, _ := io.ReadAll(io.LimitReader(f, 32)) // what is no number counts as none
	n, _ := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	return n
}
