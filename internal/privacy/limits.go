package privacy

import (
	"strconv"
	"unicode/utf8"
)

// Limits bound what JSON lets through. A zero field has its default.
type Limits struct {
	Field int // bytes of one text; default 16 KiB
	Total int // bytes of all texts together; default 256 KiB
	Depth int // of nesting; default 64
}

func (l Limits) withDefaults() Limits {
	if l.Field <= 0 {
		l.Field = 16 << 10
	}
	if l.Total <= 0 {
		l.Total = 256 << 10
	}
	if l.Depth <= 0 {
		l.Depth = 64
	}
	return l
}

// Cut shortens s to at most limit bytes and keeps both ends, three quarters of it
// the start: what a command did stands first, how it ended stands last. Between
// them it says how many bytes are missing.
func Cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	room := limit - len(cutMark(len(s)))
	if room <= 0 {
		return cutMark(len(s))
	}
	head := runeStart(s, room*3/4)
	tail := len(s) - (room - room*3/4)
	for tail < len(s) && !utf8.RuneStart(s[tail]) {
		tail++
	}
	return s[:head] + cutMark(tail-head) + s[tail:]
}

func cutMark(bytes int) string { return "\n[… " + strconv.Itoa(bytes) + " bytes cut …]\n" }

// runeStart is the last start of a character at or before i.
func runeStart(s string, i int) int {
	for i > 0 && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}
