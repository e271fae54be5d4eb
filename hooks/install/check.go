package install

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Report is how the registration stands.
type Report struct {
	Path     string   // the settings file
	Events   []string // that have our hook
	Missing  []string // that should have it
	Problems []string // what else is wrong, in words
}

// Registered reports whether every event that should have our hook has it and
// nothing else is wrong.
func (r Report) Registered() bool { return len(r.Missing) == 0 && len(r.Problems) == 0 }

// Check looks whether the hooks are registered in the settings file at path as
// Install would do it. A file that cannot be read or parsed is an error: the host
// then runs no hooks at all.
func Check(path string, o Options) (Report, error) {
	p, s, err := open(path)
	if err != nil {
		return Report{Path: p.Path}, err
	}
	r := Report{Path: p.Path, Events: s.registered()}
	for _, event := range events(o) {
		if !slices.Contains(r.Events, event) {
			r.Missing = append(r.Missing, event)
		}
	}
	commands := map[string]bool{}
	for _, event := range r.Events {
		mine := s.entries(event)
		if len(mine) > 1 {
			r.Problems = append(r.Problems, fmt.Sprintf("%s has the hook %d times", event, len(mine)))
		}
		for _, e := range mine {
			commands[e.command] = true
		}
	}
	for command := range commands {
		if problem := problemWith(command, o.Exe); problem != "" {
			r.Problems = append(r.Problems, problem)
		}
	}
	if off := s.root.get("disableAllHooks"); off != nil && string(s.text[off.start:off.end]) == "true" {
		r.Problems = append(r.Problems, `"disableAllHooks" is true: the host runs no hooks`)
	}
	slices.Sort(r.Problems)
	return r, nil
}

// problemWith says what is wrong with where an entry points.
func problemWith(command, exe string) string {
	if !filepath.IsAbs(command) {
		return fmt.Sprintf("the hooks call %q, which depends on the host's PATH", command)
	}
	fi, err := os.Stat(command)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return command + " is registered, but it is not there"
	case err != nil:
		return command + " is registered, but: " + err.Error()
	case fi.IsDir() || runtime.GOOS != "windows" && fi.Mode()&0o111 == 0:
		return command + " is registered, but it is no program"
	}
	if mine, err := os.Stat(exe); err == nil && !os.SameFile(fi, mine) && !strings.EqualFold(command, exe) {
		return command + " is registered, but this is " + exe
	}
	return ""
}
