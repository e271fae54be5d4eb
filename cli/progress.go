package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows how far long work has come: a bar where somebody watches, plain
// lines elsewhere. It writes to standard error, where it does not mix with results.
type progress struct {
	w     io.Writer
	bar   *progressbar.ProgressBar // nil: plain lines
	every time.Duration            // between plain lines
	last  time.Time
}

// plainEvery is how often work of unknown length is mentioned without a terminal.
const plainEvery = 5 * time.Second

// newProgress starts showing work of the given size; a size below 0 is unknown.
func newProgress(w io.Writer, size int64, label string) *progress {
	p := &progress{w: w, every: plainEvery, last: time.Now()}
	if f, ok := isTerminal(w); ok && os.Getenv("TERM") != "dumb" {
		p.bar = progressbar.NewOptions64(size,
			progressbar.OptionSetWriter(f),
			progressbar.OptionSetDescription(label),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionFullWidth(),
		)
	}
	return p
}

// to moves to a position.
func (p *progress) to(n int64) {
	if p.bar != nil {
		_ = p.bar.Set64(n) // what cannot be drawn is not worth failing for
	}
}

// mention writes a plain line where there is no bar.
func (p *progress) mention(format string, args ...any) {
	if p.bar == nil {
		fmt.Fprintf(p.w, format+"\n", args...)
		p.last = time.Now()
	}
}

// mentionSometimes is mention, but not more often than every few seconds.
func (p *progress) mentionSometimes(format string, args ...any) {
	if time.Since(p.last) >= p.every {
		p.mention(format, args...)
	}
}

// label says what is being worked on.
func (p *progress) label(text string) {
	if p.bar != nil {
		p.bar.Describe(clean(text))
	}
}

// done takes the bar away.
func (p *progress) done() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
