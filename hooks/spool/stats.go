package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"claude-mem/memory"
)

// Stats is what is in a spool.
type Stats struct {
	Files    int          // that hold records
	Bytes    int64        // of records
	Records  int64        // that wait
	Oldest   memory.Epoch // when the oldest file was last written to; 0 without one
	Refused  int64        // records lost because the spool, or the disk, was full
	Rejected int64        // lines kept aside
}

// Stats counts. It reads the files, 64 MiB at most.
func (s *Spool) Stats() (Stats, error) {
	st := Stats{Refused: s.refused()}
	names, err := s.files()
	if err != nil {
		return st, err
	}
	for _, name := range names {
		path := filepath.Join(s.dir, name)
		fi, err := os.Stat(path)
		if err != nil {
			continue // drained meanwhile
		}
		st.Files++
		st.Bytes += fi.Size()
		if at := memory.EpochOf(fi.ModTime()); st.Oldest == 0 || at < st.Oldest {
			st.Oldest = at
		}
		n, err := countLines(path, s.progress(name))
		if err != nil {
			return st, err
		}
		st.Records += n
	}
	st.Rejected, err = countLines(filepath.Join(s.dir, rejectedName), 0)
	return st, err
}

// countLines counts the lines behind an offset; of a missing file 0.
func countLines(path string, from int64) (int64, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("count the spool: %w", err)
	}
	defer f.Close()
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return 0, fmt.Errorf("count the spool: %w", err)
	}
	buf := make([]byte, 64<<10)
	var lines int64
	last := byte('\n')
	for {
		n, err := f.Read(buf)
		if n > 0 {
			lines += int64(bytes.Count(buf[:n], []byte{'\n'}))
			last = buf[n-1]
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return lines, fmt.Errorf("count the spool: %w", err)
		}
	}
	if last != '\n' {
		lines++ // torn
	}
	return lines, nil
}
