package local

import (
	"path"
	"strings"

	"claude-mem/memory"
)

// rearranged tells of files that a command moved, removed or rewrote.
func (sc scene) rearranged(all []segment, c *call) note {
	m := memory.Metadata{Subtitle: sc.ask.subtitle(), Concepts: []string{whatChanged}}
	kind := memory.KindChange
	for _, s := range all {
		if purpose(s) != files {
			continue
		}
		did, touched := sc.rearrangement(s, c.cwd)
		if did == "" {
			continue
		}
		if strings.HasPrefix(did, "Move ") {
			kind = memory.KindRefactor
		}
		m.Facts = append(m.Facts, did)
		m.FilesModified = append(m.FilesModified, touched...)
	}
	if len(m.Facts) == 0 {
		return skipped("one-off command: " + path.Base(all[0].words[0]))
	}
	m.Title = m.Facts[0]
	if n := len(m.Facts) - 1; n > 0 {
		m.Title += ", and " + plural(n, "more like it", "more like it")
	}
	return remembered(kind, m)
}

// rearrangement tells what one command did to which files.
func (sc scene) rearrangement(s segment, cwd string) (did string, touched []string) {
	if s.target != "" && lasting([]string{s.target}) {
		target := sc.rel(s.target, cwd)
		return "Write " + target + " from the shell", []string{target}
	}
	program, args := path.Base(s.words[0]), s.words[1:]
	if program == "git" && len(args) > 0 {
		program, args = args[0], args[1:]
	}
	for _, a := range args {
		if !strings.HasPrefix(a, "-") {
			touched = append(touched, sc.rel(a, cwd))
		}
	}
	n := len(touched)
	switch {
	case program == "mv" && n >= 2:
		return "Move " + list(touched[:n-1], 3) + " to " + touched[n-1], touched
	case (program == "rm" || program == "rmdir") && n > 0:
		return "Delete " + list(touched, 4), touched
	case (program == "sed" || program == "perl") && n >= 2:
		return "Rewrite " + list(touched[1:], 3) + " with " + quoted(touched[0], 50), touched[1:]
	case program == "tee" && n > 0:
		return "Write " + list(touched, 3) + " from the shell", touched
	}
	return "", nil
}
