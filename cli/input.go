package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// inputFile is a file that a command reads, or its standard input.
type inputFile struct {
	name string
	size int64 // bytes; -1 for standard input
	open func() (io.ReadCloser, error)
}

var errFolder = errors.New("is a folder, not a file")

// input checks that a file is there and can be read; "-" is standard input.
func input(path string, stdin io.Reader) (inputFile, error) {
	if path == "-" {
		return inputFile{"standard input", -1, func() (io.ReadCloser, error) { return io.NopCloser(stdin), nil }}, nil
	}
	fi, err := os.Stat(path)
	if err != nil {
		return inputFile{}, err
	}
	if fi.IsDir() {
		return inputFile{}, fmt.Errorf("%s %w", path, errFolder)
	}
	return inputFile{filepath.Base(path), fi.Size(), func() (io.ReadCloser, error) { return os.Open(path) }}, nil
}
