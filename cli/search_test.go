package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"claude-mem/client"
	"claude-mem/memory"
)

func TestMoment(t *testing.T) {
	day := time.Date(2026, 1, 31, 0, 0, 0, 0, time.Local)
	for text, want := range map[string]memory.Epoch{
		"":                     0,
		"2026-01-31":           memory.EpochOf(day),
		"2026-01-31T08:30":     memory.EpochOf(day.Add(8*time.Hour + 30*time.Minute)),
		"2026-01-31T00:00:00Z": memory.EpochOf(time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)),
	} {
		if got, err := moment(text); err != nil || got != want {
			t.Errorf("moment(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	before := memory.Now()
	got, err := moment("7d")
	if after := memory.Now(); err != nil || got < before.Add(-7*24*time.Hour) || got > after.Add(-7*24*time.Hour) {
		t.Errorf("moment(7d) = %v, %v", got, err)
	}
	for _, bad := range []string{"yesterday", "d", "-3h", "0d", "99999999d", "2026-13-01"} {
		if _, err := moment(bad); err == nil {
			t.Errorf("moment(%q) is accepted", bad)
		}
	}
}

func TestNumber(t *testing.T) {
	for text, want := range map[string]int64{"41": 41, "#41": 41} {
		if got, ok := number(text); !ok || got != want {
			t.Errorf("number(%q) = %d, %v", text, got, ok)
		}
	}
	for _, bad := range []string{"", "#", "0", "-1", "41a", "##41", "0195f0e2"} {
		if n, ok := number(bad); ok {
			t.Errorf("number(%q) = %d", bad, n)
		}
	}
}

func TestMissing(t *testing.T) {
	found := []memory.Observation{{Number: 4, ID: "abc"}}
	if err := missing([]string{"#4", "abc"}, found); err != nil {
		t.Errorf("found ones are called missing: %v", err)
	}
	if err := missing([]string{"4", "#5"}, found); err == nil || !strings.Contains(err.Error(), "#5") {
		t.Errorf("what is missing is not named: %v", err)
	}
}

func observation() memory.Observation {
	o := memory.Observation{
		Number: 7, ID: "id", Kind: memory.KindBugfix, OccurredAt: memory.EpochOf(time.Date(2026, 3, 2, 9, 14, 0, 0, time.Local)),
		Metadata: memory.Metadata{
			Title: "Count a delivery on the day of its place", Subtitle: "The server's own zone was used",
			Narrative: "DeliveredOn used the local zone.", Facts: []string{"tests pass"}, Concepts: []string{"time zones"},
			FilesRead: []string{"delivery/day.go", "report/weekly.go"}, FilesModified: []string{"delivery/day.go"},
		},
	}
	o.Content = o.Metadata.Content()
	return o
}

func TestEntryIsShort(t *testing.T) {
	var out bytes.Buffer
	screen{w: &out}.entry(observation())
	want := "#7  2026-03-02 09:14  bugfix  Count a delivery on the day of its place\n" +
		"    DeliveredOn used the local zone.\n" +
		"    delivery/day.go, report/weekly.go\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestEntryShowsATitleThatDoesNotFitBelow(t *testing.T) {
	o := observation()
	o.Stale = memory.StaleChanged
	o.Metadata.Title = "Count a delivery on the day of its place, not of the server"
	var out bytes.Buffer
	screen{w: &out, width: 50}.entry(o)
	want := "#7  2026-03-02 09:14  bugfix, changed since\n" +
		"    Count a delivery on the day of its place, not\n" +
		"    of the server\n" +
		"    DeliveredOn used the local zone.\n"
	if !strings.HasPrefix(out.String(), want) {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestEntryOfALongTextIsCut(t *testing.T) {
	o := memory.Observation{Number: 1, Kind: memory.KindManual, Content: "title\n" + strings.Repeat("wörd ", 500)}
	var out bytes.Buffer
	screen{w: &out}.entry(o)
	if n := len([]rune(out.String())); n > snippetRunes+80 || !strings.Contains(out.String(), "…") {
		t.Errorf("%d characters are shown of a long text", n)
	}
}

func TestWholeShowsEverything(t *testing.T) {
	var out bytes.Buffer
	screen{w: &out}.whole(observation())
	for _, want := range []string{"#7", "bugfix", "DeliveredOn used the local zone.", "- tests pass", "changed:", "report/weekly.go", "about:", "time zones"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	if n := strings.Count(out.String(), "Count a delivery"); n != 1 {
		t.Errorf("the title stands there %d times", n)
	}
}

func TestWholeCutsNothing(t *testing.T) {
	title := strings.Repeat("word ", 40) + "end"
	var out strings.Builder
	screen{w: &out, width: 40}.whole(memory.Observation{Number: 7, Kind: "change", Content: title})
	head, _, _ := strings.Cut(out.String(), "    change,")
	if got := strings.Join(strings.Fields(head), " "); got != "#7 "+title {
		t.Errorf("the title is %q", got)
	}
	for line := range strings.SplitSeq(head, "\n") {
		if len(line) > 40 || !strings.HasPrefix(line, "#7  word") && line != "" && !strings.HasPrefix(line, "    word") {
			t.Errorf("a line of the title is %q", line)
		}
	}
}

func TestTimelineMarksTheAnchor(t *testing.T) {
	older, anchor := observation(), observation()
	older.Number, anchor.Number = 6, 7
	older.Kind = "security_alert"
	var out bytes.Buffer
	screen{w: &out}.timeline(client.TimelineResponse{Anchor: 7, Observations: []memory.Observation{older, anchor}})
	lines := strings.Split(out.String(), "\n")
	if !strings.HasPrefix(lines[0], "  #6") || !strings.HasPrefix(lines[1], "> #7") {
		t.Errorf("got\n%s", out.String())
	}
	if title := anchor.Title(); strings.Index(lines[0], title) != strings.Index(lines[1], title) {
		t.Errorf("the titles do not line up:\n%s", out.String())
	}
}

func TestASearchByWordsOnlySaysSo(t *testing.T) {
	for _, tt := range []struct {
		semantic string
		want     bool
	}{{"", false}, {client.SemanticOn, false}, {client.SemanticUnavailable, true}} {
		var out bytes.Buffer
		screen{w: &out, width: 80}.found("api", client.SearchRequest{}, client.SearchResponse{Semantic: tt.semantic})
		if got := strings.Contains(out.String(), "by words only"); got != tt.want || !strings.Contains(out.String(), "of api matches") {
			t.Errorf("semantic %q:\n%s", tt.semantic, out.String())
		}
	}
}
