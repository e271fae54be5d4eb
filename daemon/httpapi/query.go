package httpapi

import (
	"net/url"
	"strconv"
	"time"

	"claude-mem/memory"
)

// query is the parameters of a GET. What cannot be read counts as not given.
type query struct{ url.Values }

func (r *request) query() query { return query{r.URL.Query()} }

// int reads a number and brings it into bounds. Filters never fail a request: the
// original ignored what it did not understand, and clients came to rely on that.
func (q query) int(name string, def, lo, hi int) int {
	n, err := strconv.Atoi(q.Get(name))
	if err != nil {
		n = def
	}
	return min(max(n, lo), hi)
}

// time reads milliseconds or an ISO 8601 time; 0 if it is neither.
func (q query) time(name string) memory.Epoch {
	text := q.Get(name)
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return memory.Epoch(max(ms, 0))
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return memory.EpochOf(t)
		}
	}
	return 0
}
