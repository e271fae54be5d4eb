package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"

	"claude-mem/client"
	"claude-mem/memory"
)

// someSessions are three, of which the last is still open and has no summary.
func someSessions(now memory.Epoch) []client.ListedSession {
	return []client.ListedSession{
		{
			Session:     memory.Session{StartedAt: now.Add(-3 * time.Hour), EndedAt: now.Add(-3*time.Hour + 75*time.Minute), PlatformSource: "claude"},
			ProjectName: "/home/you/src/parcel", Topic: memory.Opt(strings.Repeat("Count a delivery on the day of its place. ", 6)),
			Summary: 41, Prompts: 3, ToolCalls: 120, Observations: 17, LastEventAt: now,
		},
		{
			Session:     memory.Session{StartedAt: now.Add(-50 * 24 * time.Hour), EndedAt: now.Add(-50*24*time.Hour + 8*time.Second)},
			ProjectName: "/home/you/src/parcel", Topic: "配達日の時間帯を直す\x1b[2J🎉" + memory.Opt(strings.Repeat("日本", 120)), Summary: 9,
		},
		{Session: memory.Session{StartedAt: now.Add(-time.Minute)}, ProjectName: "api", LastEventAt: now.Add(-20 * time.Second), Prompts: 1},
	}
}

func sessionsAt(columns int, list []client.ListedSession, now memory.Epoch) []string {
	var out bytes.Buffer
	screen{w: &out, full: columns}.sessions(list, false, now)
	return strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
}

func TestSessionsFitTheTerminal(t *testing.T) {
	now := memory.Now()
	for _, columns := range []int{50, 60, 80, 120, 200} {
		lines := sessionsAt(columns, someSessions(now), now)
		for _, line := range lines {
			if n := uniseg.StringWidth(line); n > columns {
				t.Errorf("%d columns on %d: %s", n, columns, line)
			}
			if strings.Contains(line, "\x1b") {
				t.Errorf("a topic reaches the terminal as a command: %q", line)
			}
		}
		if want := 1 + 2*3; columns < 120 && len(lines) != want || columns == 200 && len(lines) != 1+3 {
			t.Errorf("%d lines on %d columns:\n%s", len(lines), columns, strings.Join(lines, "\n"))
		}
		if has := strings.Contains(lines[0], "started"); has != (columns >= 80) {
			t.Errorf("on %d columns the start is shown: %t", columns, has)
		}
	}
}

func TestSessionsTellWhatTheyWere(t *testing.T) {
	now := memory.Now()
	lines := sessionsAt(0, someSessions(now), now)
	if len(lines) != 4 {
		t.Fatalf("not a line for each session, for searching:\n%s", strings.Join(lines, "\n"))
	}
	for i, want := range [][]string{
		{"summary", "age", "started", "took", "prompts", "tools", "memories", "agent", "project", "about"},
		{"#41", "3h00", "1h15", "3", "120", "17", "claude", "parcel", "Count"},
		{"#9", "50d", "8s", "0", "0", "0", "parcel", "配達日の時間帯を直す"},
		{"-", "1m", "40s…", "1", "0", "0", "api", "(nothing"},
	} {
		fields := strings.Fields(lines[i])
		for _, field := range want {
			at := -1
			for k, f := range fields {
				if strings.HasPrefix(f, field) {
					at = k
					break
				}
			}
			if at < 0 {
				t.Fatalf("%q is missing, or not in its place, in %s", field, lines[i])
			}
			fields = fields[at+1:]
		}
	}
	heads := []string{"started", "agent", "project", "about"}
	for _, head := range heads[2:] { // cells begin below their heading
		column := strings.Index(lines[0], head)
		if lines[1][column] == ' ' || lines[1][column-1] != ' ' {
			t.Errorf("nothing begins below %q:\n%s\n%s", head, lines[0], lines[1])
		}
	}
}
