package local

import (
	"strings"
	"testing"
)

// The next steps are things to do, and questions that say what they are about; an offer that
// names nothing is neither.
func TestNextStepsAreSteps(t *testing.T) {
	for said, want := range map[string]string{
		"Would you like me to commit these changes?":                            "Commit these changes (offered)",
		"Want me to create the release with `make dist` for you?":               "Create the release with `make dist` (offered)",
		"Should I change the monthly report, or leave it as it is?":             "Change the monthly report (offered)",
		"Let me know if you'd like me to add a test for the depot.":             "Add a test for the depot (offered)",
		"If you'd like, I can write the depot's zone into the label.":           "Write the depot's zone into the label (offered)",
		"Which of the two clocks counts?":                                       "Open question: Which of the two clocks counts?",
		"Does `Depot.Zone` come from the label?":                                "Open question: Does `Depot.Zone` come from the label?",
		"Ready to implement?":                                                   "",
		"Want me to proceed with that, or leave it as it is for now?":           "",
		"Is this the behavior you expected?":                                    "",
		"Let me know what you think!":                                           "",
		"## Next steps\n1. Document the zone of the depot\n2. Tell the carrier": "- Document the zone of the depot\n- Tell the carrier",
	} {
		m := summary(t, prompted(t, "have a look at the zone of the depot"), edit(t, "day.go", "return s.At", "return s.At.In(zone)"),
			event(t, "assistant_message", js{"message": "The zone of the depot is read from its label.\n\n" + said}))
		if m.Summary.NextSteps != want {
			t.Errorf("%q gives %q, want %q", said, m.Summary.NextSteps, want)
		}
	}
}

// The stop after an item's number ends no sentence.
func TestNumbersOfItemsEndNoSentence(t *testing.T) {
	for prompt, want := range map[string]string{
		"can you explain   3. the builder of the report, please":         "can you explain 3. the builder of the report, please",
		"can you fix: 1. Critical: two clocks\n\nThe depot has two.":     "can you fix: 1. Critical: two clocks",
		"use version 2. Then look at the builder again":                  "use version 2.",
		"The report takes 12 minutes since release 7. It used to take 3": "The report takes 12 minutes since release 7.",
	} {
		if got := askOf(prompt).head; got != want {
			t.Errorf("%q opens with %q, want %q", prompt, got, want)
		}
	}
}

// One name in the place of another, line by line, is told as that; and two lines that begin
// alike are told where they differ.
func TestExchangesAreTold(t *testing.T) {
	for _, tt := range []struct{ before, after, title string }{
		{"var lines73 strings.Builder\nlines73.WriteString(zone)\nout += lines73.String()", "var sb strings.Builder\nsb.WriteString(zone)\nout += sb.String()",
			"Rename lines73 to sb in day.go"},
		{"a := dayOf(scan)\nb := dayOf(label)", "a := zoneDay(scan)\nb := zoneDay(label)", "Replace `dayOf` with `zoneDay` in day.go"},
		{"x := status\ny := status", "x := Status\ny := Status", "Rename `status` to `Status` in day.go"},
		{"a(early)\nb(early)", "a(true)\nb(true)", ""},
		{"report, err = day.initializeReportOf(depot, scan, label)", "report, err = day.initializeReportOf(depot, scan, label, \"\")",
			"Change `…, scan, label)` to `…, scan, label, \"\")` in day.go"},
	} {
		d := one(t, "", edit(t, "day.go", tt.before, tt.after))
		if tt.title == "" {
			if strings.HasPrefix(d.Metadata.Title, "Re") && !strings.HasPrefix(d.Metadata.Title, "Rework") {
				t.Errorf("a value is taken for a name: %q", d.Metadata.Title)
			}
		} else if d.Metadata.Title != tt.title {
			t.Errorf("title %q\n want %q", d.Metadata.Title, tt.title)
		}
	}
}

// What opens a block names nothing.
func TestABlockIsToldByWhatIsInIt(t *testing.T) {
	d := one(t, "", edit(t, "day.go", "const (\n\tnoon = 12\n\tlate = 18\n)\nx()", "x()"))
	if !strings.Contains(d.Metadata.Title, "noon") || strings.Contains(d.Metadata.Title, "const") {
		t.Errorf("title %q", d.Metadata.Title)
	}
}
