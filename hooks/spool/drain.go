package spool

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"claude-mem/memory"
)

const (
	// maxBatch bounds the records that are handed over at once …
	maxBatch = 64
	// … and maxBatchBytes their size.
	maxBatchBytes = 4 << 20
	// maxLine bounds one line; hooks write far shorter ones.
	maxLine = 4 << 20
)

// Handler takes records in. What it returns an error for, at the record's place in
// rejected, can never be taken in; a rejected that is nil accepts them all. err
// means that nothing is known to be taken and that all should be told again later.
type Handler func(ctx context.Context, records []memory.HookRecord) (rejected []error, err error)

// Drain hands over everything there is, oldest first, until the spool is empty, ctx
// is done or the handler fails. It returns how many records were taken in. Only one
// process may drain at a time, which is the daemon that has the data directory.
func (s *Spool) Drain(ctx context.Context, handle Handler) (taken int, err error) {
	for {
		names, err := s.claim()
		if err != nil || len(names) == 0 {
			return taken, err
		}
		for _, name := range names {
			n, err := s.drainFile(ctx, name, handle)
			taken += n
			if err != nil {
				return taken, fmt.Errorf("drain the spool: %w", err)
			}
		}
	}
}

// claim renames what hooks append to, so that they begin anew, and lists all that
// is claimed, also what an earlier drain left.
func (s *Spool) claim() ([]string, error) {
	names, err := s.files()
	if err != nil || len(names) == 0 {
		return nil, err
	}
	unlock, err := s.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	if names, err = s.files(); err != nil {
		return nil, err
	}
	var out []string
	for _, name := range names {
		if strings.HasSuffix(name, claimed) {
			out = append(out, name)
			continue
		}
		if strings.HasSuffix(name, part) && !s.abandoned(name) {
			continue
		}
		// Claims of one day sort by when they were made.
		at := s.now().UnixNano()
		to := fmt.Sprintf("%s.%019d%s", name, at, claimed)
		for ; exists(filepath.Join(s.dir, to)); at++ {
			to = fmt.Sprintf("%s.%019d%s", name, at, claimed)
		}
		if err := os.Rename(filepath.Join(s.dir, name), filepath.Join(s.dir, to)); err != nil {
			return nil, fmt.Errorf("claim the spool: %w", err)
		}
		out = append(out, to)
	}
	slices.Sort(out)
	return out, nil
}

// abandoned reports whether a file is left of a writer that died. What is not
// whole in it is kept aside like any wrong line.
func (s *Spool) abandoned(name string) bool {
	fi, err := os.Stat(filepath.Join(s.dir, name))
	return err == nil && time.Since(fi.ModTime()) > maxPart
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// drainFile hands over one claimed file and removes it.
func (s *Spool) drainFile(ctx context.Context, name string, handle Handler) (taken int, err error) {
	path := filepath.Join(s.dir, name)
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	taken, err = s.drainLines(ctx, f, handle)
	if err = errors.Join(err, f.Close()); err != nil {
		return taken, err
	}
	return taken, os.Remove(path)
}

func (s *Spool) drainLines(ctx context.Context, f io.Reader, handle Handler) (taken int, err error) {
	lines := bufio.NewReaderSize(f, 64<<10)
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return taken, err
		}
		var b batch
		if more, err = b.fill(lines); err != nil {
			return taken, err
		}
		n, err := s.hand(ctx, &b, handle)
		taken += n
		if err != nil {
			return taken, err
		}
	}
	return taken, nil
}

// batch is what is handed over at once, and what is not fit to be.
type batch struct {
	records  []memory.HookRecord
	lines    []string // of the records
	rejected []rejection
}

// fill reads lines until the batch is full and reports whether there are more.
func (b *batch) fill(r *bufio.Reader) (more bool, err error) {
	size := 0
	for len(b.records)+len(b.rejected) < maxBatch && size < maxBatchBytes {
		line, whole, err := readLine(r)
		if errors.Is(err, io.EOF) && line == "" {
			return false, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		size += len(line)
		b.add(line, whole)
	}
	return true, nil
}

// add decodes a line into a record, or rejects it.
func (b *batch) add(line string, whole bool) {
	if strings.TrimSpace(line) == "" {
		return
	}
	var rec memory.HookRecord
	err := json.Unmarshal([]byte(line), &rec)
	switch {
	case !whole:
		err = fmt.Errorf("longer than %d bytes", maxLine)
	case err == nil:
		err = rec.Validate()
	}
	if err != nil {
		b.rejected = append(b.rejected, newRejection(line, err))
		return
	}
	b.records = append(b.records, rec)
	b.lines = append(b.lines, line)
}

// readLine reads to the next line break. Of a line that is too long it returns the
// start and whole false. At the end of the file it returns what is there with
// io.EOF.
func readLine(r *bufio.Reader) (line string, whole bool, err error) {
	var sb strings.Builder
	whole = true
	for {
		part, err := r.ReadSlice('\n')
		if room := maxLine - sb.Len(); len(part) > room {
			part, whole = part[:room], false
		}
		sb.Write(part)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return sb.String(), whole, err
		}
	}
}

// hand gives the batch to the handler and keeps aside what cannot be taken.
func (s *Spool) hand(ctx context.Context, b *batch, handle Handler) (taken int, err error) {
	if len(b.records) > 0 {
		refused, err := handle(ctx, b.records)
		if err != nil {
			return 0, err
		}
		for i, line := range b.lines {
			if i < len(refused) && refused[i] != nil {
				b.rejected = append(b.rejected, newRejection(line, refused[i]))
				continue
			}
			taken++
		}
	}
	if len(b.rejected) == 0 {
		return taken, nil
	}
	unlock, err := s.lock()
	if err != nil {
		return taken, err
	}
	defer unlock()
	return taken, s.reject(b.rejected)
}
