package storagetest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"claude-mem/internal/lexical"
	"claude-mem/internal/termlist"
	"claude-mem/memory"
	"claude-mem/storage"
)

// find searches for any text and returns the titles of what holds any of its terms:
// those first that hold most of them, then the newest.
func (f *fixture) find(s memory.Scope, text string) []string {
	f.Helper()
	return f.findIn(f.store, s, text)
}

func (f *fixture) findIn(r storage.Reader, s memory.Scope, text string) []string {
	f.Helper()
	var q storage.Matching
	for _, term := range lexical.Terms(text) {
		q.Clauses = append(q.Clauses, []string{lexical.Root(term)})
	}
	matches, err := r.Matching(f.ctx, s, q)
	f.ok(err)
	held := make(map[int64]int)
	for _, m := range matches {
		for _, n := range m.Numbers {
			held[n]++
		}
	}
	numbers := slices.SortedFunc(maps.Keys(held), func(a, b int64) int {
		return cmp.Or(cmp.Compare(held[b], held[a]), cmp.Compare(b, a))
	})
	list, err := r.ObservationsByNumber(f.ctx, s, numbers)
	f.ok(err)
	return ids(list, title)
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
		for _, clauses := range [][][]string{{{text}}, {{text, "bound"}, {"bound"}}, {strings.Split(text, " ")}, {{}, nil}} {
			matches, err := f.store.Matching(f.ctx, f.ours, storage.Matching{Clauses: clauses})
			if err != nil || len(matches) != len(clauses) {
				f.Errorf("%d answers for the clauses %.80q: %v", len(matches), clauses, err)
			}
		}
	}
	matches, err := f.store.Matching(f.ctx, f.ours, storage.Matching{})
	f.ok(err)
	f.same("no clauses", len(matches), 0)
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
		f.same("a transaction finds what it wrote", f.findIn(tx, f.ours, "phantom"), []string{"phantom"})
		return undone
	})
	f.fails("undone", err, undone)
	f.same("what was undone", f.find(f.ours, "phantom"), []string{})
}

// testMatching checks what a clause finds, in which order, and how many it says there
// are.
func testMatching(f *fixture) {
	put := func(s memory.Scope, m memory.Metadata) int64 {
		o := newObservation(s, "", 1)
		o.Metadata, o.Content = m, m.Content()
		return f.putObservation(o).Number
	}
	title := put(f.ours, memory.Metadata{Title: "zebra okapi"})
	facts := put(f.ours, memory.Metadata{Title: "other", Facts: []string{"zebra", "quagga"}})
	files := put(f.ours, memory.Metadata{Title: "zebra", FilesRead: []string{"okapi.go"}})
	foreign := put(f.theirs, memory.Metadata{Title: "zebra"})
	second := put(f.ours2, memory.Metadata{Title: "zebra"})
	match := func(s memory.Scope, limit int, clauses ...[]string) []storage.Matches {
		f.Helper()
		m, err := f.store.Matching(f.ctx, s, storage.Matching{Clauses: clauses, Limit: limit})
		f.ok(err)
		return m
	}
	got := match(f.ours, 10, []string{"zebra"}, []string{"okapi", "zebra"}, []string{"quagga", "okapi"}, []string{"zeb"}, []string{"zebras"})
	want := []storage.Matches{{Numbers: []int64{files, facts, title}, Total: 3}, {Numbers: []int64{files, title}, Total: 2}, {}, {}, {}}
	f.same("each clause by itself, all of its terms, newest first", got, want)
	f.same("of another tenant", match(f.theirs, 10, []string{"zebra"}), []storage.Matches{{Numbers: []int64{foreign}, Total: 1}})
	f.same("of a team", match(memory.Scope{TeamID: f.ours.TeamID}, 10, []string{"zebra"}),
		[]storage.Matches{{Numbers: []int64{second, files, facts, title}, Total: 4}})

	cut := match(f.ours, 2, []string{"zebra"})[0]
	f.same("the newest of them", cut.Numbers, []int64{files, facts})
	if cut.Total <= 2 {
		f.Errorf("of three, two are listed, and %d are said to be there", cut.Total)
	}
	for limit, want := range map[int]int{0: 3, -1: 3, 1 << 40: 3, 1: 1} {
		f.same(fmt.Sprintf("limit %d", limit), len(match(f.ours, limit, []string{"zebra"})[0].Numbers), want)
	}
	for _, c := range []struct {
		s    memory.Scope
		want int64
	}{{f.ours, 3}, {memory.Scope{TeamID: f.ours.TeamID}, 4}, {memory.Scope{TeamID: "none"}, 0}} {
		n, err := f.store.Extent(f.ctx, c.s)
		f.ok(err)
		f.same("extent", n, c.want)
	}
}

// testRanked checks that what an observation is ranked by is what internal/termlist
// makes of it, after every write.
func testRanked(f *fixture) {
	s := f.putSession(newSession(f.ours, "s", 1))
	o := newObservation(f.ours, "Raise the limit?", 10)
	o.SessionID = memory.Opt(s.ID)
	o.Metadata.Facts, o.Metadata.FilesRead = []string{"it was low"}, []string{"a/limit.go"}
	o.Content = "Would it help?"
	o = f.putObservation(o)
	other := f.putObservation(newObservation(f.ours, "Another", 11))
	foreign := f.putObservation(newObservation(f.theirs, "Theirs", 12))
	ranked := func(reach int64, numbers ...int64) []storage.Ranked {
		f.Helper()
		r, err := f.store.Ranked(f.ctx, f.ours, storage.Ranking{Numbers: numbers, Reach: reach, Filter: storage.ObservationFilter{WithoutSubagents: true}})
		f.ok(err)
		return r
	}
	want := func(o memory.Observation, asked bool) storage.Ranked {
		return storage.Ranked{Number: o.Number, Thread: termlist.Thread(o), List: termlist.Of(o).Encode(), OccurredAt: o.OccurredAt, Asked: asked}
	}
	f.same("in ascending order, once each", ranked(0, other.Number, 1<<60, o.Number, foreign.Number, -1, o.Number),
		[]storage.Ranked{want(o, true), want(other, true)})
	f.same("of no number", len(ranked(2)), 0)
	f.neighbours(s, ranked, want)

	o.Content, o.Metadata = "entirely rewritten", memory.Metadata{Title: "New"}
	f.tx(func(tx storage.Tx) error { _, err := tx.UpdateObservation(f.ctx, o); return err })
	f.same("after an update", ranked(0, o.Number), []storage.Ranked{want(o, true)})
	f.tx(func(tx storage.Tx) error { return tx.DeleteObservation(f.ctx, f.ours, o.ID) })
	f.same("after its deletion", len(ranked(0, o.Number)), 0)
}

// neighbours checks which others of a thread come with what is asked for.
func (f *fixture) neighbours(s memory.Session, ranked func(int64, ...int64) []storage.Ranked, want func(memory.Observation, bool) storage.Ranked) {
	f.Helper()
	put := func(agent, session string) memory.Observation {
		o := newObservation(f.ours, "beside", 20)
		o.AgentID, o.SessionID = memory.Opt(agent), memory.Opt(session)
		return f.putObservation(o)
	}
	first, stranger, second, helper := put("", s.ID), put("", ""), put("", s.ID), put("sub", s.ID)
	last := put("", s.ID)
	f.same("those of the thread within reach", ranked(2, second.Number),
		[]storage.Ranked{want(first, false), want(second, true), want(helper, false), want(last, false)})
	f.same("within a smaller one", ranked(1, second.Number), []storage.Ranked{want(second, true), want(helper, false)})
	f.same("what is asked for is no neighbour", ranked(1, stranger.Number, second.Number),
		[]storage.Ranked{want(first, false), want(stranger, true), want(second, true), want(helper, false)})
	f.same("what does not pass has none", len(ranked(2, helper.Number)), 0)
	f.same("also beside what passes", ranked(1, first.Number, helper.Number), []storage.Ranked{want(first, true)})
	if n := len(ranked(1<<40, last.Number)); n != 4 {
		f.Errorf("out of a reach without bounds came %d", n)
	}
}
