package httpapi

import (
	"strconv"
	"testing"

	"claude-mem/client"
	"claude-mem/internal/id"
)

// An anchor is named as people and agents cite a memory; one that is not there is no
// reason to tell of another.
func TestTimelineAnchors(t *testing.T) {
	w := newWorld(t, nil)
	first := w.remember("the first")
	w.remember("the second")
	of := "/v1/timeline?projectId=" + w.p.ID + "&anchor="
	for _, anchor := range []string{strconv.FormatInt(first.Number, 10), "%23" + strconv.FormatInt(first.Number, 10), first.ID} {
		if got := into[client.TimelineResponse](w.do("GET", of+anchor, w.key, "").want(200)); got.Anchor != first.Number {
			t.Errorf("%s: anchor %d", anchor, got.Anchor)
		}
	}
	for _, anchor := range []string{"999", "-1", "nonsense", id.New(), "99999999999999999999"} {
		w.do("GET", of+anchor, w.key, "").want(404)
	}
	w.do("GET", "/v1/timeline?projectId="+w.q.ID+"&anchor="+first.ID, w.key, "").want(404)
}
