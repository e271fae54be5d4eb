//go:build unix

package spool

import "os"

// syncDir makes sure that a new file's name survives a power cut as well.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
