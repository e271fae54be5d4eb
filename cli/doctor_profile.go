package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"claude-mem/internal/config"
	"claude-mem/internal/version"
)

// The checks of what lies on disk. They need no daemon.

func (d *doctor) checkSettings() {
	cfg, err := d.c.settings()
	d.cfg = cfg
	if err != nil {
		d.report("settings", wrong, oneLine(err), "mend it; hooks go on with the default meanwhile")
		return
	}
	path := cfg.Dirs.SettingsFile()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		d.ok("settings", path+" is not there yet; the daemon makes it")
		return
	}
	d.ok("settings", path)
	if strange := strangeKinds(cfg.List(config.ContextKinds)); strange != "" {
		d.report("settings", suspect, config.ContextKinds+": "+strange, "correct it if it is misspelt")
	}
	if cfg.Bool(config.Disable) {
		d.report("settings", suspect, config.Disable+" is on: hooks do nothing ("+cfg.Origin(config.Disable).String()+")", "unset it to record again")
	}
}

func (d *doctor) checkBinary(ctx context.Context) {
	exe, err := os.Executable()
	if err != nil {
		d.report("binary", wrong, oneLine(err), "install claude-mem again: ./install.sh")
		return
	}
	if problem := hookProgramProblem(ctx, exe); problem != "" {
		d.report("binary", suspect, problem, "install both together: ./install.sh")
		return
	}
	detail := fmt.Sprintf("%s, version %s", exe, version.String())
	found, err := exec.LookPath("claude-mem")
	switch {
	case err != nil:
		d.report("binary", suspect, detail+"; it is not on your PATH",
			fmt.Sprintf("add it: export PATH=\"%s:$PATH\"", filepath.Dir(exe)))
	case !sameFile(exe, found):
		d.report("binary", suspect, detail+"; but your shell finds "+found, "remove one of the two")
	default:
		d.ok("binary", detail)
	}
}

// hookProgramProblem says what is wrong with the program for hooks beside the one at
// exe, or "".
func hookProgramProblem(ctx context.Context, exe string) string {
	hook, err := hookProgram(exe)
	switch {
	case err != nil:
		return oneLine(err)
	case hook == "":
		return ""
	}
	return strangeVersion(ctx, hook)
}

// strangeVersion says what is wrong with a program that belongs to this one, or "".
func strangeVersion(ctx context.Context, path string) string {
	ctx, cancel := context.WithTimeout(ctx, hookWithin)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return fmt.Sprintf("%s does not run: %s", path, oneLine(err))
	}
	if is := strings.TrimSpace(string(out)); is != version.String() {
		return fmt.Sprintf("%s has version %.40q, this is %s", path, is, version.String())
	}
	return ""
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// maxOpenNamed is how many files a finding names.
const maxOpenNamed = 3

// checkPermissions looks for files that others may read.
func (d *doctor) checkPermissions() {
	if runtime.GOOS == "windows" {
		return // permissions are inherited from the user's folder
	}
	var open []string
	for _, path := range d.ownFiles() {
		fi, err := os.Lstat(path)
		if err != nil || fi.Mode()&fs.ModeSymlink != 0 {
			continue
		}
		if fi.Mode().Perm()&0o077 != 0 {
			open = append(open, path)
		}
	}
	if len(open) == 0 {
		d.ok("permissions", "everything is readable by you alone")
		return
	}
	named := open[:min(len(open), maxOpenNamed)]
	d.report("permissions", wrong, fmt.Sprintf("others may read %d of our files, such as %s", len(open), named[0]),
		"chmod go= "+strings.Join(named, " "))
}

// ownFiles lists the files and folders of the profile.
func (d *doctor) ownFiles() []string {
	dirs := d.cfg.Dirs
	files := []string{
		dirs.SettingsFile(), dirs.Database(), dirs.Database() + "-wal", dirs.Database() + "-shm",
		dirs.LockFile(), dirs.DataLockFile(), dirs.PortFile(), dirs.PidFile(), dirs.StateFile(), dirs.Logs(), dirs.Spool(),
	}
	for _, dir := range []string{dirs.Logs(), dirs.Spool()} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files
}
