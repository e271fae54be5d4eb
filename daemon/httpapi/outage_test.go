package httpapi

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"claude-mem/memory"
)

// While the database is away, every request is refused with the same words. The log
// has two lines for all of them; what is wrong with a request itself it tells as ever.
func TestAnOutageIsTwoLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.system.refuse = memory.Errorf(memory.CodeUnavailable, "the database cannot be reached")
		for range 20 {
			w.do("POST", "/v1/events", w.key, w.event(nil)).want(503)
			w.do("GET", "/healthz", "", "").want(200) // says nothing of the database
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		w.do("GET", "/healthz", "", "").want(200)
		w.system.refuse = nil
		w.do("POST", "/v1/events", w.key, "{}").want(400)
		w.do("POST", "/v1/events", w.key, w.event(nil)).want(201)
		log := w.log.String()
		for words, want := range map[string]int{
			`level=ERROR msg="requests are refused" method=POST path=/v1/events requestId=`: 1,
			`error="the database cannot be reached"`:                                        1,
			`level=INFO msg="requests are answered again" away=4s failures=20`:              1,
			`level=INFO msg=refused method=POST path=/v1/events status=400`:                 1,
			"\n": 3,
		} {
			if n := strings.Count(log, words); n != want {
				t.Errorf("%q is there %d times, want %d:\n%s", words, n, want, log)
			}
		}
	})
}
