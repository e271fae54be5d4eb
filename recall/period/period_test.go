package period

import (
	"testing"
	"time"
)

func TestFind(t *testing.T) {
	zone := time.FixedZone("east", 9*3600)
	now := time.Date(2026, time.March, 11, 1, 30, 0, 0, zone) // a Wednesday
	for _, c := range []struct{ text, since, until, outside string }{
		{"what broke on 7 July 2023?", "2023-07-07", "2023-07-08", "what broke on"},
		{"on the 7th of July, 2023 it broke", "2023-07-07", "2023-07-08", "on the it broke"},
		{"July 7th, 2023", "2023-07-07", "2023-07-08", ""},
		{"from 2023-07-07 on", "2023-07-07", "2023-07-08", "from on"},
		{"releases of Jul 2023", "2023-07-01", "2023-08-01", "releases of"},
		{"2023-12", "2023-12-01", "2024-01-01", ""},
		{"in 2023 we moved", "2023-01-01", "2024-01-01", "we moved"},
		{"today", "2026-03-11", "2026-03-12", ""},
		{"what did we do yesterday?", "2026-03-10", "2026-03-11", "what did we do"},
		{"this week's work", "", "", "this week's work"},
		{"fixes of this week", "2026-03-09", "2026-03-16", "fixes of"},
		{"fixes of last week", "2026-03-02", "2026-03-09", "fixes of"},
		{"last month", "2026-02-01", "2026-03-01", ""},
		{"last year", "2025-01-01", "2026-01-01", ""},
		{"3 days ago", "2026-03-08", "2026-03-09", ""},
		{"a week ago", "2026-03-01", "2026-03-08", ""},
		{"2 months ago", "2025-12-27", "2026-01-27", ""},
		{"1 year ago", "2024-09-11", "2025-09-11", ""},
		{"on Wednesday", "2026-03-04", "2026-03-05", ""},
		{"last Tuesday", "2026-03-10", "2026-03-11", ""},
		{"in May", "2025-05-01", "2025-06-01", ""},
		{"in March", "2026-03-01", "2026-04-01", ""},
		{"decided on March 10", "2026-03-10", "2026-03-11", "decided on"},
		{"decided on 12 March", "2025-03-12", "2025-03-13", "decided on"},
		{"since yesterday", "", "", "since yesterday"},
		{"before July 2023", "", "", "before July 2023"},
		{"you may march", "", "", "you may march"},
		{"version 1.2.3 of 2023", "", "", "version 1.2.3 of 2023"},
		{"32 July 2023 or 0 May", "2023-07-01", "2023-08-01", "32 or 0 May"},
		{"in sep", "", "", "in sep"},
		{"step 1 may fail", "", "", "step 1 may fail"},
		{"dec 5", "", "", "dec 5"},
		{"on 1 May", "2025-05-01", "2025-05-02", "on"},
		{"", "", "", ""},
	} {
		p, outside, ok := Find(c.text, now)
		since, until := "", ""
		if ok {
			since = p.Since.Time().In(zone).Format(time.DateOnly)
			until = p.Until.Time().In(zone).Format(time.DateOnly)
		}
		if since != c.since || until != c.until || outside != c.outside {
			t.Errorf("%q is from %q to %q, outside %q; want %q to %q, %q", c.text, since, until, outside, c.since, c.until, c.outside)
		}
	}
}

func TestWithoutNowNothingIsSeenFromIt(t *testing.T) {
	for _, text := range []string{"today", "last week", "3 days ago", "on Monday", "in July", "7 July"} {
		if p, _, ok := Find(text, time.Time{}); ok {
			t.Errorf("%q is %v", text, p)
		}
	}
	p, _, ok := Find("7 July 2023", time.Time{})
	if want := time.Date(2023, time.July, 7, 0, 0, 0, 0, time.UTC); !ok || !p.Since.Time().Equal(want) || p.Relative {
		t.Errorf("a named day is %v", p)
	}
	if p, _, _ := Find("last week", time.Now()); !p.Relative {
		t.Error("last week is not relative")
	}
}

func TestIsName(t *testing.T) {
	for word, want := range map[string]bool{"december": true, "sunday": true, "saturday": true, "dec": false, "decembre": false, "": false} {
		if IsName(word) != want {
			t.Errorf("%q is a name: %v", word, !want)
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("7 July 2023")
	f.Add("2 months ago")
	f.Fuzz(func(t *testing.T, text string) {
		p, _, ok := Find(text, time.Date(2026, time.March, 11, 1, 30, 0, 0, time.UTC))
		if ok && p.Since >= p.Until {
			t.Errorf("%q is a period from %d to %d", text, p.Since, p.Until)
		}
	})
}
