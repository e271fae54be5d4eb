//go:build agents

package e2e_test

import (
	"encoding/json"
	"strings"
	"testing"

	"claude-mem/internal/testbin"
)

// checkSession checks whose the only session is, how many calls of tools are recorded
// of it, and that it has ended.
func checkSession(t *testing.T, p *testbin.Profile, platform string, calls int64) {
	t.Helper()
	var all struct {
		Sessions []struct {
			PlatformSource string
			Prompts        int64
			ToolCalls      int64
			EndedAtEpoch   int64
		}
	}
	r := p.Must("sessions", "--json")
	if err := json.Unmarshal([]byte(r.Stdout), &all); err != nil || len(all.Sessions) != 1 {
		t.Fatalf("%v: %s", err, r.Stdout)
	}
	if s := all.Sessions[0]; s.PlatformSource != platform || s.Prompts != 1 || s.ToolCalls != calls || s.EndedAtEpoch == 0 {
		t.Errorf("the session is %+v, want one of %s with a prompt and %d calls that has ended", s, platform, calls)
	}
}

// rememberThree stores what an agent is told in three ways: with the prompt, of a file
// that it reads, and, as the newest, at its start.
func rememberThree(t *testing.T, p *testbin.Profile) {
	t.Helper()
	remember(t, p, "The retry budget of the importer is three attempts, by contract", "importer.py")
	remember(t, p, "Reading rows twice doubles the totals", "read.py")
	remember(t, p, "Delete a comment", "other.py")
}

// checkToldThree checks that the model heard of each.
func checkToldThree(t *testing.T, m *model) {
	t.Helper()
	for what, want := range map[string]string{
		"the newest":          "Delete a comment",
		"about the prompt":    "The retry budget of the importer is three attempts",
		"about the file read": "Reading rows twice doubles the totals",
	} {
		if !strings.Contains(m.longest(), want) {
			t.Errorf("%s: the model never heard of %q", what, want)
		}
	}
}
