package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
)

func TestTextWrapsToTheWidth(t *testing.T) {
	for _, c := range []struct {
		name  string
		width int
		text  string
		want  string
	}{
		{"no terminal", 0, "one two three four five six", "  one two three four five six\n"},
		{"fits", 40, "one two three", "  one two three\n"},
		{"breaks at spaces", 14, "one two three four", "  one two\n  three four\n"},
		{"keeps indentation", 14, "    deep text here", "      deep\n      text\n      here\n"},
		{"hangs list items", 14, "- one two three", "  - one two\n    three\n"},
		{"a word too long stands alone", 10, "a incomprehensible b", "  a\n  incomprehensible\n  b\n"},
		{"wide characters count twice", 12, "日本語 日本語", "  日本語\n  日本語\n"},
		{"blank lines stay", 40, "one\n\ntwo\n", "  one\n\n  two\n"},
	} {
		var out bytes.Buffer
		screen{w: &out, width: c.width}.text(2, c.text)
		if diff := cmp.Diff(c.want, out.String()); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

// What an agent saw may hold sequences that take over a terminal.
func TestNothingStoredReachesTheTerminalAsACommand(t *testing.T) {
	hostile := "title\x1b]0;owned\x07 \x1b[2J\u009b31m red \x00 \r end"
	var out bytes.Buffer
	s := screen{w: &out, width: 80, colour: false}
	s.text(0, hostile)
	s.printf("%s", s.line(0, hostile))
	if i := strings.IndexFunc(out.String(), func(r rune) bool { return r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 }); i >= 0 {
		t.Errorf("a control character gets through: %q", out.String())
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"short", 10, "short"},
		{"just right", 10, "just right"},
		{"a bit too long", 10, "a bit too…"},
		{"日本語日本語", 7, "日本語…"},
		{"e\u0301e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301…"},
	} {
		got := shorten(c.text, c.width)
		if got != c.want || uniseg.StringWidth(got) > c.width {
			t.Errorf("shorten(%q, %d) = %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestColourOnlyWhereItIsWanted(t *testing.T) {
	if got := (screen{colour: false}).paint(red, "x"); got != "x" {
		t.Errorf("coloured without being asked: %q", got)
	}
	if got := (screen{colour: true}).paint(red, "x"); got != "\x1b[31mx\x1b[0m" {
		t.Errorf("not coloured: %q", got)
	}
	if s := newScreen(&bytes.Buffer{}); s.colour || s.width != 0 {
		t.Errorf("a buffer is taken for a terminal: %+v", s)
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 5 << 20: "5.0 MiB", 3 << 30: "3.0 GiB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
}
