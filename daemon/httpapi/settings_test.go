package httpapi

import (
	"strings"
	"testing"

	"claude-mem/client"
	"claude-mem/memory"
)

// A setting of a project that nobody knows is refused, wherever it comes from, and changes
// nothing.
func TestUnknownSettingsOfAProjectAreRefused(t *testing.T) {
	w := newWorld(t, nil)
	path := "/v1/projects/" + w.p.ID
	w.do("PATCH", path, w.key, `{"generation":{"policy":"debounce","dailyTokens":5}}`).want(200)
	for _, c := range []struct{ method, path, body, says string }{
		{"PATCH", path, `{"generation":{"polcy":"per-event"}}`, `"path":["generation","polcy"]`},
		{"PATCH", path, `{"generation":{"dailyTokens":9,"weeklyTokens":9}}`, `there are policy, dailyTokens, monthlyTokens`},
		{"PATCH", path, `{"generation":{"policy":"never"}}`, `"path":["generation","policy"]`},
		{"PATCH", path, `{"generatoin":{}}`, `"path":["generation"]`},
		{"POST", "/v1/projects", `{"name":"new","metadata":{"generation":{"budget":9}}}`, `"path":["metadata","generation","budget"]`},
	} {
		if got := w.do(c.method, c.path, w.key, c.body).want(400); !strings.Contains(got.Body.String(), c.says) {
			t.Errorf("%s answers %s", c.body, got.Body)
		}
	}
	g := into[client.ProjectAnswer](w.do("GET", path, w.key, "").want(200)).Project.Generation()
	if g.Policy != memory.PolicyDebounce || g.DailyTokens == nil || *g.DailyTokens != 5 {
		t.Errorf("the settings became %+v", g)
	}
	if _, err := w.store.ProjectByName(t.Context(), memory.Scope{TeamID: w.ours.ID}, "new"); err == nil {
		t.Error("a project was made all the same")
	}
}
