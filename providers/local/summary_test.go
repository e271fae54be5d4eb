package local

import (
	"strings"
	"testing"

	"claude-mem/memory"
	"claude-mem/providers"
)

// story is a session: a question, an answer, the work, a failure that is mended,
// one that is not, and what is left.
func story(t testing.TB) []memory.Event {
	return []memory.Event{
		prompted(t, "Can you find out why parcels in Auckland are shown a day late?"),
		tool(t, "Grep", js{"pattern": "DeliveredOn", "path": root}, "3 matches"),
		tool(t, "Read", js{"file_path": root + "/delivery/day.go"}, "package delivery"),
		tool(t, "Read", js{"file_path": root + "/docs/zones.md"}, "zones"),
		said(t, "`DeliveredOn` reads the scan time in UTC because the carrier reports it so.\n\nWould you like me to fix it?"),
		prompted(t, "yes"),
		edit(t, "delivery/day.go", "return s.At", "return s.At.In(zone)"),
		failed(t, "Bash", js{"command": "go test ./..."}, "Error: Exit code 1\n--- FAIL: TestDeliveredOn (0.00s)"),
		failed(t, "Edit", js{"file_path": root + "/report.go", "old_string": "a", "new_string": "b"},
			"The user doesn't want to proceed with this tool use. the user said:\nleave the report alone for now"),
		failed(t, "Bash", js{"command": "go vet ./delivery"}, "Error: Exit code 1\ndelivery/day.go:3:1: undefined: zone"),
		bash(t, "go test ./...", "ok  \tapp\t0.1s"),
		bash(t, "git commit -m 'Read days in their zone'", "[main 1a2b3c4] Read days in their zone"),
		said(t, "Fixed the day: it is now read in the zone of the depot. Not done yet: the monthly report."),
		prompted(t, "add the zone to the weekly report too"),
		tool(t, "TodoWrite", js{"todos": []js{{"content": "Use the zone in weekly.go",
			"status": "completed"}, {"content": "Document the zone", "status": "pending"}}}, nil),
		edit(t, "report/weekly.go", "day := s.At", "day := s.Day()"),
		failed(t, "Bash", js{"command": "golangci-lint run"}, "Error: Exit code 1\nreport/weekly.go:9:2: unused variable day (unused)"),
		said(t, "The weekly report now uses the zone of the depot.\n\nShould I also change the monthly report?"),
	}
}

func summary(t testing.TB, events ...memory.Event) memory.Metadata {
	t.Helper()
	out := generate(t, memory.KindSummary, "", events...)
	if len(out.Observations) != 1 || out.Observations[0].Kind != memory.KindSummaryObservation {
		t.Fatalf("no summary: %+v", out)
	}
	return out.Observations[0].Metadata
}

func TestSummaryTellsTheSession(t *testing.T) {
	m := summary(t, story(t)...)
	if want := "Find out why parcels in Auckland are shown a day late"; m.Title != want {
		t.Errorf("title %q, want %q", m.Title, want)
	}
	for _, tt := range []struct{ field, text, want string }{
		{"request", m.Summary.Request, "why parcels in Auckland are shown a day late"},
		{"request", m.Summary.Request, "add the zone to the weekly report too"},
		{"investigated", m.Summary.Investigated, "docs/zones.md"},
		{"investigated", m.Summary.Investigated, "DeliveredOn"},
		{"learned", m.Summary.Learned, "reads the scan time in UTC because the carrier reports it so"},
		{"completed", m.Summary.Completed, "Fixed the day: it is now read in the zone of the depot"},
		{"completed", m.Summary.Completed, "delivery/day.go (+1 −1), report/weekly.go (+1 −1)"},
		{"completed", m.Summary.Completed, "Commit: Read days in their zone"},
		{"completed", m.Summary.Completed, "Passing at the end: go test ./..."},
		{"next steps", m.Summary.NextSteps, "Document the zone"},
		{"next steps", m.Summary.NextSteps, "Not done yet: the monthly report."},
		{"next steps", m.Summary.NextSteps, "Also change the monthly report (offered)"},
		{"notes", m.Summary.Notes, "Still failing: `golangci-lint run` fails: weekly.go:9: unused variable day"},
		{"notes", m.Summary.Notes, "leave the report alone for now"},
	} {
		if !strings.Contains(tt.text, tt.want) {
			t.Errorf("%s does not hold %q:\n%s", tt.field, tt.want, tt.text)
		}
	}
	for _, no := range []string{"TestDeliveredOn", "go vet", "Use the zone in weekly.go", "yes"} {
		if strings.Contains(m.Content(), no) {
			t.Errorf("the summary tells of what was settled: %q", no)
		}
	}
}

func TestSummaryOfOneQuestion(t *testing.T) {
	m := summary(t, prompted(t, "what is a depot's zone?"), said(t, "A depot's zone is the IANA name of where it stands."))
	if m.Title != "What is a depot's zone?" || m.Summary.Completed != "" || !strings.Contains(m.Summary.Learned, "IANA name") {
		t.Errorf("%+v %+v", m, m.Summary)
	}
}

func TestSummaryOfNothingIsSkipped(t *testing.T) {
	for _, events := range [][]memory.Event{{}, {tool(t, "Read", js{"file_path": "x"}, "y")}, {bash(t, "ls", "a")}} {
		if out := generate(t, memory.KindSummary, "", events...); len(out.Observations) > 0 || out.Skipped == "" {
			t.Errorf("%d events gave %+v", len(events), out)
		}
	}
}

func TestSummaryLeavesSubagentsToTheirParent(t *testing.T) {
	e := said(t, "The sub-agent found that nobody reads the zone.")
	e.AgentID = "a1"
	m := summary(t, prompted(t, "who reads the zone of a depot?"),
		tool(t, "Agent", js{"description": "Find readers of the zone"}, js{"content": "Nobody reads the zone of a depot."}), e, said(t, "Nobody reads the zone of a depot."))
	if strings.Contains(m.Content(), "The sub-agent found") || !strings.Contains(m.Summary.Investigated, "Find readers of the zone") {
		t.Errorf("%s", m.Content())
	}
}

func TestSummaryOfALongSessionStaysShort(t *testing.T) {
	var events []memory.Event
	for range 200 {
		events = append(events, story(t)...)
	}
	for i := range 300 {
		events = append(events, prompted(t, strings.Repeat("please look into matter ", 40)+strings.Repeat("x", i)), said(t, strings.Repeat("The finding is long and winding. ", 200)),
			edit(t, strings.Repeat("deep/", 20)+strings.Repeat("f", i%90)+".go", "a(b)", "c(d)"))
	}
	m := summary(t, events...)
	if n := len(m.Content()); n > 4500 {
		t.Errorf("the summary has %d bytes:\n%s", n, m.Content())
	}
	if !strings.Contains(m.Summary.Request, "why parcels in Auckland") {
		t.Errorf("the first request is not told:\n%s", m.Summary.Request)
	}
}

func TestSummarySaysWhatWasLeftOut(t *testing.T) {
	out, err := New().Generate(t.Context(), providers.Request{Kind: memory.KindSummary, Events: story(t), Omitted: 120})
	if err != nil {
		t.Fatal(err)
	}
	if notes := out.Observations[0].Metadata.Summary.Notes; !strings.Contains(notes, "120 events") {
		t.Errorf("notes: %s", notes)
	}
}

func TestBatchTellsEditsOfAFileTogether(t *testing.T) {
	events := []memory.Event{
		prompted(t, "fix the day of the report, it is wrong"),
		edit(t, "day.go", "", "func Zone() string {\n\treturn z\n}"),
		tool(t, "Read", js{"file_path": "x"}, "y"),
		edit(t, "day.go", "a(b)", "Zone()"),
		edit(t, "report.go", "day()", "Zone()"),
		failed(t, "Bash", js{"command": "go test ./..."}, "Error: Exit code 1\n--- FAIL: TestDay (0.00s)"),
		bash(t, "go test ./...", "ok  \tapp\t0.1s"),
		bash(t, "go test ./...", "ok  \tapp\t0.1s"),
	}
	for i := range events {
		events[i].ID = string(rune('a' + i))
	}
	out := generate(t, memory.KindBatch, "", events...)
	var got []string
	for _, d := range out.Observations {
		got = append(got, strings.Join(d.Events, "")+" "+d.Kind+": "+d.Metadata.Title)
	}
	want := "bd bugfix: Add Zone to day.go\ne bugfix: Change `day()` to `Zone()` in report.go\nf discovery: 1 test fails: TestDay\ng discovery: Tests pass: go test ./..."
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}
