package install

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/diff"
)

// BackupSuffix is added to the settings file's name for the copy of how it was
// before our entries, or a line that says that there was none.
const BackupSuffix = ".before-claude-mem"

// noFile stands in the copy when there was no file. It is neither JSON nor TOML, so
// that no settings file can say the same.
const noFile = "there was no settings file\n"

// maxSettings bounds the settings file; nobody's is near it.
const maxSettings = 8 << 20

// Options say what to register.
type Options struct {
	Exe string // absolute path of claude-mem
	// Hook is the absolute path of the program that hooks call, if that is not Exe.
	Hook string
	// FileContext registers the hook that runs before each Read, too, where a host has
	// one.
	FileContext bool
}

// hook is the program that hooks call.
func (o Options) hook() string { return cmp.Or(o.Hook, o.Exe) }

// Plan is an edit that is worked out and not made yet.
type Plan struct {
	Path          string // the file to write: links are resolved
	Before, After []byte
	missing       bool        // there was no file
	remove        bool        // there shall be none
	mode          fs.FileMode // of the file
	backup        []byte      // nil: the copy there is stays
	dropBackup    bool
}

// Changed reports whether Apply would do anything to the settings.
func (p Plan) Changed() bool { return p.remove || !bytes.Equal(p.Before, p.After) }

// Diff shows the edit as a unified diff; it is empty when nothing changes.
func (p Plan) Diff() string {
	if !p.Changed() {
		return ""
	}
	before, after := p.Path, p.Path
	if p.missing {
		before = os.DevNull
	}
	if p.remove {
		after = os.DevNull
	}
	return string(diff.Diff(before, p.Before, after, p.After))
}

// sameJSON reports whether two texts differ in nothing but space.
func sameJSON(a, b []byte) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

func bom() []byte { return []byte("\ufeff") }

// likeBOM puts back what was taken off to parse.
func likeBOM(before, after []byte) []byte {
	if bytes.HasPrefix(before, bom()) {
		return append(bom(), after...)
	}
	return after
}

// readPlan reads a file to be edited.
func readPlan(path string) (Plan, error) {
	path = resolved(path)
	p := Plan{Path: path, mode: 0o600}
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.missing = true
		return p, nil
	case err != nil:
		return p, err
	case !fi.Mode().IsRegular() || fi.Size() > maxSettings:
		return p, fmt.Errorf("%s is not a file of settings", path)
	}
	p.mode = fi.Mode().Perm()
	p.Before, err = os.ReadFile(path)
	return p, err
}

// resolved follows links: one is kept and what it points to is written, also when
// that is not there yet.
func resolved(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	const most = 16 // beyond that they go in circles
	for range most {
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return path
}

// Apply makes the edit in one step, unless somebody changed the file since it was
// planned.
func (p Plan) Apply() error {
	if !p.Changed() {
		return nil
	}
	now, err := os.ReadFile(p.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("edit %s: %w", p.Path, err)
	}
	if !bytes.Equal(now, p.Before) {
		return fmt.Errorf("edit %s: it was changed by somebody else meanwhile; try again", p.Path)
	}
	if err := os.MkdirAll(filepath.Dir(p.Path), 0o700); err != nil {
		return fmt.Errorf("edit %s: %w", p.Path, err)
	}
	if p.backup != nil {
		if err := replace(p.Path+BackupSuffix, p.backup, p.mode); err != nil {
			return err
		}
	}
	if p.remove {
		err = os.Remove(p.Path)
	} else {
		err = replace(p.Path, p.After, p.mode)
	}
	if err == nil && p.dropBackup {
		err = os.Remove(p.Path + BackupSuffix)
	}
	if err != nil {
		return fmt.Errorf("edit %s: %w", p.Path, err)
	}
	return nil
}

// replace writes a file whole or not at all.
func replace(path string, data []byte, mode fs.FileMode) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name())
		}
	}()
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Chmod(mode), tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
