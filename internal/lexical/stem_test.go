package lexical

import (
	dbsql "database/sql"
	"math/rand/v2"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

func TestStem(t *testing.T) {
	for _, c := range []struct{ term, want string }{
		{"caresses", "caress"}, {"ponies", "poni"}, {"cats", "cat"}, {"feed", "feed"}, {"agreed", "agre"},
		{"motoring", "motor"}, {"hopping", "hop"}, {"filing", "file"}, {"happy", "happi"}, {"sky", "sky"},
		{"relational", "relat"}, {"truncating", "truncat"}, {"truncation", "truncat"}, {"authentication", "authent"},
		{"is", "is"}, {"größer", "größer"}, {"日本", "日本"},
		{strings.Repeat("running", 10), strings.Repeat("running", 10)},
	} {
		if got := Stem(c.term); got != c.want {
			t.Errorf("Stem(%q) = %q, want %q", c.term, got, c.want)
		}
	}
}

// Both engines must find the same, so every word must have the stem it has there.
func TestStemAgreesWithSQLite(t *testing.T) {
	db, err := dbsql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := db.Exec(statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`CREATE VIRTUAL TABLE words USING fts5 (word, tokenize = 'porter ascii')`)
	exec(`CREATE VIRTUAL TABLE stems USING fts5vocab (words, instance)`)
	exec(`BEGIN`)
	words := invented(30000)
	for i, w := range words {
		exec(`INSERT INTO words (rowid, word) VALUES (?, ?)`, i, w)
	}
	rows, err := db.Query(`SELECT doc, term FROM stems`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var i int
		var want string
		if err := rows.Scan(&i, &want); err != nil {
			t.Fatal(err)
		}
		if got := Stem(words[i]); got != want {
			t.Errorf("Stem(%q) = %q, SQLite says %q", words[i], got, want)
		}
	}
	if err := rows.Err(); err != nil || n != len(words) {
		t.Fatalf("compared %d of %d words: %v", n, len(words), err)
	}
}

// invented makes words of all shapes that the algorithm tells apart: beginnings of
// every measure with one or two endings.
func invented(n int) []string {
	endings := strings.Fields(`s es ies ss sses ed eed ing at bl iz y e ee l ll ate ation ational tional enci anci izer
		logi bli alli entli eli ousli ization ator alism iveness fulness ousness aliti iviti biliti icate ative alize
		iciti ical ful ness al ance ence er ic able ible ant ement ment ent sion tion ion ou ism iti ous ive ize`)
	parts := strings.Fields(`b tr y a oo str qu aw ox ey ist ant el op ing rel un conf ig ur é 9`)
	r := rand.New(rand.NewPCG(33, 2))
	pick := func(from []string) string { return from[r.IntN(len(from))] }
	out := make([]string, n)
	for i := range out {
		var b strings.Builder
		for range 1 + r.IntN(3) {
			b.WriteString(pick(parts))
		}
		for range r.IntN(3) {
			b.WriteString(pick(endings))
		}
		out[i] = b.String()
	}
	return out
}

func FuzzStem(f *testing.F) {
	for _, w := range invented(50) {
		f.Add(w)
	}
	f.Fuzz(func(t *testing.T, term string) {
		if got := Stem(term); got == "" && term != "" || len(got) > len(term)+1 {
			t.Errorf("Stem(%q) = %q", term, got)
		}
	})
}
