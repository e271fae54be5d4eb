package cli

import (
	"bytes"
	"strings"
	"testing"

	"claude-mem/client"
	"claude-mem/memory"
)

func TestStatusSaysHowItIs(t *testing.T) {
	busy := client.LaneHealth{
		LaneStats: memory.LaneStats{Lane: memory.LaneEvent, Queued: 3, Failed: 1, Stalled: 2}, Paused: "quota",
	}
	idle := client.LaneHealth{LaneStats: memory.LaneStats{Lane: memory.LaneReindex}}
	for _, c := range []struct {
		name   string
		report statusReport
		want   []string
		not    []string
	}{
		{"stopped", statusReport{}, []string{"is not running; start it with `claude-mem start`"}, nil},
		{"starting", statusReport{Running: true}, []string{"is starting"}, nil},
		{"deaf", statusReport{Running: true, URL: "http://x"}, []string{"does not answer at http://x"}, nil},
		{
			"well", statusReport{Running: true, URL: "http://x", Health: &client.Health{Status: "ok", Version: "v1", PID: 7, Uptime: 61}},
			[]string{"claude-mem v1 is running: ok", "pid 7, up 1m1s"}, []string{"storage", "spool", "Redis", "workers"},
		},
		{
			"unwell", statusReport{Running: true, URL: "http://x", Health: &client.Health{
				Status: "degraded", Reasons: []string{"lane event is paused: quota"},
				Storage: &client.StorageState{Driver: "sqlite", SchemaVersion: 3, SizeBytes: 2048},
				Queue:   client.QueueHealth{Lanes: []client.LaneHealth{busy, idle}},
				Spool:   &client.SpoolState{Files: 1, Bytes: 10, Refused: 4, Rejected: 5},
			}},
			[]string{
				"degraded", "lane event is paused: quota", "sqlite, schema 3, 2.0 KiB", "3 waiting", "1 failed", "2 stalled",
				"paused: quota", "4 records lost", "5 records kept aside",
			},
			[]string{"reindex"},
		},
		{
			"a team's", statusReport{Running: true, URL: "http://x", Health: &client.Health{
				Status: "degraded", Queue: client.QueueHealth{Redis: &client.RedisHealth{Status: "error", Host: "r", Port: 6379, Prefix: "p"}},
				Workers: []memory.Worker{{Host: "h1", PID: 9, Version: "v2", StartedAt: 1000, SeenAt: 62000, Paused: []memory.LanePause{{Lane: memory.LaneEvent, Class: "quota"}, {Class: memory.PauseBudget, Projects: 3}}}},
			}},
			[]string{"Redis at r:6379, prefix p, does not answer", "workers  1 alive", "h1 pid 9, v2, up 1m1s; event paused: quota; projects that wait for a budget: 3"},
			nil,
		},
	} {
		var out bytes.Buffer
		c.report.print(screen{w: &out})
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: %q is missing in\n%s", c.name, want, out.String())
			}
		}
		for _, not := range c.not {
			if strings.Contains(out.String(), not) {
				t.Errorf("%s: %q stands in\n%s", c.name, not, out.String())
			}
		}
	}
}

func TestBooks(t *testing.T) {
	for _, c := range []struct {
		books memory.Books
		want  string
	}{
		{memory.Books{EventsAsked: 3, SummaryAsked: 1, Written: 2, Skipped: 1, Failed: 1}, "the books close"},
		{memory.Books{EventsAsked: 3, Written: 2}, "the books do not close: 3 asked for, 2 accounted for"},
	} {
		var out bytes.Buffer
		screen{w: &out}.books(c.books)
		if !strings.Contains(out.String(), c.want) {
			t.Errorf("%+v:\n%s", c.books, out.String())
		}
	}
}

func TestFailedJobsSayWhy(t *testing.T) {
	var out bytes.Buffer
	screen{w: &out}.failed(client.JobList{Total: 9, Jobs: []memory.Job{{
		ID: "job-1", SourceType: "agent_event", Attempts: 3, MaxAttempts: 3, LastError: "provider \x1b[2J said no",
	}}})
	for _, want := range []string{"job-1", "3 of 3 attempts", "said no", "1 of 9"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Error("an error message reaches the terminal as a command")
	}
}
