package period

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Each form reads a period that begins with the word at a place, and says of how many
// words it is; 0 if it is none.

// iso reads 2023-07-07 and 2023-07.
func (r reader) iso(i int) (span, int) {
	if t, err := time.ParseInLocation(time.DateOnly, r.at(i), r.now.Location()); err == nil {
		return r.days(t, 1), 1
	}
	if t, err := time.ParseInLocation("2006-01", r.at(i), r.now.Location()); err == nil {
		return r.months(t, 1), 1
	}
	return span{}, 0
}

// dayOfMonth reads 7 July 2023 and 7th of July.
func (r reader) dayOfMonth(i int) (span, int) {
	day, n := dayOf(r.at(i)), 1
	if r.at(i+n) == "of" {
		n++
	}
	month := monthOf(r.at(i + n))
	if day == 0 || month == 0 {
		return span{}, 0
	}
	return r.day(i, n+1, month, day)
}

// monthAndDay reads July 7, 2023 and July 7th.
func (r reader) monthAndDay(i int) (span, int) {
	month, day := monthOf(r.at(i)), dayOf(r.at(i+1))
	if month == 0 || day == 0 {
		return span{}, 0
	}
	return r.day(i, 2, month, day)
}

// day is one of a year that may stand behind it, after n words from the i-th; else it is the last such
// day up to now.
func (r reader) day(i, n int, month time.Month, day int) (s span, words int) {
	if year := yearOf(r.at(i + n)); year > 0 {
		return r.days(r.date(year, month, day), 1), n + 1
	}
	if r.now.IsZero() || !r.names(i, n, month) {
		return span{}, 0
	}
	from := r.date(r.now.Year(), month, day)
	if from.After(r.now) {
		from = r.date(r.now.Year()-1, month, day)
	}
	return r.days(from, 1), n
}

// names reports whether one of n words is the month's full name. "Step 1 may fail" names
// none: what is a verb, too, needs an "on" before.
func (r reader) names(i, n int, month time.Month) bool {
	verb := month == time.March || month == time.May
	return slices.Contains(r.words[i:i+n], strings.ToLower(month.String())) && (!verb || i > 0 && r.words[i-1] == "on")
}

// month reads July 2023, and in July: the last one that has begun.
func (r reader) month(i int) (span, int) {
	if month, year := monthOf(r.at(i)), yearOf(r.at(i+1)); month > 0 && year > 0 {
		return r.months(r.date(year, month, 1), 1), 2
	}
	month := monthOf(r.at(i + 1))
	if r.now.IsZero() || r.at(i+1) != strings.ToLower(month.String()) || !slices.Contains([]string{"in", "during", "last"}, r.at(i)) {
		return span{}, 0
	}
	from := r.date(r.now.Year(), month, 1)
	if from.After(r.now) {
		from = from.AddDate(-1, 0, 0)
	}
	return r.months(from, 1), 2
}

// year reads in 2023.
func (r reader) year(i int) (span, int) {
	year := yearOf(r.at(i + 1))
	if year == 0 || r.at(i) != "in" && r.at(i) != "during" {
		return span{}, 0
	}
	return r.months(r.date(year, time.January, 1), 12), 2
}

// near reads today, yesterday, and this or last week, month or year. Weeks begin on
// Monday.
func (r reader) near(i int) (s span, n int) {
	if r.now.IsZero() {
		return span{}, 0
	}
	back := 0
	switch r.at(i) {
	case "today":
		s, n = r.days(r.today(), 1), 1
	case "yesterday":
		s, n = r.days(r.today().AddDate(0, 0, -1), 1), 1
	case "last":
		back = 1
		fallthrough
	case "this":
		s, n = r.unit(r.at(i+1), back), 2
	}
	s.relative = true
	if s.to.IsZero() {
		return span{}, 0
	}
	return s, n
}

// unit is the calendar's week, month or year so many back; zero if the word is none of
// them.
func (r reader) unit(word string, back int) span {
	year, month, _ := r.now.Date()
	switch word {
	case "week":
		return r.days(r.today().AddDate(0, 0, -(int(r.now.Weekday())+6)%7-7*back), 7)
	case "month":
		return r.months(r.date(year, month-time.Month(back), 1), 1)
	case "year":
		return r.months(r.date(year-back, time.January, 1), 12)
	}
	return span{}
}

// ago reads 3 days ago, 2 weeks ago, a month ago: a day, or as long as the unit around
// it.
func (r reader) ago(i int) (s span, n int) {
	count, err := strconv.Atoi(r.at(i))
	if r.at(i) == "a" || r.at(i) == "an" || r.at(i) == "one" {
		count, err = 1, nil
	}
	if r.now.IsZero() || err != nil || count < 1 || count > 1000 || r.at(i+2) != "ago" {
		return span{}, 0
	}
	switch strings.TrimSuffix(r.at(i+1), "s") {
	case "day":
		s = r.days(r.today().AddDate(0, 0, -count), 1)
	case "week":
		s = r.days(r.today().AddDate(0, 0, -7*count-3), 7)
	case "month":
		s = r.months(r.today().AddDate(0, -count, -15), 1)
	case "year":
		s = r.months(r.today().AddDate(-count, -6, 0), 12)
	default:
		return span{}, 0
	}
	s.relative = true
	return s, 3
}

// weekday reads on Monday and last Monday: the last one before today.
func (r reader) weekday(i int) (span, int) {
	if r.now.IsZero() || r.at(i) != "on" && r.at(i) != "last" {
		return span{}, 0
	}
	for back := 1; back <= 7; back++ {
		from := r.today().AddDate(0, 0, -back)
		if r.at(i+1) == strings.ToLower(from.Weekday().String()) {
			s := r.days(from, 1)
			s.relative = true
			return s, 2
		}
	}
	return span{}, 0
}

// IsName reports whether a word, in lower case, is the full name of a month or a weekday.
func IsName(word string) bool {
	for m := time.January; m <= time.December; m++ {
		if word == strings.ToLower(m.String()) {
			return true
		}
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if word == strings.ToLower(d.String()) {
			return true
		}
	}
	return false
}

// monthOf is the month of that name, of which three letters are enough; else 0.
func monthOf(word string) time.Month {
	if len(word) < 3 {
		return 0
	}
	for m := time.January; m <= time.December; m++ {
		if strings.HasPrefix(strings.ToLower(m.String()), word) || word == "sept" && m == time.September {
			return m
		}
	}
	return 0
}

// dayOf is the day of a month, 7 or 7th; else 0.
func dayOf(word string) int {
	for _, ending := range []string{"st", "nd", "rd", "th"} {
		word = strings.TrimSuffix(word, ending)
	}
	if n, err := strconv.Atoi(word); err == nil && n >= 1 && n <= 31 && len(word) <= 2 {
		return n
	}
	return 0
}

// yearOf is a year that something may have been remembered in; else 0.
func yearOf(word string) int {
	if n, err := strconv.Atoi(word); err == nil && n >= 1970 && n < 2100 && len(word) == 4 {
		return n
	}
	return 0
}
