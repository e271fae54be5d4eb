package httpapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// oddQueries are ids and queries that nobody means well with.
func oddQueries(w *world) [][2]string {
	return [][2]string{
		{"x", "projectId=" + w.p.ID + "&limit=-1&offset=99999999999999999999&since=0"},
		{"\x00\xff%2e%2e", "projectId=%00&query=%ff%22%20OR%20*&anchor=-9223372036854775808&before=1e9"},
		{"' OR 1=1 --", "projectId=" + w.p.ID + "&query='&status=%ff&source_type=%00&include=payload&action=%00&since=9223372036854775807"},
	}
}

// gets lists the patterns of what can be asked for without a body.
func gets() (patterns []string) {
	for _, r := range Routes() {
		if r.Method == http.MethodGet {
			patterns = append(patterns, r.Pattern)
		}
	}
	return patterns
}

// Whatever a path or a query holds, the answer is JSON and no error of ours.
func TestOddQueries(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		for _, pattern := range gets() {
			for _, odd := range oddQueries(w) {
				w.survives(t, pattern, odd[0], odd[1])
			}
		}
	})
}

func FuzzQueries(f *testing.F) {
	w, patterns := newWorld(f, nil), gets()
	for i := range patterns {
		for _, odd := range oddQueries(w) {
			f.Add(byte(i), odd[0], odd[1])
		}
	}
	f.Fuzz(func(t *testing.T, n byte, id, query string) {
		w.survives(t, patterns[int(n)%len(patterns)], id, query)
	})
}

func (w *world) survives(t *testing.T, pattern, id, query string) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.URL.Path, r.URL.RawQuery = strings.Replace(pattern, ":id", id, 1), query
	r.RequestURI = r.URL.RequestURI()
	r.Host = "localhost"
	r.Header.Set("X-Api-Key", w.key)
	w.Hub.Close() // so that a stream ends as soon as it begins
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	if kind := rec.Header().Get("Content-Type"); rec.Code != http.StatusOK || strings.HasPrefix(kind, "application/json") {
		into[any](reply{rec, t})
	}
	if rec.Code >= 500 {
		t.Errorf("%s %q: %d %s\n%s", r.URL.Path, query, rec.Code, rec.Body, w.log)
	}
	w.log.Reset()
}
