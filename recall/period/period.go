// Package period finds the time that a text speaks of: a day, a week, a month or a
// year, by its name or as seen from now.
//
//	7 July 2023 · July 7th, 2023 · 2023-07-07 · July 2023 · 2023-07 · in 2023
//	today · yesterday · this week · last month · 3 days ago · on Monday · in July · 7 July
//
// The second line needs to know what now is; without it only the first is read. Of
// several the first is taken. "Since July" and "before 2023" name no period: nearly all
// would be in it.
package period

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"claude-mem/memory"
)

// Period is a span of time.
type Period struct {
	Since, Until memory.Epoch // Until is exclusive
	// Relative says that its words mean another time on another day: "yesterday". No
	// text that speaks of the same time need hold them.
	Relative bool
}

// maxWords is how many words of a text are looked at.
const maxWords = 256

// Find returns the first period that the text names, and the text without the words that
// name it. Days begin where now is; a zero now is as in UTC, and makes that nothing is
// seen from it.
func Find(text string, now time.Time) (p Period, outside string, ok bool) {
	r := reader{now: now}
	fields := strings.Fields(text)
	r.words = make([]string, min(len(fields), maxWords))
	for i := range r.words {
		bare := strings.TrimFunc(fields[i], func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
		r.words[i] = strings.ToLower(bare)
	}
	for i := range r.words {
		if i > 0 && slices.Contains([]string{"since", "after", "before", "until", "till", "by"}, r.words[i-1]) {
			continue
		}
		for _, form := range []func(reader, int) (span, int){
			reader.iso, reader.dayOfMonth, reader.monthAndDay, reader.month, reader.year, reader.near, reader.ago, reader.weekday,
		} {
			if s, n := form(r, i); n > 0 {
				p := Period{memory.EpochOf(s.from), memory.EpochOf(s.to), s.relative}
				return p, strings.Join(slices.Delete(fields, i, i+n), " "), true
			}
		}
	}
	return Period{}, text, false
}

// reader reads a text's words: lower-case, without what stands around them.
type reader struct {
	words []string
	now   time.Time
}

// span is a period as it is read.
type span struct {
	from, to time.Time
	relative bool
}

// at is the word at a place, "" behind the last.
func (r reader) at(i int) string {
	if i >= len(r.words) {
		return ""
	}
	return r.words[i]
}

// date is a day's begin.
func (r reader) date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, r.now.Location())
}

func (r reader) days(from time.Time, n int) span { return span{from: from, to: from.AddDate(0, 0, n)} }

func (r reader) months(from time.Time, n int) span {
	return span{from: from, to: from.AddDate(0, n, 0)}
}

// today is the begin of today.
func (r reader) today() time.Time { return r.date(r.now.Date()) }
