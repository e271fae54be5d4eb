package recall

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"claude-mem/internal/privacy"
)

// Bounds of what is injected.
const (
	// MaxChars is the size of a text at most, in UTF-16 code units, which is what hosts
	// in JavaScript count. Claude Code shows a model only a preview of what is longer
	// than 10,000 of them.
	MaxChars = 9500
	// DefaultTokens is the budget when none is asked for: about what MaxChars holds.
	DefaultTokens = 2400
)

const (
	opening = "<" + privacy.ContextTag + ">\n"
	closing = "</" + privacy.ContextTag + ">\n"
)

// Tokens estimates what a text costs a model: 2 tokens for every 7 ASCII
// characters, 1 for every other one, and 2 for those beyond the basic plane, such as
// emoji. Prose in English costs less, code about that much; no tokeniser is worth its
// megabytes for a better guess.
func Tokens(text string) int { return (weight(text) + 6) / 7 }

// weight is the estimate in sevenths of a token, so that the weights of parts add
// up to that of the whole.
func weight(text string) int {
	n := 0
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
			n += 2
		case utf16.RuneLen(r) == 2:
			n += 14
		default:
			n += 7
		}
	}
	return n
}

// chars counts UTF-16 code units.
func chars(text string) int {
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

// page is a text that grows until its budget is used up. Pieces stand in sections,
// which are printed in the order of their making, whatever order they are filled in.
type page struct {
	room, chars int // what is left, in sevenths of a token and in characters
	sections    []*section
}

// section is a part of a page: a head, which costs nothing while nothing follows,
// and lines.
type section struct {
	head  string
	lines []string
}

// newPage makes a page for a budget in tokens; 0 means DefaultTokens. The head of
// the page and the tags around it are paid for at once.
func newPage(tokens int, head string) *page {
	if tokens <= 0 {
		tokens = DefaultTokens
	}
	p := &page{room: tokens * 7, chars: MaxChars}
	p.section(head)
	p.pay(opening + head + closing)
	return p
}

// section opens a new part at the end of the page.
func (p *page) section(head string) *section {
	s := &section{head: head}
	p.sections = append(p.sections, s)
	return s
}

func (p *page) pay(text string) {
	p.room -= weight(text)
	p.chars -= chars(text)
}

// fits reports whether the text could still be added.
func (p *page) fits(text string) bool {
	return weight(text) <= p.room && chars(text) <= p.chars
}

// add appends a piece, whole lines, to a section of the page if it fits.
func (p *page) add(s *section, piece string) bool {
	cost := piece
	if len(s.lines) == 0 && s != p.sections[0] {
		cost = s.head + piece
	}
	if !p.fits(cost) {
		return false
	}
	p.pay(cost)
	s.lines = append(s.lines, piece)
	return true
}

// text is the finished page, or "" if nothing was added.
func (p *page) text() string {
	var b strings.Builder
	b.WriteString(opening + p.sections[0].head)
	empty := true
	for i, s := range p.sections {
		if len(s.lines) == 0 {
			continue
		}
		empty = false
		if i > 0 {
			b.WriteString(s.head)
		}
		for _, l := range s.lines {
			b.WriteString(l)
		}
	}
	if empty {
		return ""
	}
	return b.String() + closing
}
