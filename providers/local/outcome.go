package local

import (
	"slices"
	"strings"
)

// outcome is how a command ended, read from what it printed.
type outcome struct {
	failed bool
	failing,
	passing []string // tests by name
	errors   []string // the lines that say what is wrong, first ones first
	packages int      // that passed, where the runner counts in packages
	counts   string   // the runner's own tally, "12 passed, 1 failed"
}

// maxOutput is how much of an output is read: its head and its tail.
const maxOutput = 64 << 10

// outcomeOf reads the output of a command. A pipe or “|| true” can hide the exit
// code, and some hosts never tell it, so for tests and checks the output counts too.
func outcomeOf(c *call, what action) outcome {
	text := c.text
	if c.err != "" {
		text = c.err
	}
	if len(text) > maxOutput {
		text = text[:maxOutput/2] + "\n" + text[len(text)-maxOutput/2:]
	}
	o := outcome{failed: c.failed || exitCode(text)}
	for _, row := range lines(printable(text)) {
		o.read(row)
	}
	if !o.failed && (what == tests || what == checks) {
		o.failed = len(o.failing) > 0 || shoutsFailure(text)
	}
	if !o.failed {
		o.errors = nil
	}
	// A test logs its progress from the same places as its failures.
	slices.SortStableFunc(o.errors, func(a, b string) int { return severity(b) - severity(a) })
	return o
}

// severity is 1 for lines that state a failure and 0 for those that may.
func severity(text string) int {
	low := strings.ToLower(text)
	if hasWord(low, "error", "error:", "expected", "want", "should", "got", "undefined", "undefined:", "cannot", "not", "fail*", "panic*", "fatal*", "missing", "invalid",
		"unused", "mismatch", "no", "unexpected", "exception", "denied", "is", "never", "imported", "declared") {
		return 1
	}
	return 0
}

// exitCode finds a code other than 0 where a host writes it into the output.
func exitCode(text string) bool {
	low := strings.ToLower(text)
	for _, mark := range []string{"exit code: ", "exited with code "} {
		if _, after, ok := strings.Cut(low, mark); ok && after != "" && after[0] >= '1' && after[0] <= '9' {
			return true
		}
	}
	return false
}

// shoutsFailure knows the closing words of test runners and compilers.
func shoutsFailure(text string) bool {
	for _, mark := range []string{"--- FAIL", "\nFAIL\t", "\nFAIL\n", "ERROR task failed", "npm ERR!", "error[E", "BUILD FAILED", "Traceback (most recent call last)",
		"make: ***", "[build failed]", "Tests failed:", "error: could not compile", "test result: FAILED"} {
		if strings.Contains(text, mark) {
			return true
		}
	}
	return false
}

// read takes in one line.
func (o *outcome) read(row string) {
	text := strings.TrimSpace(row)
	if text == "" || len(text) > 2000 {
		return
	}
	if name, ok := failingTest(text); ok {
		o.failing = addOnce(o.failing, name)
		return
	}
	if name, ok := passingTest(text); ok {
		o.passing = addOnce(o.passing, name)
		return
	}
	if strings.HasPrefix(text, "ok  \t") {
		o.packages++
		return
	}
	if tally(text) {
		o.counts = strings.Trim(text, "= ")
	}
	if n := len(o.errors); n > 0 && strings.HasSuffix(o.errors[n-1], ":") && len(o.errors[n-1]) < 200 {
		o.errors[n-1] += " " + text // what the colon points at
		return
	}
	if len(o.errors) < 8 && tellsError(text) {
		o.errors = addOnce(o.errors, strings.TrimPrefix(strings.TrimPrefix(text, "Error: "), "error: "))
	}
}

func addOnce(all []string, s string) []string {
	if s == "" || len(all) >= 40 || slices.Contains(all, s) {
		return all
	}
	return append(all, s)
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

func passingTest(text string) (string, bool) {
	for _, mark := range []string{"--- PASS: ", "✓ ", "(pass) "} {
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
		(strings.Contains(low, " passed") || strings.Contains(low, " passing") || strings.Contains(low, " failed") || strings.HasPrefix(low, "tests:"))
}

// tellsError reports whether a line says what went wrong: it points into a file, or
// starts the way errors do. Log lines of the program under test do not count.
func tellsError(text string) bool {
	if strings.Contains(text, " INFO ") || strings.Contains(text, " DEBUG ") || strings.HasPrefix(text, "Exit code") || strings.HasPrefix(text, "Error: Exit code") {
		return false
	}
	low := strings.ToLower(text)
	for _, start := range []string{"error:", "error[", "fatal:", "panic:", "e   ", "npm err! ", "undefined:", "cannot ", "failed to ", "assertionerror", "typeerror",
		"referenceerror", "syntaxerror", "valueerror", "keyerror", "importerror", "modulenotfounderror", "exception", "thread 'main' panicked", "conflict (", "✘", "✗", "could not ", "!! "} {
		if strings.HasPrefix(low, start) {
			return true
		}
	}
	if strings.Contains(low, "no such file or directory") || strings.Contains(low, "command not found") || strings.Contains(low, "permission denied") ||
		strings.Contains(low, ": error:") || strings.Contains(low, "syntax error") || strings.Contains(low, "did not match any") || strings.Contains(low, "are ignored by") {
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
	return dot > 0 && len(name)-dot <= 5 && len(place)+3 < len(text) && !strings.Contains(text, " output: ") && !strings.Contains(text, ": Phase ") && !strings.Contains(text, " +0x")
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
