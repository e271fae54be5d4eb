package storagetest

import (
	"fmt"
	"strings"

	"claude-mem/internal/lexical"
	"claude-mem/memory"
	"claude-mem/storage"
)

// find searches for any text and returns the titles found, best first.
func (f *fixture) find(s memory.Scope, text string) []string {
	f.Helper()
	hits, err := f.store.Search(f.ctx, s, storage.Query{Terms: lexical.Terms(text)})
	if err != nil {
		f.Fatalf("search for %q: %v", text, err)
	}
	return ids(hits, func(h storage.Hit) string { return h.Title() })
}

// testSearch checks that what people type finds what was written: identifiers in
// any spelling, versions, paths, accents, and languages without spaces.
func testSearch(f *fixture) {
	put := func(content string) {
		o := newObservation(f.ours, "", 1)
		o.Metadata = memory.Metadata{}
		o.Kind, o.Content = memory.KindManual, content
		f.putObservation(o)
	}
	for _, content := range []string{
		"MaxChunkSize bounds one line",
		"TestResume_LocalLogNewerTimestamp waits",
		".goreleaser.yaml has brews",
		"retry of ERR_FOO-42 in v1.2.3",
		"Crème brûlée à la carte",
		"数据库连接池已满",
		"データベース",
		"ฐานข้อมูลเต็ม",
		"path internal/ingest/reader.go",
	} {
		put(content)
	}
	for _, c := range []struct{ query, want string }{
		{"max chunk size", "MaxChunkSize bounds one line"},
		{"maxchunksize", "MaxChunkSize bounds one line"},
		{"chunks", "MaxChunkSize bounds one line"},
		{"why does TestResume_LocalLogNewerTimestamp wait for input", "TestResume_LocalLogNewerTimestamp waits"},
		{"what replaces brews in GoReleaser", ".goreleaser.yaml has brews"},
		{"ERR_FOO-42", "retry of ERR_FOO-42 in v1.2.3"},
		{"v1.2.3", "retry of ERR_FOO-42 in v1.2.3"},
		{"creme brulee", "Crème brûlée à la carte"},
		{"CRÈME", "Crème brûlée à la carte"},
		{"连接池", "数据库连接池已满"},
		{"データ", "データベース"},
		{"ข้อมูล", "ฐานข้อมูลเต็ม"},
		{"reader.go", "path internal/ingest/reader.go"},
		{"./internal/ingest/", "path internal/ingest/reader.go"},
		{`"bounds" AND NOT`, "MaxChunkSize bounds one line"},
	} {
		if got := f.find(f.ours, c.query); len(got) == 0 || got[0] != c.want {
			f.Errorf("search for %q found %q, not %q first", c.query, got, c.want)
		}
	}
	f.neverSyntax()
}

// neverSyntax checks that no text is an error, even if it does not come from
// internal/lexical.
func (f *fixture) neverSyntax() {
	f.Helper()
	texts := []string{
		"", " ", "*", "a*", `"`, `""`, `'`, "(", ")", "a OR", "NEAR(a b, 2)", "title:", "title : x", "-a", "^a", "{x}", "a + b",
		"\x00", "a\x00b", "\xff\xfe", "💥", "%", "_", "\\", "--", ";", strings.Repeat("long ", 5000), strings.Repeat("x", 100_000),
	}
	for _, text := range texts {
		f.find(f.ours, text)
		for _, terms := range [][]string{{text}, {text, "bounds"}, strings.Split(text, " ")} {
			if _, err := f.store.Search(f.ctx, f.ours, storage.Query{Terms: terms}); err != nil {
				f.Errorf("search for the terms %.80q: %v", terms, err)
			}
		}
	}
	hits, err := f.store.Search(f.ctx, f.ours, storage.Query{})
	f.ok(err)
	f.same("no terms", len(hits), 0)
}

// testSearchInStep checks that the index follows every write, and that every field
// is in it: summaries and imports that nobody indexed once were lost to search.
func testSearchInStep(f *fixture) {
	o := newObservation(f.ours, "gobbledygook", 1)
	o.Metadata.Facts, o.Metadata.Narrative = []string{"factoid"}, "narration"
	o.Metadata.Concepts, o.Metadata.FilesRead = []string{"conception"}, []string{"filename.go"}
	o.Metadata.Subtitle = "underneath"
	o.Content = o.Metadata.Content()
	o = f.putObservation(o)
	for _, word := range []string{"gobbledygook", "factoid", "narration", "conception", "filename", "underneath"} {
		f.same("found by "+word, f.find(f.ours, word), []string{"gobbledygook"})
	}
	summary := newObservation(f.ours, "", 2)
	summary.Kind, summary.Metadata = memory.KindSummaryObservation, memory.Metadata{Title: "sum", Summary: &memory.Summary{NextSteps: "deployment"}}
	summary.Content = summary.Metadata.Content()
	f.putObservation(summary)
	f.same("a summary by its fields", f.find(f.ours, "deployment"), []string{"sum"})

	o.Metadata = memory.Metadata{Title: "renamed"}
	o.Content = "plainly"
	f.tx(func(tx storage.Tx) error { _, err := tx.UpdateObservation(f.ctx, o); return err })
	f.same("the old words are gone", f.find(f.ours, "gobbledygook factoid filename"), []string{})
	f.same("the new ones are there", f.find(f.ours, "plainly"), []string{"renamed"})

	f.tx(func(tx storage.Tx) error { return tx.DeleteObservation(f.ctx, f.ours, o.ID) })
	f.same("deleted", f.find(f.ours, "plainly renamed"), []string{})

	undone := fmt.Errorf("undone")
	err := f.store.InTx(f.ctx, func(tx storage.Tx) error {
		if _, _, err := tx.PutObservation(f.ctx, newObservation(f.ours, "phantom", 1)); err != nil {
			return err
		}
		hits, err := tx.Search(f.ctx, f.ours, storage.Query{Terms: []string{"phantom"}})
		f.ok(err)
		f.same("a transaction finds what it wrote", len(hits), 1)
		return undone
	})
	f.fails("undone", err, undone)
	f.same("what was undone", f.find(f.ours, "phantom"), []string{})
}

// testRanking checks the order of hits as far as it is promised.
func testRanking(f *fixture) {
	put := func(at memory.Epoch, m memory.Metadata) memory.Observation {
		o := newObservation(f.ours, "", at)
		o.Metadata, o.Content = m, m.Content()
		return f.putObservation(o)
	}
	filler := strings.Repeat("filler text that says nothing of note here. ", 4)
	put(1, memory.Metadata{Title: "in narrative", Narrative: "zebra " + filler})
	put(2, memory.Metadata{Title: "in facts", Narrative: filler, Facts: []string{"zebra"}})
	put(3, memory.Metadata{Title: "zebra in title", Narrative: filler})
	f.same("title before facts before narrative", f.find(f.ours, "zebra"), []string{"zebra in title", "in facts", "in narrative"})

	put(4, memory.Metadata{Title: "quagga okapi"})
	put(5, memory.Metadata{Title: "quagga other"})
	put(6, memory.Metadata{Title: "more okapi"})
	if got := f.find(f.ours, "quagga okapi"); len(got) != 3 || got[0] != "quagga okapi" {
		f.Errorf("any term matches and all terms rank first: %q", got)
	}
	var twins []string
	for i := range 5 {
		twins = append([]string{fmt.Sprint(put(memory.Epoch(10+i), memory.Metadata{Title: "twin"}).Number)}, twins...)
	}
	var got []string
	for offset := range 5 {
		hits, err := f.store.Search(f.ctx, f.ours, storage.Query{Terms: []string{"twin"}, Page: storage.Page{Limit: 1, Offset: offset}})
		f.ok(err)
		for _, h := range hits {
			got = append(got, fmt.Sprint(h.Number))
		}
	}
	f.same("ties by number descending, page by page", got, twins)

	hits, err := f.store.Search(f.ctx, f.ours, storage.Query{Terms: []string{"zebra"}})
	f.ok(err)
	for i := 1; i < len(hits); i++ {
		if hits[i].Score > hits[i-1].Score {
			f.Errorf("score %g after %g", hits[i].Score, hits[i-1].Score)
		}
	}
}
