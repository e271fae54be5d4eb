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
	ticked   []string // what a check mark stands before: tests for some runners, else anything
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
	if len(o.passing) == 0 && o.packages == 0 {
		o.passing = o.ticked
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
	return holds(text, "--- FAIL", "\nFAIL\t", "\nFAIL\n", "ERROR task failed", "npm ERR!", "error[E",
		"BUILD FAILED", "Traceback (most recent call last)",
		"make: ***", "[build failed]", "Tests failed:", "error: could not compile", "test result: FAILED")
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
	if name, ok := strings.CutPrefix(text, "✓ "); ok {
		o.ticked = addOnce(o.ticked, testName(name))
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

// addOnce appends what is not there yet, up to a number that nobody reads beyond.
func addOnce(all []string, s string) []string {
	if s == "" || len(all) >= 40 || slices.Contains(all, s) {
		return all
	}
	return append(all, s)
}
