package spelling

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestIsWord(t *testing.T) {
	for term, want := range map[string]bool{
		"parse": true, "file": true, "größe": true, "файл": true, "маленькии": true, "maxchunksize": true,
		"csv": false, "": false, "v123": false, "sha256": false, "utf8": false, "数据": false,
		strings.Repeat("a", Longest): true, strings.Repeat("a", Longest+1): false,
	} {
		if IsWord(term) != want {
			t.Errorf("%q is a word: %v", term, !want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b       string
		most, want int
	}{
		{"parser", "parser", 2, 0},
		{"parser", "praser", 1, 1},
		{"parser", "parsr", 1, 1},
		{"parser", "paarser", 1, 1},
		{"parser", "parzer", 1, 1},
		{"parser", "sparse", 2, 2},
		{"parser", "printer", 2, 3},
		{"authetnicatoin", "authentication", 2, 2},
		{"größe", "grösse", 2, 2},
		{"abc", "abcdef", 2, 3},
		{"", "ab", 2, 2},
	} {
		if got := Distance(c.a, c.b, c.most); got != c.want {
			t.Errorf("%q and %q are %d apart, want %d", c.a, c.b, got, c.want)
		}
		if got := Distance(c.b, c.a, c.most); got != c.want {
			t.Errorf("%q and %q are %d apart, want %d", c.b, c.a, got, c.want)
		}
	}
}

func TestBeginAlike(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"parser", "paser", true}, {"praser", "parser", true}, {"aprser", "parser", true}, {"arser", "parser", true},
		{"pparser", "parser", true}, {"june", "tune", false}, {"über", "aber", false}, {"", "parser", false},
	} {
		if BeginAlike(c.a, c.b) != c.want || BeginAlike(c.b, c.a) != c.want {
			t.Errorf("%q and %q begin alike: %v", c.a, c.b, !c.want)
		}
	}
}

// However it is cut short, it is the distance of the whole table.
func TestDistanceIsThatOfTheWholeTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[abä]{0,9}`)
		a, b, most := word.Draw(t, "a"), word.Draw(t, "b"), rapid.IntRange(0, 3).Draw(t, "most")
		if got, want := Distance(a, b, most), min(whole([]rune(a), []rune(b)), most+1); got != want {
			t.Errorf("%q and %q are %d apart, want %d", a, b, got, want)
		}
	})
}

func whole(x, y []rune) int {
	switch {
	case len(x) == 0 || len(y) == 0:
		return len(x) + len(y)
	case x[0] == y[0]:
		return whole(x[1:], y[1:])
	}
	d := min(whole(x[1:], y), whole(x, y[1:]), whole(x[1:], y[1:])) + 1
	if len(x) > 1 && len(y) > 1 && x[0] == y[1] && x[1] == y[0] {
		d = min(d, whole(x[2:], y[2:])+1)
	}
	return d
}

// What is one edit away begins or ends alike.
func TestEndsFindOneEdit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-zäж]{4,7}`).Draw(t, "word")
		r := []rune(word)
		at := rapid.IntRange(0, len(r)-1).Draw(t, "at")
		letter := rapid.SampledFrom([]rune("abzäж")).Draw(t, "letter")
		switch rapid.IntRange(0, 3).Draw(t, "edit") {
		case 0:
			r[at] = letter
		case 1:
			r = append(r[:at:at], r[at+1:]...)
		case 2:
			r = append(r[:at:at], append([]rune{letter}, r[at:]...)...)
		case 3:
			if at > 0 {
				r[at], r[at-1] = r[at-1], r[at]
			}
		}
		begin, end := Ends(word)
		if other := string(r); Distance(word, other, 1) > 1 || !strings.HasPrefix(other, begin) && !strings.HasSuffix(other, end) {
			t.Errorf("%q is %d from %q, which begins %q and ends %q", other, Distance(word, other, 1), word, begin, end)
		}
	})
}

func TestEndsOfLongWordsLeaveRoomForTwoEdits(t *testing.T) {
	if begin, end := Ends("authentication"); begin != "auth" || end != "tion" || Edits("authentication") != 2 {
		t.Errorf("begins %q, ends %q, %d edits", begin, end, Edits("authentication"))
	}
	if got := Reverse("größe"); got != "eßörg" {
		t.Error(got)
	}
}

func TestEntriesStandTogether(t *testing.T) {
	entries := Entries([]string{"größe", "parse"})
	if want := []string{"größe", "<eßörg", "parse", "<esrap"}; !slices.Equal(entries, want) {
		t.Errorf("%q", entries)
	}
	for _, e := range entries {
		if w := Word(e); w != "größe" && w != "parse" {
			t.Errorf("%q is of %q", e, w)
		}
	}
	in := func(from, to string) (got []string) {
		for _, e := range entries {
			if from <= e && e < to {
				got = append(got, e)
			}
		}
		return got
	}
	if got := in(Beginning("gr")); !slices.Equal(got, entries[:1]) {
		t.Errorf("beginning: %q", got)
	}
	if got := in(Ending("ße")); !slices.Equal(got, entries[1:2]) {
		t.Errorf("ending: %q", got)
	}
}

func TestKnownIsBounded(t *testing.T) {
	k := NewKnown()
	k.Unknown(1, nil)
	k.Add(1, []string{"parse"})
	if got := k.Unknown(1, []string{"parse", "sparse"}); !slices.Equal(got, []string{"sparse"}) {
		t.Errorf("unknown are %q", got)
	}
	if got := k.Unknown(2, []string{"parse"}); !slices.Equal(got, []string{"parse"}) {
		t.Errorf("of another project unknown are %q", got)
	}
	for i := range 3 * maxKnown {
		k.Add(int64(i), []string{"parse"})
		if len(k.words) > maxKnown {
			t.Fatalf("%d are known", len(k.words))
		}
	}
	k.Forget()
	if len(k.words) > 0 {
		t.Error("nothing was forgotten")
	}
	k.until = k.until.Add(-2 * knownFor)
	k.Add(1, []string{"parse"})
	if got := k.Unknown(1, []string{"parse"}); len(got) != 1 {
		t.Error("it is known for ever")
	}
}
