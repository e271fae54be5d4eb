package cli

import (
	"bytes"
	"testing"
	"time"
)

// Where nobody watches, progress is lines, and not too many of them.
func TestProgressWithoutATerminal(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, 100, "working")
	p.label("file")
	for i := range 100 {
		p.to(int64(i))
		p.mentionSometimes("at %d", i)
	}
	if out.Len() != 0 {
		t.Errorf("too eager: %q", out.String())
	}
	p.last = time.Now().Add(-2 * plainEvery)
	p.mentionSometimes("at %d", 7)
	p.mentionSometimes("at %d", 8)
	p.mention("done")
	p.done()
	if out.String() != "at 7\ndone\n" {
		t.Errorf("got %q", out.String())
	}
}
