package local

import (
	"path"
	"strings"

	"claude-mem/memory"
)

// The concepts that an observation may be about.
const (
	howItWorks      = "how-it-works"
	whyItExists     = "why-it-exists"
	whatChanged     = "what-changed"
	problemSolution = "problem-solution"
	gotcha          = "gotcha"
	pattern         = "pattern"
	tradeOff        = "trade-off"
)

// kindOfChange chooses the kind of an edit: documents and settings are changes; of
// code the prompt's own words decide, and what the diff does where it says nothing.
func (sc scene) kindOfChange(ch change, t tale) string {
	prose := langOf(ch.path) == markdown
	switch {
	case sc.ask.isFix() && !prose:
		return memory.KindBugfix
	case prose || isSettings(ch.path):
		return memory.KindChange
	case t.renames || ch.from != "" || sc.ask.isRefactor():
		return memory.KindRefactor
	case isTestFile(ch.path):
		return memory.KindChange
	case len(t.adds) > 0 && len(t.drops) == 0, ch.created, sc.ask.isFeature() && len(ch.added()) > len(ch.removed()):
		return memory.KindFeature
	}
	return memory.KindChange
}

// conceptsOfChange adds a reason to what changed, where the comments give one.
func conceptsOfChange(kind, words string) []string {
	out := []string{whatChanged}
	if kind == memory.KindBugfix {
		out = append(out, problemSolution)
	}
	low := strings.ToLower(words)
	if hasWord(low, "because", "so that", "otherwise", "needed", "ensures", "avoid*", "prevent*") {
		out = append(out, whyItExists)
	}
	return out
}

// isTestFile knows test files by the habits of the common languages.
func isTestFile(p string) bool {
	base := strings.ToLower(path.Base(p))
	stem := strings.TrimSuffix(base, path.Ext(base))
	return strings.HasSuffix(stem, "_test") || strings.HasSuffix(stem, ".test") || strings.HasSuffix(stem, ".spec") ||
		strings.HasPrefix(base, "test_") || strings.HasSuffix(stem, "_spec") || strings.Contains(p, "__tests__/")
}

// isSettings knows files that configure rather than compute.
func isSettings(p string) bool {
	switch langOf(p) {
	case keyed, jsonText:
		return true
	}
	switch path.Base(p) {
	case "Makefile", "Dockerfile", "Jenkinsfile", "go.mod", "go.sum", ".gitignore", ".dockerignore":
		return true
	}
	return false
}

// isFix, isRefactor and isFeature read what the user asked for.
func (a ask) isFix() bool {
	return hasWord(a.low, "fix", "fixes", "fixed", "bug", "bugs", "broken", "breaks", "fail", "fails", "failing", "failed",
		"crash*", "error",
		"errors", "regression", "wrong", "incorrect*", "issue with", "doesn't work", "does not work", "not working", "problem",
		"leak", "stuck", "hang", "hangs", "reset the")
}

// isRefactor reports whether the user wanted the same thing in another shape.
func (a ask) isRefactor() bool {
	return hasWord(a.low, "refactor*", "rename*", "move", "extract*", "simplif*", "clean up", "cleanup", "deduplicate",
		"duplicate*",
		"restructure", "split", "reorganize", "inline", "consolidate")
}

// isFeature reports whether the user wanted something that was not there.
func (a ask) isFeature() bool {
	return hasWord(a.low, "add", "implement*", "support", "create", "build", "allow", "introduce", "show", "new", "enable",
		"want", "would like", "i'd like")
}
