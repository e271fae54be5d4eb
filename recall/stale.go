package recall

import (
	"os"
	"path/filepath"
	"time"

	"claude-mem/memory"
	"claude-mem/storage"
)

const (
	// staleGrace is how much later than its observation a file may have been written
	// without being a later one: clocks and file systems round.
	staleGrace = 2 * time.Second
	// maxStaleFiles is how many files of one observation are looked at.
	maxStaleFiles = 8
)

// MarkStale sets Stale of the observations whose files changed or vanished since, as
// the working tree at root shows. An empty root, or one that is not there, marks
// none: a server does not see its clients' files. Only files within the project
// count, and of an observation that modified some only those.
func MarkStale(root string, all []memory.Observation) {
	d := newDisk(root)
	for i := range all {
		all[i].Stale = d.stale(all[i])
	}
}

// MarkStaleHits is MarkStale for what a search found.
func MarkStaleHits(root string, hits []storage.Hit) {
	d := newDisk(root)
	for i := range hits {
		hits[i].Stale = d.stale(hits[i].Observation)
	}
}

// disk is a working tree, as it is found at one moment: each file is looked at once.
type disk struct {
	root string
	seen map[string]time.Time // when a file was last written; zero: it is not there
}

// newDisk returns nil, a disk that shows nothing, if there is no such folder.
func newDisk(root string) *disk {
	if fi, err := os.Stat(root); root == "" || err != nil || !fi.IsDir() {
		return nil
	}
	return &disk{root: root, seen: make(map[string]time.Time)}
}

func (d *disk) stale(o memory.Observation) string {
	if d == nil {
		return ""
	}
	files := o.Metadata.FilesModified
	if len(files) == 0 {
		files = o.Metadata.FilesRead
	}
	looked, gone, changed := 0, 0, false
	for _, name := range files[:min(len(files), maxStaleFiles)] {
		written, within := d.look(name)
		if !within {
			continue
		}
		looked++
		if written.IsZero() {
			gone++
		}
		changed = changed || written.After(o.OccurredAt.Time().Add(staleGrace))
	}
	switch {
	case looked > 0 && gone == looked:
		return memory.StaleGone
	case changed || gone > 0:
		return memory.StaleChanged
	}
	return ""
}

// look says when a file was last written, if it is within the tree. What cannot be
// looked at counts as outside: nothing is claimed of it.
func (d *disk) look(name string) (written time.Time, within bool) {
	if written, ok := d.seen[name]; ok {
		return written, true
	}
	rel := filepath.FromSlash(name)
	if !filepath.IsLocal(rel) {
		return time.Time{}, false
	}
	fi, err := os.Lstat(filepath.Join(d.root, rel))
	switch {
	case err == nil && !fi.IsDir():
		written = fi.ModTime()
	case err == nil, !os.IsNotExist(err):
		return time.Time{}, false
	}
	d.seen[name] = written
	return written, true
}
