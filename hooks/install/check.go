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

	// Untrusted are the events whose hook the host does not run yet, because its user
	// has not agreed to it.
	Untrusted []string
	// Agreed says that the user has agreed to all of them, and what that is worth.
	Agreed string

	asked   string  // the path before links were followed
	entries []entry // ours, in the file's order
}

// Registered reports whether every event that should have our hook has it and
// nothing else is wrong.
func (r Report) Registered() bool { return len(r.Missing) == 0 && len(r.Problems) == 0 }

// Check looks whether the host's hooks are registered as Install would do it. A file
// that cannot be read or parsed is an error: the host then runs no hooks at all.
func (h Host) Check(o Options) (Report, error) {
	f := h.Files[0]
	p, err := readPlan(f.Path)
	r := Report{Path: p.Path, asked: f.Path}
	if err != nil {
		return r, err
	}
	s, err := parseSettings(f.text(p.Before), h.hooks)
	if err != nil {
		return r, fmt.Errorf("%s: %w", p.Path, err)
	}
	r.Events = s.registered()
	for _, event := range h.hooks.wanted(o) {
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
		r.entries = append(r.entries, mine...)
	}
	for command := range commands {
		if problem := problemWith(command, o.hook()); problem != "" {
			r.Problems = append(r.Problems, problem)
		}
	}
	if h.hooks.off != nil {
		if problem := h.hooks.off(s); problem != "" {
			r.Problems = append(r.Problems, problem)
		}
	}
	if h.agreed != "" {
		r = h.trusted(r)
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
