package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
	"golang.org/x/term"
)

// screen writes text for people. On a terminal it wraps to the width and may
// colour; elsewhere it does neither, so that lines can be searched.
type screen struct {
	w      io.Writer
	width  int // columns that text is wrapped to; 0: do not wrap
	full   int // columns there are, for tables; 0: any number
	colour bool
}

// isTerminal reports whether somebody watches w.
func isTerminal(w any) (*os.File, bool) {
	f, ok := w.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// maxWidth keeps lines readable on a wide terminal.
const maxWidth = 120

func newScreen(w io.Writer) screen {
	s := screen{w: w}
	f, ok := isTerminal(w)
	if !ok {
		return s
	}
	s.colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	s.full = 80
	if cols, _, err := term.GetSize(int(f.Fd())); err == nil && cols > 0 {
		s.full = cols
	}
	s.width = min(s.full, maxWidth)
	return s
}

// style is how a piece of text stands out.
type style string

const (
	bold   style = "\x1b[1m"
	dim    style = "\x1b[2m"
	red    style = "\x1b[31m"
	green  style = "\x1b[32m"
	yellow style = "\x1b[33m"
	cyan   style = "\x1b[36m"
)

// paint styles the text if there are colours.
func (s screen) paint(st style, text string) string {
	if !s.colour || text == "" {
		return text
	}
	return string(st) + text + "\x1b[0m"
}

// printf writes as it is told.
func (s screen) printf(format string, args ...any) { fmt.Fprintf(s.w, format, args...) }

// text writes a stored text, indented, wrapped, and freed of what a terminal would
// take as a command.
func (s screen) text(indent int, text string) {
	pad := strings.Repeat(" ", indent)
	for line := range strings.SplitSeq(strings.TrimRight(clean(text), "\n"), "\n") {
		if strings.TrimSpace(line) == "" {
			fmt.Fprintln(s.w)
			continue
		}
		for _, part := range s.wrap(line, s.width-indent) {
			fmt.Fprintln(s.w, pad+part)
		}
	}
}

// beside writes a stored text, as one paragraph in the given style, behind a head
// that takes the given number of columns; further lines begin below the first.
func (s screen) beside(head string, columns int, st style, text string) {
	text = strings.Join(strings.Fields(clean(text)), " ")
	for _, part := range s.wrap(text, max(s.width-columns, 20)) {
		s.printf("%s%s\n", head, s.paint(st, part))
		head = strings.Repeat(" ", columns)
	}
}

// wrap breaks a line at spaces into parts of at most width columns; a word that
// is wider stands alone. The line's own indentation is kept on every part.
func (s screen) wrap(line string, width int) []string {
	if s.width == 0 || uniseg.StringWidth(line) <= width {
		return []string{line}
	}
	body := strings.TrimLeft(line, " ")
	indent := line[:len(line)-len(body)]
	if hang := "  "; strings.HasPrefix(body, "- ") {
		return s.hang(indent, hang, body, width)
	}
	return s.hang(indent, "", body, width)
}

// hang wraps body after indent, every part but the first further in by hanging.
func (s screen) hang(indent, hanging, body string, width int) []string {
	var parts []string
	at := indent
	used := uniseg.StringWidth(indent)
	blank := true // nothing but indentation in at
	for word := range strings.FieldsSeq(body) {
		w := uniseg.StringWidth(word)
		if !blank && used+1+w > width {
			parts = append(parts, at)
			at, blank = indent+hanging, true
			used = uniseg.StringWidth(at)
		}
		if !blank {
			at += " "
			used++
		}
		at += word
		used += w
		blank = false
	}
	return append(parts, at)
}

// line shortens a stored text to one line of what is left of the width after the
// given number of columns.
func (s screen) line(used int, text string) string {
	text = strings.Join(strings.Fields(clean(text)), " ")
	if s.width == 0 {
		return text
	}
	return shorten(text, max(s.width-used, 20))
}

// shorten cuts text to at most width columns, between graphemes, marked by "…".
func shorten(text string, width int) string {
	if uniseg.StringWidth(text) <= width {
		return text
	}
	used, end := 0, 0
	g := uniseg.NewGraphemes(text)
	for g.Next() {
		if used += g.Width(); used > width-1 {
			break
		}
		_, end = g.Positions()
	}
	return strings.TrimRight(text[:end], " ") + "…"
}

// clean drops control characters: what an agent once saw may hold sequences that
// move the cursor or retitle the window.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case unicode.IsControl(r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text)
}
