//go:build linux || darwin

package cli

import "golang.org/x/sys/unix"

// freeSpace is how many bytes a user may still write below dir.
func freeSpace(dir string) (n int64, known bool) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, false
	}
	return int64(min(st.Bavail, 1<<40)) * int64(st.Bsize), true //nolint:unconvert // it is an int64 on Linux only
}
