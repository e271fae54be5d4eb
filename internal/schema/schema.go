// Package schema knows the numbered scripts that bring the schema of a database up to
// date.
package schema

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// Newest is the version that the scripts in dir lead to: the highest number that the
// name of one begins with, before an underscore. It is 0 without scripts; a script
// without a number is an error.
func Newest(dir fs.FS) (newest int64, err error) {
	names, err := fs.Glob(dir, "*.sql")
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		digits, _, _ := strings.Cut(name, "_")
		v, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("migration %s has no number: %w", name, err)
		}
		newest = max(newest, v)
	}
	return newest, nil
}
