package local

import (
	"strings"
	"testing"
)

// What names nothing is no title, and no wish: what it is about stands beside it.
func TestVagueSentencesAreNoTitles(t *testing.T) {
	for message, want := range map[string]string{
		"I found and fixed the issue.\n\nThe reader of scans dropped the last line of a file without a newline.": "The reader of scans dropped the last line of a file without a newline",
		"I've made two changes:\n1. Added a limit to the cache\n2. Removed the old list of lines":                "Added a limit to the cache",
		"I see now. The label names the depot, and the scan does not.":                                           "The label names the depot, and the scan does not",
		"I can see that the label names the depot. I can write a test for it.":                                   "The label names the depot",
	} {
		if d := one(t, "look after the scans of the depot", said(t, message)); d.Metadata.Title != want {
			t.Errorf("title %q, want %q", d.Metadata.Title, want)
		}
	}
	for prompt, want := range map[string]string{
		"can you take a look at this\nThe reader drops the last line of a file": "can you take a look at this The reader drops the last line of a file",
		"please fix these issues\n- the last line is dropped":                   "please fix these issues the last line is dropped",
		"can you look at this? I'd expect the last line in the report.":         "I'd expect the last line in the report.",
		"please fix the cache of the reader\nIt grows without end.":             "please fix the cache of the reader",
	} {
		if got := askOf(prompt).head; got != want {
			t.Errorf("%q opens with %q, want %q", prompt, got, want)
		}
	}
}

// What an agent could do, and what it asks, is not what it found.
func TestOffersAreNoFindings(t *testing.T) {
	for _, message := range []string{"I can use the parser of the reader to simplify this code.",
		"Before I write it, one quick question: did you want the plan in the tracker?",
		"For the plan, would you prefer a comment or a file of its own?"} {
		out := generate(t, "event", "", said(t, message))
		if len(out.Observations) > 0 {
			t.Errorf("%q is remembered as %q", message, out.Observations[0].Metadata.Title)
		}
	}
	m := summary(t, prompted(t, "have a look at the parser of the reader"), said(t, "The parser reads a line twice.\n\nI can write a test for the parser that shows it."))
	if want := "Write a test for the parser that shows it (offered)"; m.Summary.NextSteps != want || strings.Contains(m.Summary.Learned, "I can") {
		t.Errorf("next %q, learned %q", m.Summary.NextSteps, m.Summary.Learned)
	}
}
