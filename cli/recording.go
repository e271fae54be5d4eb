package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
)

// maxRecordedLine bounds one recorded hook event. Hosts cut what they hand to
// hooks; something longer is no recording.
const maxRecordedLine = 64 << 20

// recording is a stream of recorded hook events, one JSON object per line.
type recording struct{ inputFile }

// recordings checks that all files are there before any is read.
func recordings(paths []string, stdin io.Reader) ([]recording, error) {
	var all []recording
	for _, path := range paths {
		f, err := input(path, stdin)
		if errors.Is(err, errFolder) {
			return nil, fmt.Errorf("%w; name the recordings in it: claude-mem replay %s", err, filepath.Join(path, "*.jsonl"))
		}
		if err != nil {
			return nil, err
		}
		all = append(all, recording{f})
	}
	return all, nil
}

// totalSize is the size of all recordings, -1 if one is unknown.
func totalSize(all []recording) int64 {
	var n int64
	for _, r := range all {
		if r.size < 0 {
			return -1
		}
		n += r.size
	}
	return n
}

// each calls fn for every line that is not blank, with its number and how many
// bytes were read so far.
func (r recording) each(fn func(line []byte, number int, read int64) error) error {
	f, err := r.open()
	if err != nil {
		return fmt.Errorf("open the recording: %w", err)
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<16)
	var read int64
	for number := 1; ; number++ {
		line, err := boundedLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%s:%d: %w", r.name, number, err)
		}
		read += int64(len(line))
		if text := bytes.TrimSpace(line); len(text) > 0 {
			if err := fn(text, number, read); err != nil {
				return fmt.Errorf("%s:%d: %w", r.name, number, err)
			}
		}
		if err != nil {
			return nil
		}
	}
}

// boundedLine reads up to and with the next newline.
func boundedLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxRecordedLine {
			return nil, fmt.Errorf("a line is longer than %d bytes: this is no recording of hook events", maxRecordedLine)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}
