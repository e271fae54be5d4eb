package local

import (
	"slices"
	"strings"
	"testing"

	"claude-mem/memory"
)

// A title says what was found or done, not what it is about: a heading, and a sentence that
// breaks off at a colon, say nothing without what comes after them.
func TestTitlesAreStatements(t *testing.T) {
	for _, tt := range []struct{ name, message, title string }{
		{"a heading with its first sentence", "## Settings of the depot\n\nThe zone is read from `depot.toml`, and the day from the scan.\n\n## Others\n\nNone.",
			"Settings of the depot: The zone is read from `depot.toml`, and the day from the scan"},
		{"a heading with its first item", "**Format of a scan line:**\n- `at`: when it was read, in UTC\n- `by`: who read it",
			"Format of a scan line: `at`: when it was read, in UTC"},
		{"a heading with its first row", "## Scans by depot, last week\n\n| Depot | Scans |\n|---|---|\n| Auckland | 1,204 |",
			"Scans by depot, last week: Auckland — 1,204"},
		{"a heading that the sentence repeats", "## The scan reader\n\nThe scan reader drops lines without a zone.", "The scan reader drops lines without a zone"},
		{"a heading that tells", "## All three readers now share one parser\n\nIt lives in `scan/parse.go`.", "All three readers now share one parser"},
		{"a heading that ends in what was done", "## Two unused readers removed\n\nNobody called them.", "Two unused readers removed"},
		{"a heading that tells of what could be", "## Could be removed later\n\n- `OldReader`, which nobody calls any more", "Could be removed later: `OldReader`, which nobody calls any more"},
		{"a question is the name of its answer", "## How the depot is chosen\n\nThe label names it, or else the last scan does.", "How the depot is chosen: The label names it, or else the last scan does"},
		{"a sentence that breaks off, before a list", "When a scan has no zone, the reader automatically:\n1. asks the depot\n2. notes the guess",
			"When a scan has no zone, the reader automatically: asks the depot"},
		{"a sentence that breaks off, before code", "Now when somebody runs `report`, they'll see:\n\n```\nParcels of Monday, by depot\n\n  Auckland 12\n  Lima 4\n```",
			"Now when somebody runs `report`, they'll see: `Parcels of Monday, by depot …`"},
		{"a complete sentence needs no code", "The clock of the depot is read in `depot/clock.go:14-30`:\n\n```go\nfunc (c Clock) Now() time.Time {\n\treturn c.at\n}\n```",
			"The clock of the depot is read in `depot/clock.go:14-30`"},
		{"a long complete sentence needs no list", "The reader of scans and the writer of reports go by two entirely different notions of a day, which is why they disagree:\n- the reader takes the day of the server",
			"The reader of scans and the writer of reports go by two entirely different notions of a day, which is why they disagree"},
		{"what follows a diagram is not introduced by it", "The order of things today:\n\n```\n```\n\nScans come before depots in every list.",
			"Scans come before depots in every list"},
		{"a short sentence with the next", "The branch is ready. The open points are all optional, and can wait for the next release:\n- Quick fix: rename the clock",
			"The branch is ready. The open points are all optional, and can wait for the next release"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if d := one(t, "tell me about the scans of the depot", said(t, tt.message)); d.Metadata.Title != tt.title {
				t.Errorf("title %q\n want %q", d.Metadata.Title, tt.title)
			}
		})
	}
}

// A sub-agent's report is told by what it found: that it is a report its task says.
func TestReportsOfSubagentsAreToldByTheirFindings(t *testing.T) {
	report := func(task, text string) memory.Event {
		return tool(t, "Task", js{"description": task}, js{"content": []any{js{"type": "text", "text": text}}})
	}
	for _, tt := range []struct{ task, text, kind, title string }{
		{"Performance review", "# Performance Analysis: the scan reader\n\nThe reader is fast enough: each line is read once. A bug that was fixed last year had it read twice. Added in v2.",
			memory.KindDiscovery, "Performance review: The reader is fast enough: each line is read once"},
		{"Research patterns of the readers", "## Repository Research Summary: Readers\n\nAll readers implement `Reader` and are created by `NewReader`.",
			memory.KindDiscovery, "Research patterns of the readers: All readers implement `Reader` and are created by `NewReader`"},
		{"Security review", "## Report\n\nThe upload is open to path traversal: names are joined unchecked.",
			memory.KindSecurityNote, "Security review: The upload is open to path traversal: names are joined unchecked"},
		{"Implement the scan cache", "I've added a cache of 100 lines to `scan/reader.go`, with tests.",
			memory.KindFeature, "Implement the scan cache: Added a cache of 100 lines to `scan/reader.go`, with tests"},
		{"Simplify the readers", "Both readers have been simplified: the bug with the empty line is gone, too.",
			memory.KindRefactor, "Simplify the readers: Both readers have been simplified: the bug with the empty line is gone, too"},
	} {
		d := one(t, "", report(tt.task, tt.text))
		if d.Kind != tt.kind || d.Metadata.Title != tt.title {
			t.Errorf("%s: %s\nwant %s: %s", d.Kind, d.Metadata.Title, tt.kind, tt.title)
		}
	}
}

// What is told of the present, or of what others did, is a discovery, whatever words it
// uses; what the agent says it did is not.
func TestOnlyClaimsAreWork(t *testing.T) {
	for message, kind := range map[string]string{
		"The cache is created by the reader when a new file is opened, and a complete line is never read twice.":                  memory.KindDiscovery,
		"The problem is in `scan/reader.go:12`: the bug shows only when the cache is changed under it.":                           memory.KindDiscovery,
		"## My thoughts on the cache\n\nIt needs a limit. The fix people ask for would hide that, and complete lines come first.": memory.KindDiscovery,
		"The cache has been fully implemented, with a limit of 100 lines.":                                                        memory.KindFeature,
		"The cache now drops the oldest line first.":                                                                              memory.KindChange,
		"PR created: https://example.com/pull/7":                                                                                  memory.KindFeature,
		"- Removed the second reader from `scan`\n- Moved its tests to `reader_test.go`":                                          memory.KindChange,
		"Could be removed later, with the `OldReader` that nobody calls.":                                                         memory.KindDiscovery,
		"I've fixed the reader: an empty line ended it.":                                                                          memory.KindBugfix,
		"Added a test of the reader. The bug was that an empty line ended it.":                                                    memory.KindBugfix,
	} {
		if d := one(t, "have a look at the cache of the reader", said(t, message)); d.Kind != kind {
			t.Errorf("%s: %s, want %s", message, d.Kind, kind)
		}
	}
}

// Long texts are cut between words, unless there is hardly any space.
func TestClipKeepsWordsWhole(t *testing.T) {
	long := strings.Repeat("word ", 15) + "`" + strings.Repeat("path/", 30) + "file.go`"
	if got := clip(long, 120); got != strings.TrimSpace(strings.Repeat("word ", 15))+"…" {
		t.Errorf("%q", got)
	}
	if got := clip(strings.Repeat("x", 500), 120); len([]rune(got)) != 119 {
		t.Errorf("%d characters", len([]rune(got)))
	}
}

// Of a memory nobody asks whose “I” it is.
func TestTitlesAreImpersonal(t *testing.T) {
	for said, want := range map[string]string{
		"I've added a limit of 100 lines to the cache of the reader.":               "Added a limit of 100 lines to the cache of the reader",
		"I have successfully moved the cache into `scan/cache.go`, with its tests.": "Moved the cache into `scan/cache.go`, with its tests",
		"I think the cache of the reader is needed only by the weekly report.":      "I think the cache of the reader is needed only by the weekly report",
	} {
		if d := one(t, "look after the cache of the reader", event(t, memory.EventAssistantMessage, memory.AssistantMessage{Message: said})); d.Metadata.Title != want {
			t.Errorf("title %q, want %q", d.Metadata.Title, want)
		}
	}
}

// Whoever asks “could we …?” and is told what was done, asked for it.
func TestARequestInTheFormOfAQuestionIsWork(t *testing.T) {
	d := one(t, "could the cache not have a limit?", said(t, "I've added a limit of 100 lines to the cache."))
	if d.Kind != memory.KindFeature {
		t.Errorf("kind %q", d.Kind)
	}
	d = one(t, "could the cache not have a limit?", said(t, "The cache has a limit: it was added with the second reader."))
	if d.Kind != memory.KindDiscovery {
		t.Errorf("kind %q", d.Kind)
	}
}

// An item under another belongs to it, where that only names something: which is no fact then.
func TestNestedItemsAreToldWithTheirName(t *testing.T) {
	m := one(t, "limit the cache of the reader", said(t, `The cache of the reader has a limit now.

- `+"`scan/cache.go`"+`
  - Added the limit
  - Removed the old list
- `+"`scan/reader.go`"+` - Two functions changed:
  - `+"`Open()`"+` makes the cache
- Removed the flag that nobody used
  - It was not documented either
- The weekly report is as it was
`)).Metadata
	want := []string{
		"`scan/cache.go`: Added the limit", "`scan/cache.go`: Removed the old list",
		"`scan/reader.go` - Two functions changed: `Open()` makes the cache",
		"Removed the flag that nobody used", "It was not documented either", "The weekly report is as it was",
	}
	if !slices.Equal(m.Facts, want) {
		t.Errorf("facts\n%s\nwant\n%s", strings.Join(m.Facts, "\n"), strings.Join(want, "\n"))
	}
}

// What a test says when it fails is no text for people.
func TestTextsOfTestsAreNoFacts(t *testing.T) {
	const line = "\tt.Errorf(\"the zone of the depot is %q, want %q\", got, want)"
	for file, told := range map[string]bool{"day_test.go": false, "day.go": true} {
		m := one(t, "", edit(t, file, "\tcheck(a)", "\tcheck(b)\n"+line)).Metadata
		if has := strings.Contains(strings.Join(m.Facts, "\n"), "Text: "); has != told {
			t.Errorf("%s: %q", file, m.Facts)
		}
	}
}

// Of an output that was pasted the complaint is what was asked about.
func TestAPastedLogIsToldByItsComplaint(t *testing.T) {
	const log = "  • by using this you agree to the terms\n  • running v2\n  ⨯ release failed after 0s\n    error=\n    │ failed to load: line 31: field retry not found\n"
	a := askOf(log)
	if want := "release failed after 0s error= failed to load: line 31: field retry not found"; a.head != want {
		t.Errorf("opens with %q, want %q", a.head, want)
	}
	if strings.Contains(a.text, "terms") {
		t.Errorf("asked for %q", a.text)
	}
}
