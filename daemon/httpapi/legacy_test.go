package httpapi

import (
	"strings"
	"testing"

	"claude-mem/client"
)

// The table of the original's routes is true: what it calls answered is, what it calls
// unsupported is answered with what to use, and that exists.
func TestLegacyRoutes(t *testing.T) {
	w := newWorld(t, nil)
	ours := make(map[string]bool)
	for _, r := range Routes() {
		ours[r.Method+" "+r.Pattern] = true
	}
	seen := make(map[string]bool)
	for _, l := range LegacyRoutes() {
		name := l.Method + " " + l.Pattern
		if seen[name] {
			t.Errorf("%s is listed twice", name)
		}
		seen[name] = true
		if l.Parity != Unsupported {
			if !ours[name] || l.Instead != "" {
				t.Errorf("%s is %s, but there is no such route, or another to use", name, l.Parity)
			}
			continue
		}
		if ours[name] {
			t.Errorf("%s is unsupported and answered", name)
		}
		if verb, _, _ := strings.Cut(l.Instead, " "); verb == strings.ToUpper(verb) && !ours[l.Instead] {
			t.Errorf("%s: there is no %s to use", name, l.Instead)
		}
		method, path := l.Method, strings.NewReplacer(":id", "7", "*", "some/thing").Replace(l.Pattern)
		if method == "ALL" {
			method = "PUT"
		}
		got := into[client.ErrorBody](w.do(method, path, "", "").want(404))
		if want := "Cannot " + method + " " + path + "; use " + l.Instead; got.Message != want {
			t.Errorf("%s: %q, want %q", name, got.Message, want)
		}
	}
	if got := into[client.ErrorBody](w.do("GET", "/api/sessions/init", "", "").want(404)); got.Message != "Cannot GET /api/sessions/init" {
		t.Errorf("what never was a route: %q", got.Message)
	}
}
