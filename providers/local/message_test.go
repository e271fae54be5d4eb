package local

import (
	"slices"
	"strings"
	"testing"

	"claude-mem/memory"
)

func TestMessageIsToldByItsFinding(t *testing.T) {
	tests := []struct{ name, message, title string }{
		{"courtesies go", "You're right! The report reads the day in UTC because `DeliveredOn` formats the raw scan time.",
			"The report reads the day in UTC because `DeliveredOn` formats the raw scan time"},
		{"announcements go", "Let me look at the code.\n\nThe depot has no zone, so every scan is read in UTC.\n\nHere's what I found:",
			"The depot has no zone, so every scan is read in UTC"},
		{"a sentence that leans on another waits", "This is wrong. The weekly report groups scans by the day of the server.",
			"The weekly report groups scans by the day of the server"},
		{"a telling heading comes first", "## Fixed: parcels shown a day late\n\nThe zone of the depot is now used everywhere it matters.",
			"Fixed: parcels shown a day late"},
		{"a generic heading does not", "## Summary\n\nThe zone of the depot is now used everywhere it matters.",
			"The zone of the depot is now used everywhere it matters"},
		{"an introduction takes its first item along", "Done. The day has moved:\n- **Before:** the server's\n- **After:** the depot's",
			"The day has moved: Before: the server's"},
		{"an announced command is told once", "To test it locally:\n\n```bash\nrelease --snapshot\n```", "To test it locally: `release --snapshot`"},
		{"status lines are no finding", "All tests pass.\n\nAdded `Zone()` to `depot.go`.", "Added `Zone()` to `depot.go`"},
		{"facts alone answer the question", "Here's a summary:\n\n| Field | Use |\n|---|---|\n| `zone` | where the depot is |\n| `day` | what was read |",
			"Which fields of the scan does the report use?"},
		{"abbreviations do not end a sentence", "Scans carry a zone, e.g. Pacific/Auckland, since v2.1 of the format. They did not before.",
			"Scans carry a zone, e.g. Pacific/Auckland, since v2.1 of the format"},
		{"other scripts", "配達日は倉庫の時間帯で読み取る必要があります。理由は走査時刻がUTCだからです。", "配達日は倉庫の時間帯で読み取る必要があります。"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := one(t, "Which fields of the scan does the report use?", said(t, tt.message)); d.Metadata.Title != tt.title {
				t.Errorf("title %q\n want %q", d.Metadata.Title, tt.title)
			}
		})
	}
}

// What the user is invited to do next is not what was done.
func TestMessageIsNotToldByAnInvitation(t *testing.T) {
	d := one(t, "write the file", said(t, "Done. Created `logs/day-7.jsonl`.\n\nTry starting a second agent now - it should load without the date error."))
	if want := "Created `logs/day-7.jsonl`"; !strings.HasPrefix(d.Metadata.Title, want) {
		t.Errorf("title %q, want %q", d.Metadata.Title, want)
	}
}

func TestMessageWithoutAFindingIsSkipped(t *testing.T) {
	for _, message := range []string{"Done.", "All done!", "Events done.", "Let me check the tests first.",
		"Perfect! Now let me run the linter:", "", "Would you like me to continue?",
		"All tests pass.", "I'll update both files now.", "API Error: 529 Overloaded",
		"Here are the changes:\n\n```go\nx := 1\n```", "To test it locally:"} {
		t.Run(message, func(t *testing.T) {
			out := generate(t, memory.KindEvent, "", said(t, message))
			if len(out.Observations) > 0 || out.Skipped == "" {
				t.Errorf("remembered as %v, skipped as %q", out.Observations, out.Skipped)
			}
		})
	}
}

func TestMessageKeepsWhatCarriesInformation(t *testing.T) {
	m := one(t, "why are parcels a day late?", said(t, `The report groups scans by the server's day.

**ScanStore** (`+"`scan/store.go:14`"+`):
- Reads the time as UTC
- Never asks the depot

### Cause
1. [The format](https://example.com/format) has no zone

| Depot | Zone |
|-------|------|
| Auckland | Pacific/Auckland |

To see it:
`+"```bash\n# a comment\nreport --day 2026-01-05\n```"+`

Would you like me to fix it?
- in the store
`)).Metadata
	for _, want := range []string{"ScanStore (`scan/store.go:14`): Reads the time as UTC", "ScanStore (`scan/store.go:14`): Never asks the depot",
		"The format has no zone", "Auckland — Pacific/Auckland", "To see it: `report --day 2026-01-05`"} {
		wantFact(t, m, want)
	}
	for _, f := range m.Facts {
		if strings.Contains(f, "in the store") || strings.Contains(f, "Depot — Zone") {
			t.Errorf("an offer or a table's head became a fact: %q", f)
		}
	}
	if m.Subtitle != "Asked: why are parcels a day late?" || !slices.Contains(m.Concepts, whyItExists) {
		t.Errorf("%q %q", m.Subtitle, m.Concepts)
	}
}

func TestMessageKindFollowsPromptAndWords(t *testing.T) {
	tests := []struct{ prompt, message, kind string }{
		{"why does the report show the wrong day?", "The report reads the raw time, which is in UTC.", memory.KindDiscovery},
		{"the report shows the wrong day, fix it", "Fixed the report: it now reads the zone of the depot.", memory.KindBugfix},
		{"add a zone to the depot", "I've added a zone field to `Depot` and used it in the report.", memory.KindFeature},
		{"move the zone into its own package", "The zone code was moved to `internal/zone` and its callers updated.", memory.KindRefactor},
		{"what do you think, store or report?", "The store is the better place because every reader needs the zone.", memory.KindDecision},
		{"set the timeout to 45 minutes", "Updated the timeout of the release job to 45 minutes.", memory.KindChange},
		{"check the upload handler", "The handler is open to path traversal: it joins names unchecked.", memory.KindSecurityNote},
	}
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			if d := one(t, tt.prompt, said(t, tt.message)); d.Kind != tt.kind {
				t.Errorf("kind %q, want %q", d.Kind, tt.kind)
			}
		})
	}
}

func TestPromptsThatNameNoIntent(t *testing.T) {
	for _, prompt := range []string{"yes", "1", "ok, do it please", "Yes, go ahead!",
		"[Request interrupted by user for tool use]", "This session is being continued from a previous conversation that ran out of context.",
		"<system-reminder>fix everything now please</system-reminder>", "<task-notification><status>done</status></task-notification>"} {
		if a := askOf(prompt); a.text != "" {
			t.Errorf("%q was taken for the wish %q", prompt, a.text)
		}
	}
	for prompt, want := range map[string]string{
		"<command-message>review</command-message>\n<command-name>/review</command-name>\n<command-args>the zone branch</command-args>": "/review the zone branch",
		"Fix this:\n\nthe report is late. See the log.":          "Fix this: the report is late.",
		"• running v2\n⨯ release failed: field retry not found":  "release failed: field retry not found",
		"1. just point the helper at the plan":                   "just point the helper at the plan",
		"<hook_context>old</hook_context>\n\nbuild the zone map": "build the zone map",
	} {
		if a := askOf(prompt); a.head != want {
			t.Errorf("%q opens with %q, want %q", prompt, a.head, want)
		}
	}
}
