package recall

import (
	"strings"
	"unicode/utf16"

	"claude-mem/internal/privacy"
	"claude-mem/internal/tokens"
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
	room, chars int // what is left, in units of tokens.Weight and in characters
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
func newPage(budget int, head string) *page {
	if budget <= 0 {
		budget = DefaultTokens
	}
	p := &page{room: budget * tokens.UnitsPerToken, chars: MaxChars}
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
	p.room -= tokens.Weight(text)
	p.chars -= chars(text)
}

// fits reports whether the text could still be added.
func (p *page) fits(text string) bool {
	return tokens.Weight(text) <= p.room && chars(text) <= p.chars
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
