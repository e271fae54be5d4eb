package local

import "strings"

// severity is 1 for lines that state a failure and 0 for those that may.
func severity(text string) int {
	low := strings.ToLower(text)
	if hasWord(low, "error", "error:", "expected", "want", "should", "got", "undefined", "undefined:", "cannot", "not",
		"fail*", "panic*", "fatal*", "missing", "invalid",
		"unused", "mismatch", "no", "unexpected", "exception", "denied", "is", "never", "imported", "declared") {
		return 1
	}
	return 0
}

// failingTest knows how runners name a test that failed.
func failingTest(text string) (string, bool) {
	for _, mark := range []string{"--- FAIL: ", "FAILED ", "✕ ", "✗ ", "(fail) ", "not ok "} {
		name, ok := strings.CutPrefix(text, mark)
		if !ok {
			continue
		}
		if mark == "FAILED " && !strings.Contains(name, "::") {
			return "", false
		}
		return testName(name), true
	}
	if name, ok := strings.CutSuffix(text, " ... FAILED"); ok {
		return strings.TrimPrefix(name, "test "), true
	}
	return "", false
}

// passingTest knows how runners name a test that passed, when they do.
func passingTest(text string) (string, bool) {
	for _, mark := range []string{"--- PASS: ", "(pass) "} {
		if name, ok := strings.CutPrefix(text, mark); ok {
			return testName(name), true
		}
	}
	if name, ok := strings.CutSuffix(text, " ... ok"); ok && strings.HasPrefix(name, "test ") {
		return strings.TrimPrefix(name, "test "), true
	}
	return "", false
}

// testName drops durations and reasons from behind a test's name.
func testName(s string) string {
	for _, cut := range []string{" (", " - ", " in "} {
		s, _, _ = strings.Cut(s, cut)
	}
	return clip(oneLine(s), 90)
}

// tally recognises a runner's closing count.
func tally(text string) bool {
	low := strings.ToLower(text)
	return len(text) < 120 && strings.ContainsAny(text, "0123456789") &&
		(holds(low, " passed", " passing", " failed") || strings.HasPrefix(low, "tests:"))
}

// tellsError reports whether a line says what went wrong: it points into a file, or
// starts the way errors do. Log lines of the program under test do not count.
func tellsError(text string) bool {
	if holds(text, " INFO ", " DEBUG ") || begins(text, "Exit code", "Error: Exit code") {
		return false
	}
	low := strings.ToLower(text)
	if begins(low, "error:", "error[", "fatal:", "panic:", "e   ", "npm err! ", "undefined:", "cannot ",
		"failed to ", "assertionerror", "typeerror",
		"referenceerror", "syntaxerror", "valueerror", "keyerror", "importerror", "modulenotfounderror", "exception",
		"thread 'main' panicked", "conflict (", "✘", "✗", "could not ", "!! ") {
		return true
	}
	if holds(low, "no such file or directory", "command not found", "permission denied", ": error:", ": unknown ",
		": invalid ", ": no ", ": missing ", ": unable to ", ": cannot ", "syntax error", "did not match any", "are ignored by") {
		return true
	}
	return located(text)
}

// located reports whether a line starts with a place in a source file: name.ext:12.
func located(text string) bool {
	place, _, _ := strings.Cut(text, " ")
	name, after, ok := strings.Cut(place, ":")
	if !ok || after == "" || after[0] < '0' || after[0] > '9' {
		return false
	}
	dot := strings.LastIndexByte(name, '.')
	// Helpers of a test print the progress of the run from where they stand.
	return dot > 0 && len(name)-dot <= 5 && len(place)+3 < len(text) && !holds(text, " output: ", ": Phase ", " +0x")
}

// shortPlace cuts the folders off the place that an error line starts with, and the
// column.
func shortPlace(text string) string {
	if !located(text) {
		return text
	}
	place, rest, _ := strings.Cut(text, " ")
	place = place[strings.LastIndexByte(place, '/')+1:]
	parts := strings.Split(strings.TrimSuffix(place, ":"), ":")
	return strings.Join(parts[:min(len(parts), 2)], ":") + ": " + rest
}
