package httpapi

import (
	"strings"
	"testing"

	"claude-mem/internal/id"
	"claude-mem/memory"
)

// A refusal does not tell whether what was asked for is somebody else's or nobody's.
func TestForeignIsLikeMissing(t *testing.T) { onEachEngine(t, foreignIsLikeMissing) }

func foreignIsLikeMissing(t *testing.T, w *world) {
	all := samples(w)
	strangers := map[string]string{
		"another team":    w.mint(memory.APIKey{Scopes: []string{memory.ScopeAll}, TeamID: w.theirs.ID}),
		"another project": w.mint(memory.APIKey{Scopes: []string{memory.ScopeAll}, ProjectID: memory.Opt(w.q.ID)}),
	}
	compared := 0
	for _, r := range Routes() {
		s, known := all[r.Method+" "+r.Pattern]
		if !known || s.foreign < 400 || strings.HasPrefix(r.Pattern, "/api/sessions/") || r.Pattern == "/v1/hooks" {
			continue // it names nothing that could be foreign
		}
		for who, key := range strangers {
			nobody := id.New()
			path, body := strings.ReplaceAll(s.path, w.p.ID, nobody), strings.ReplaceAll(s.body, w.p.ID, nobody)
			if strings.Contains(r.Pattern, ":id") {
				path = strings.Replace(r.Pattern, ":id", nobody, 1)
			}
			foreign, missing := w.do(r.Method, s.path, key, s.body), w.do(r.Method, path, key, body)
			if r.Pattern == "/v1/teams/:id/jobs" && who == "another project" {
				continue // the team is its own
			}
			if foreign.Code != missing.Code || anonymous(foreign) != anonymous(missing) {
				t.Errorf("%s %s for %s: %d %s; of nothing %d %s", r.Method, r.Pattern, who, foreign.Code, foreign.Body, missing.Code, missing.Body)
			}
			compared++
		}
	}
	if compared < 20 {
		t.Errorf("only %d refusals were compared", compared)
	}
}

// anonymous is an answer's body without the id of the request.
func anonymous(r reply) string {
	return strings.ReplaceAll(r.Body.String(), r.Header().Get("X-Request-Id"), "")
}
