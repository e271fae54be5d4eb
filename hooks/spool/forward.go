package spool

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"

	"claude-mem/memory"
)

const (
	forwardLock  = "forward.lock" // held by the one hook that forwards
	progressName = "forwarded"    // how far the oldest file is told: its name and an offset
)

// For describes the spool of what is meant for the server at url, a folder of its
// own below dir: the local daemon, which drains dir, must not take it in. Without a
// url it is the spool in dir.
func For(dir, url string) *Spool {
	if url == "" {
		return New(dir)
	}
	sum := sha256.Sum256([]byte(strings.TrimRight(url, "/")))
	return New(filepath.Join(dir, hex.EncodeToString(sum[:6])))
}

// Sender tells one record. rejected says that it can never be taken in, err that it
// should be told again later.
type Sender func(r memory.HookRecord) (rejected, err error)

// Forward tells records one at a time, oldest first, until ctx is done, and
// remembers how far it came: whoever forwards has time for a few only. When another
// process forwards it does nothing. It returns how many were taken.
func (s *Spool) Forward(ctx context.Context, send Sender) (taken int, err error) {
	names, err := s.files()
	if err != nil || len(names) == 0 {
		return 0, err
	}
	fl := flock.New(filepath.Join(s.dir, forwardLock), flock.SetPermissions(0o600))
	held, err := fl.TryLock()
	if err != nil || !held {
		return 0, err
	}
	defer fl.Close()
	if names, err = s.claim(); err != nil {
		return 0, err
	}
	for _, name := range names {
		n, err := s.forwardFile(ctx, name, send)
		taken += n
		if err != nil {
			return taken, fmt.Errorf("forward the spool: %w", err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return taken, nil
}

// forwardFile goes on where the last call stopped, and removes a file that is told
// to its end.
func (s *Spool) forwardFile(ctx context.Context, name string, send Sender) (taken int, err error) {
	path := filepath.Join(s.dir, name)
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	from := s.progress(name)
	taken, to, err := s.forwardLines(ctx, f, from, send)
	all := false
	if fi, statErr := f.Stat(); statErr == nil {
		all = to >= fi.Size()
	}
	if closeErr := f.Close(); closeErr != nil {
		return taken, errors.Join(err, closeErr)
	}
	switch {
	case all:
		return taken, errors.Join(err, os.Remove(path))
	case to > from:
		text := name + " " + strconv.FormatInt(to, 10)
		return taken, errors.Join(err, os.WriteFile(filepath.Join(s.dir, progressName), []byte(text), 0o600))
	}
	return taken, err
}

// forwardLines tells what stands behind an offset and returns how far it came.
func (s *Spool) forwardLines(ctx context.Context, f *os.File, from int64, send Sender) (taken int, to int64, err error) {
	if to, err = f.Seek(from, io.SeekStart); err != nil {
		return 0, from, err
	}
	lines := bufio.NewReaderSize(f, 64<<10)
	one := func(_ context.Context, records []memory.HookRecord) ([]error, error) {
		rejected, err := send(records[0])
		return []error{rejected}, err
	}
	for ctx.Err() == nil {
		line, whole, readErr := readLine(lines)
		ended := errors.Is(readErr, io.EOF)
		if readErr != nil && !ended {
			return taken, to, readErr
		}
		var b batch
		b.add(line, whole)
		n, err := s.hand(ctx, &b, one)
		taken += n
		if err != nil {
			return taken, to, err
		}
		read, err := f.Seek(0, io.SeekCurrent)
		if err != nil {
			return taken, to, err
		}
		if to = read - int64(lines.Buffered()); ended {
			return taken, to, nil
		}
	}
	return taken, to, nil
}

// progress is the offset up to which the named file is told already.
func (s *Spool) progress(name string) int64 {
	f, err := os.Open(filepath.Join(s.dir, progressName))
	if err != nil {
		return 0
	}
	defer f.Close()
	data, _ := io.ReadAll(io.LimitReader(f, 256)) // what cannot be read starts anew
	rest, ok := strings.CutPrefix(string(data), name+" ")
	if !ok {
		return 0
	}
	n, _ := strconv.ParseInt(rest, 10, 64)
	return max(n, 0)
}
