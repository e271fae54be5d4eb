package install

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// File is a file of a host's in which something of ours is to stand.
type File struct {
	Path string
	What string // what of ours stands there, as the start of a sentence: "Hooks"
	Verb string // that goes with it: "are"

	parts []part
	empty string                 // what a file counts as that is missing or blank
	same  func(a, b []byte) bool // whether two texts say the same
}

// part is one thing of ours in a file. Its functions are given all of the text, and
// fail if that is not what the host expects there.
type part interface {
	// find returns with what the part was registered, if it was.
	find(text []byte) (o Options, found bool, err error)
	// put returns the text with the part in it, new or brought up to date.
	put(text []byte, o Options) ([]byte, error)
	// drop returns the text without the part. before is what the file held before we
	// came; nil if that is not known.
	drop(text, before []byte) ([]byte, error)
}

// Install plans to register what is ours in the file.
func (f File) Install(o Options) (Plan, error) {
	p, err := f.install(o)
	if err != nil {
		return Plan{}, fmt.Errorf("register claude-mem: %w", err)
	}
	return p, nil
}

func (f File) install(o Options) (Plan, error) {
	if !filepath.IsAbs(o.Exe) {
		return Plan{}, fmt.Errorf("%q is not an absolute path", o.Exe)
	}
	if !isUs(o.Exe) {
		return Plan{}, fmt.Errorf("%s is not called claude-mem, by which it is known again; rename it", o.Exe)
	}
	p, err := readPlan(f.Path)
	if err != nil {
		return p, err
	}
	text, registered := f.text(p.Before), false
	for _, part := range f.parts {
		_, found, err := part.find(text)
		if err == nil {
			text, err = part.put(text, o)
		}
		if err != nil {
			return p, fmt.Errorf("%s: %w; it was not changed", p.Path, err)
		}
		registered = registered || found
	}
	p.After = likeBOM(p.Before, text)
	if !registered {
		p.backup = append([]byte{}, p.Before...) // an empty file has a copy, too
		if p.missing {
			p.backup = []byte(noFile)
		}
	}
	return p, nil
}

// Uninstall plans to take what is ours out of the file. What others wrote there in
// the meantime stays.
func (f File) Uninstall() (Plan, error) {
	p, err := f.uninstall()
	if err != nil {
		return Plan{}, fmt.Errorf("take claude-mem out: %w", err)
	}
	return p, nil
}

func (f File) uninstall() (Plan, error) {
	p, err := readPlan(f.Path)
	if err != nil {
		return p, err
	}
	p.After = p.Before
	text := f.text(p.Before)
	mine, err := f.found(text)
	if err != nil {
		return p, fmt.Errorf("%s: %w; it was not changed", p.Path, err)
	}
	if p.missing || len(mine) == 0 {
		return p, nil
	}
	saved, there := readBackup(p.Path)
	p.dropBackup = there
	var before []byte
	if there {
		if string(saved) == noFile {
			saved = nil
		}
		before = f.text(saved)
		if f.cameFrom(before, text, mine) {
			p.After, p.remove = saved, saved == nil
			return p, nil
		}
	}
	for _, m := range mine {
		if text, err = m.part.drop(text, before); err != nil {
			return p, fmt.Errorf("%s: %w; it was not changed", p.Path, err)
		}
	}
	p.After = likeBOM(p.Before, text)
	return p, nil
}

// registered is a part that a text has, and what it was registered with.
type registered struct {
	part part
	with Options
}

// found lists the parts that the text has.
func (f File) found(text []byte) (all []registered, err error) {
	for _, part := range f.parts {
		o, found, err := part.find(text)
		if err != nil {
			return nil, err
		}
		if found {
			all = append(all, registered{part, o})
		}
	}
	return all, nil
}

// cameFrom reports whether the text is that from before with our parts, and nothing
// else was changed.
func (f File) cameFrom(before, text []byte, mine []registered) bool {
	for _, m := range mine {
		var err error
		if before, err = m.part.put(before, m.with); err != nil {
			return false
		}
	}
	return f.same(before, text)
}

// text is what a file holds, without a byte order mark.
func (f File) text(data []byte) []byte {
	text := bytes.TrimPrefix(data, bom())
	if len(bytes.TrimSpace(text)) == 0 && f.empty != "" {
		return []byte(f.empty)
	}
	return text
}

// readBackup reads the copy of the file at path. One that cannot be read is as good
// as none.
func readBackup(path string) (saved []byte, there bool) {
	saved, err := os.ReadFile(path + BackupSuffix)
	return saved, err == nil
}
