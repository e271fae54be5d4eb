package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"claude-mem/memory"
)

// rejection is a line of rejected.jsonl.
type rejection struct {
	At     memory.Epoch `json:"atEpoch"`
	Reason string       `json:"reason"`
	Line   string       `json:"line"`
}

func newRejection(line string, reason error) rejection {
	return rejection{At: memory.Now(), Reason: reason.Error(), Line: strings.TrimRight(line, "\r\n")}
}

// reject keeps lines aside. The caller holds the lock. Beyond the bound they are
// counted as refused.
func (s *Spool) reject(all []rejection) error {
	path := filepath.Join(s.dir, rejectedName)
	var size int64
	if fi, err := os.Stat(path); err == nil {
		size = fi.Size()
	}
	var out []byte
	lost := int64(0)
	for _, r := range all {
		line, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("keep a rejected record: %w", err)
		}
		if size+int64(len(out)+len(line)) > maxRejectedBytes {
			lost++
			continue
		}
		out = append(append(out, line...), '\n')
	}
	var errs []error
	if len(out) > 0 {
		errs = append(errs, s.write(rejectedName, out))
	}
	if lost > 0 {
		errs = append(errs, s.count(lost))
	}
	return errors.Join(errs...)
}
