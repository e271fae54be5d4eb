package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// littleSpace is how much room the database and the spool should find at least: a
// busy day of one developer takes a tenth of it.
const littleSpace = 200 << 20

// checkDisk looks whether there is room for what is written.
func (d *doctor) checkDisk() {
	least, where := int64(-1), ""
	for _, dir := range []string{d.cfg.Dirs.Data, d.cfg.Dirs.State} {
		if free, known := freeSpace(dir); known && (least < 0 || free < least) {
			least, where = free, dir
		}
	}
	if where != "" {
		d.reportDisk(where, least)
	}
}

func (d *doctor) reportDisk(dir string, free int64) {
	detail := size(free) + " free for " + dir
	switch {
	case free < littleSpace/100:
		d.report("disk", wrong, detail+"; nothing can be stored, and what hooks tell is lost", freeUp(dir))
	case free < littleSpace:
		d.report("disk", suspect, detail, freeUp(dir))
	default:
		d.ok("disk", detail)
	}
}

func freeUp(dir string) string { return "free space on the file system that holds " + dir }

// diskFull reports whether a text of the daemon's or of SQLite's is about that.
func diskFull(text string) bool {
	return strings.Contains(text, "disk is full") || strings.Contains(text, "no space left")
}

// mendHealth says what to do about a daemon that does not fare well.
func (d *doctor) mendHealth(reasons []string) string {
	if diskFull(strings.Join(reasons, "; ")) {
		return freeUp(d.cfg.Dirs.Data) + "; it goes on by itself"
	}
	return "claude-mem server jobs failed; the log says more: " + d.cfg.Dirs.Logs()
}

// mendDatabase says what to do about what the check of the database found.
func (d *doctor) mendDatabase(err error) string {
	path := d.cfg.Dirs.Database()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("claude-mem stop; put %s back if you have it; claude-mem start", path)
	case diskFull(err.Error()):
		return freeUp(d.cfg.Dirs.Data)
	}
	return "claude-mem stop; move " + path + " away or put a backup in its place; claude-mem start"
}
