package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// awayName is there while the server that the records are for is away.
const awayName = "away"

// Away notes that the server is away. first reports that nobody knew: of the many
// processes that meet an outage, one is told so.
func (s *Spool) Away() (first bool, err error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return false, fmt.Errorf("note an outage: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(s.dir, awayName), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("note an outage: %w", err)
	}
	return true, f.Close()
}

// Back notes that the server answers. was reports that it was away, to one process.
func (s *Spool) Back() (was bool) { return os.Remove(filepath.Join(s.dir, awayName)) == nil }
