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

// firstWord names the program a line starts with, for the reason of a skip.
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

// What the titles of outcomes begin with.
const (
	passes = "Tests pass: "
	notRun = "Tests do not run: "
)

// passed tells of tests that passed after they had failed: which, and how many.
// That they pass as ever is for the summary.
func (sc scene) passed(main segment, o outcome) note {
	if !sc.failing {
		return skipped("tests pass, and nothing failed before")
	}
	m := memory.Metadata{Subtitle: sc.ask.subtitle(), Concepts: []string{whatChanged}}
	chosen := selection(main.words)
	switch {
	case chosen != "":
		m.Title = passes + chosen + " (" + runner(main) + ")"
	case len(o.passing) > 0 && len(o.passing) <= 3:
		m.Title = passes + list(o.passing, 3)
	default:
		m.Title = passes + label(main)
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

// runner names what runs tests: go test, pytest.
func runner(main segment) string {
	name := path.Base(main.words[0])
	if len(main.words) > 1 && !strings.HasPrefix(main.words[1], "-") {
		name += " " + clip(main.words[1], 20)
	}
	return name
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
