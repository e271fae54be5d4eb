//go:build agents

package e2e_test

import (
	"encoding/json"
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
