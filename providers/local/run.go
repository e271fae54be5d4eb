package local

import (
	"path"
	"slices"
	"strings"

	"claude-mem/memory"
)

// ran is the rule for commands: what was run, and how it ended.
func (sc scene) ran(c *call) note {
	line := c.str("command", "cmd", "script")
	if line == "" {
		return skipped("no command")
	}
	if strings.Contains(line, "*** Begin Patch") {
		return sc.edited(c)
	}
	all := split(line)
	main, what := principal(all)
	if what == looks {
		return skipped("looking around: " + clip(oneLine(firstWord(all)), 30))
	}
	o := outcomeOf(c, what)
	if what == history && !o.failed {
		return sc.versioned(c, line, main)
	}
	if o.failed {
		if last := all[len(all)-1]; what == checks && !slices.ContainsFunc(o.errors, located) && purpose(last) == runs {
			// The compiler did not complain, so it was what ran after it.
			main, what = last, runs
		}
		return sc.failedRun(c, main, what, o)
	}
	m := memory.Metadata{Subtitle: sc.ask.subtitle(), Concepts: []string{whatChanged}}
	switch what {
	case tests:
		return sc.passed(main, o)
	case checks:
		return skipped("routine check passed")
	case installs:
		return sc.installed(main)
	case deploys:
		m.Title = "Run " + quoted(spell(main), 80)
		m.Facts = []string{firstLine(c.text)}
		return remembered(memory.KindChange, m)
	case files:
		return sc.rearranged(all, c)
	}
	return skipped("one-off command: " + clip(path.Base(main.words[0]), 30))
}

// principal is the segment a line is about: the one most worth telling, the last
// of equals.
func principal(all []segment) (segment, action) {
	var best segment
	what := looks
	for _, s := range all {
		if a := purpose(s); a >= what && a != looks {
			best, what = s, a
		}
	}
	return best, what
}

func firstWord(all []segment) string {
	for _, s := range all {
		if len(s.words) > 0 && s.words[0] != "cd" {
			return path.Base(s.words[0])
		}
	}
	return "nothing"
}

// spell writes a command again, without the long values.
func spell(s segment) string {
	words := make([]string, 0, len(s.words))
	for i, w := range s.words {
		if i == 0 {
			w = strings.TrimPrefix(path.Base(w), "./")
		}
		words = append(words, clip(oneLine(w), 60))
	}
	return clip(strings.Join(words, " "), 100)
}

// failedRun tells a failure: of tests by their names, of anything else by the first
// line that says what is wrong.
func (sc scene) failedRun(c *call, main segment, what action, o outcome) note {
	m := memory.Metadata{Subtitle: sc.ask.subtitle(), Concepts: []string{gotcha, problemSolution}}
	name := quoted(spell(main), 60)
	why := ""
	switch {
	case len(o.errors) > 0:
		why = shortPlace(o.errors[0])
	case what != tests && len(o.failing) > 0:
		why = o.failing[0]
	}
	switch {
	case what == tests && len(o.failing) > 0:
		m.Title = plural(len(topTests(o.failing)), "test fails", "tests fail") + ": " + list(topTests(o.failing), 3)
		m.Narrative = name + " failed" + because(why)
	case what == tests && why != "":
		m.Title = "Tests do not run: " + why
		m.Narrative = name + " failed."
	case why != "":
		m.Title = name + " fails: " + why
	default:
		why = gist(tail(c.err))
		if why == "" {
			return skipped("failed without a word")
		}
		m.Title = name + " fails: " + why
	}
	if o.counts != "" {
		m.Facts = append(m.Facts, o.counts)
	}
	if len(o.failing) > 1 {
		for _, t := range o.failing {
			m.Facts = append(m.Facts, "Fails: "+t)
		}
		m.Facts = m.Facts[:min(len(m.Facts), 5)]
	}
	for _, e := range o.errors {
		m.Facts = append(m.Facts, shortPlace(e))
	}
	m.FilesRead = sc.places(o.errors, c.cwd)
	return remembered(memory.KindDiscovery, m)
}

func because(why string) string {
	if why == "" {
		return "."
	}
	return ": " + why
}

// topTests drops the sub-tests, whose parents fail with them.
func topTests(names []string) []string {
	var out []string
	for _, n := range names {
		if top, _, ok := strings.Cut(n, "/"); !ok || strings.Contains(n, "::") {
			out = addOnce(out, n)
		} else {
			out = addOnce(out, top)
		}
	}
	return out
}

// places are the files that error lines point into.
func (sc scene) places(errors []string, cwd string) []string {
	var out []string
	for _, e := range errors {
		if located(e) {
			name, _, _ := strings.Cut(e, ":")
			if strings.Contains(name, "/") {
				out = addOnce(out, sc.rel(name, cwd))
			}
		}
	}
	return out
}

// passed tells of tests that passed: which, and how many.
func (sc scene) passed(main segment, o outcome) note {
	m := memory.Metadata{Subtitle: sc.ask.subtitle(), Concepts: []string{whatChanged}}
	chosen := selection(main.words)
	switch {
	case chosen != "":
		m.Title = "Tests pass: " + chosen + " (" + strings.Join(main.words[:min(len(main.words), 2)], " ") + ")"
	case len(o.passing) > 0 && len(o.passing) <= 3:
		m.Title = "Tests pass: " + list(o.passing, 3)
	default:
		m.Title = "Tests pass: " + label(main)
	}
	if o.counts != "" {
		m.Facts = append(m.Facts, o.counts)
	}
	if o.packages > 1 {
		m.Facts = append(m.Facts, plural(o.packages, "package", "packages")+" ok")
	}
	if len(o.passing) > 0 {
		m.Facts = append(m.Facts, "Passes: "+list(topTests(o.passing), 6))
	}
	m.Facts = append(m.Facts, "Command: "+spell(main))
	return remembered(memory.KindDiscovery, m)
}

// selection is the test that a command line picks out.
func selection(words []string) string {
	for i, w := range words {
		switch w {
		case "-run", "-k", "-t", "--grep", "--filter", "-Dtest", "--tests", "--testNamePattern":
			if i+1 < len(words) {
				return clip(oneLine(words[i+1]), 70)
			}
		}
		if name, ok := strings.CutPrefix(w, "-run="); ok {
			return clip(oneLine(name), 70)
		}
		if strings.Contains(w, "::") {
			return clip(oneLine(w), 70)
		}
	}
	return ""
}

// installed tells which packages were added or removed. Without a name it is the
// routine of setting up.
func (sc scene) installed(main segment) note {
	var names []string
	verb := "Install "
	for _, w := range main.words[1:] {
		switch w {
		case "install", "add", "i", "get", "use", "run", "pip", "global", "tap":
			continue
		case "remove", "uninstall":
			verb = "Uninstall "
			continue
		case "ci", "sync", "update", "upgrade", "restore", "setup", "up":
			return skipped("routine set-up")
		}
		if !strings.HasPrefix(w, "-") && w != "." && !strings.HasPrefix(w, "./") && !strings.HasSuffix(w, ".txt") {
			names = append(names, clip(w, 50))
		}
	}
	if len(names) == 0 {
		return skipped("routine set-up")
	}
	return remembered(memory.KindChange, memory.Metadata{
		Title:    verb + list(names, 4) + " (" + path.Base(main.words[0]) + ")",
		Subtitle: sc.ask.subtitle(),
		Facts:    []string{"Command: " + spell(main)},
		Concepts: []string{whatChanged},
	})
}

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
