//go:build !linux && !darwin

package cli

// freeSpace does not know how to ask this system.
func freeSpace(string) (n int64, known bool) { return 0, false }
