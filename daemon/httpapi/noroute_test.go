package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"claude-mem/client"
)

func TestMethods(t *testing.T) {
	w := newWorld(t, nil)
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"HEAD", "/healthz", 200, ""},
		{"HEAD", "/api/health", 200, ""},
		{"HEAD", "/v1/info", 200, ""},
		{"POST", "/healthz", 405, "GET, HEAD"},
		{"DELETE", "/v1/events", 405, "POST"},
		{"GET", "/v1/events", 404, ""}, // the contract has it so
		{"GET", "/v1/hooks", 405, "POST"},
		{"HEAD", "/v1/jobs", 405, "GET"},
		{"PUT", "/v1/context", 405, "GET, POST"},
		{"POST", "/v1/sessions/abc", 405, "GET"},
		{"PUT", "/v1/sessions/start", 405, "GET, POST"},
		{"GET", "/v1/sessions/abc/end", 405, "POST"},
		{"POST", "/v1/nothing", 404, ""},
		{"GET", "/v1/sessions/abc/nothing", 404, ""},
	} {
		got := w.do(c.method, c.path, w.key, "")
		if got.Code != c.status || got.Header().Get("Allow") != c.allow {
			t.Errorf("%s %s: %d, Allow %q; want %d, %q", c.method, c.path, got.Code, got.Header().Get("Allow"), c.status, c.allow)
		}
		if c.status == 200 {
			continue
		}
		if body := into[client.ErrorBody](got); body.Message != "Cannot "+c.method+" "+c.path || (c.status == 405) != (body.Error == codeMethod) {
			t.Errorf("%s %s: %+v", c.method, c.path, body)
		}
	}
}

// A body that was sent as something else is none; that it is one of these is what
// curl does unless it is told otherwise.
func TestABodyOfAnotherType(t *testing.T) {
	w := newWorld(t, nil)
	for kind, named := range map[string]bool{
		"application/x-www-form-urlencoded": true,
		"application/xml":                   true,
		"text/plain":                        false, // the contract has the words
		"":                                  false,
	} {
		got := w.do("POST", "/v1/events", w.key, w.event(nil), func(r *http.Request) { r.Header.Set("Content-Type", kind) }).want(400)
		text := got.Body.String()
		if !strings.Contains(text, "expected object, received undefined") ||
			strings.Contains(text, "application/json") != named || named && !strings.Contains(text, kind) {
			t.Errorf("%q: %s", kind, text)
		}
	}
}
