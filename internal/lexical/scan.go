package lexical

import (
	"unicode"
	"unicode/utf8"
)

// class is what a character does to the word it stands in.
type class uint8

const (
	gap      class = iota // ends a word
	joiner                // holds two words together as one compound
	silent                // stands in a word and leaves no trace
	lower                 // a letter without case, too
	upper                 // begins a part after a lower or a digit
	digit                 // begins a part after a letter, and the other way round
	unspaced              // see isUnspaced
)

func classOf(r rune) class {
	switch {
	case r >= 'a' && r <= 'z':
		return lower
	case r >= 'A' && r <= 'Z':
		return upper
	case r >= '0' && r <= '9':
		return digit
	case r == '_' || r == '-' || r == '.':
		return joiner
	case r == '\'' || r == '’':
		return silent
	case r < 0x80 || r == utf8.RuneError:
		return gap
	case isDiacritic(r):
		return silent
	case unicode.IsNumber(r):
		if isUnspaced(r) {
			return unspaced
		}
		return digit
	case !unicode.IsLetter(r) && !unicode.IsMark(r) && r != 'ー':
		return gap
	case isUnspaced(r):
		return unspaced
	case unicode.IsUpper(r):
		return upper
	}
	return lower
}

// Scan calls emit for every term of text in order, until it returns false.
func Scan(text string, emit func(term string) bool) {
	c := compound{emit: emit}
	p := pairs{emit: emit}
	for i, r := range text {
		r = narrow(r)
		k := classOf(r)
		if k != unspaced && k != silent && !p.flush() {
			return
		}
		switch k {
		case gap:
			if !c.flush() {
				return
			}
		case unspaced:
			if !c.flush() || !p.add(r) {
				return
			}
		case joiner:
			// Two in a row are a dash, an ellipsis or a rule.
			if c.joined && !c.flush() {
				return
			}
			c.join()
		case silent:
		default:
			if k == lower && c.acronym() && !isPluralAt(text, i, r) {
				c.splitLast()
			}
			c.add(r, k)
		}
	}
	_ = p.flush() && c.flush()
}

// isPluralAt reports whether the character at i is the s of URLs or IDs, which
// must not tear the acronym apart.
func isPluralAt(text string, i int, r rune) bool {
	if r != 's' {
		return false
	}
	next, _ := utf8.DecodeRuneInString(text[min(i+1, len(text)):])
	k := classOf(narrow(next))
	return k != lower && k != upper
}

// compound collects the parts of one word.
type compound struct {
	emit   func(string) bool
	whole  []byte
	part   []byte
	parts  []string
	prev   class // of the last character of part
	uppers int   // how many upper-case letters end part
	last   int   // where the last character of part begins
	joined bool  // a joiner came after part
}

// join notes a joiner: it only counts between two words.
func (c *compound) join() {
	if len(c.whole) > 0 {
		c.endPart()
		c.joined = true
	}
}

// acronym reports whether part ends in two or more upper-case letters, so that a
// lower-case one now means that the last of them begins a word, as in HTTPServer.
func (c *compound) acronym() bool { return c.uppers >= 2 && !c.joined }

// splitLast moves the last character of part into a part of its own.
func (c *compound) splitLast() {
	tail := string(c.part[c.last:])
	c.part = c.part[:c.last]
	c.endPart()
	c.part, c.prev, c.uppers = append(c.part, tail...), upper, 1
}

func (c *compound) add(r rune, k class) {
	c.joined = false
	if len(c.part) > 0 && (k == digit) != (c.prev == digit) || k == upper && c.prev == lower {
		c.endPart()
	}
	if k == upper {
		c.uppers++
	} else {
		c.uppers = 0
	}
	c.last, c.prev = len(c.part), k
	if len(c.part) < MaxTermBytes {
		c.part = appendFolded(c.part, r)
	}
	if len(c.whole) < MaxTermBytes {
		c.whole = appendFolded(c.whole, r)
	}
}

func (c *compound) endPart() {
	if len(c.part) > 0 && len(c.parts) < maxParts {
		c.parts = append(c.parts, cut(c.part))
	}
	c.part, c.prev, c.uppers, c.last = c.part[:0], gap, 0, 0
}

// flush emits what was collected and begins anew.
func (c *compound) flush() bool {
	if len(c.whole) == 0 {
		return true
	}
	c.endPart()
	ok := c.emit(cut(c.whole))
	if len(c.parts) > 1 {
		for _, p := range c.parts {
			ok = ok && c.emit(p)
		}
	}
	c.whole, c.parts, c.joined = c.whole[:0], c.parts[:0], false
	return ok
}

// cut makes a term of b, at most MaxTermBytes and no half character.
func cut(b []byte) string {
	n := min(len(b), MaxTermBytes)
	for n < len(b) && n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return string(b[:n])
}

// pairs makes overlapping pairs of a run of characters.
type pairs struct {
	emit func(string) bool
	prev rune
	n    int
}

func (p *pairs) add(r rune) bool {
	ok := p.n == 0 || p.emit(string([]rune{p.prev, r}))
	p.prev = r
	p.n++
	return ok
}

// flush ends the run; one of a single character is a term by itself.
func (p *pairs) flush() bool {
	ok := p.n != 1 || p.emit(string(p.prev))
	p.n = 0
	return ok
}
