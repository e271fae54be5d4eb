package storagetest

import (
	"encoding/json"
	"slices"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

func title(o memory.Observation) string { return o.Title() }

// testObservations checks that an observation comes back as it was, that its
// generation key makes it once, and what changes, removes and replaces it.
func testObservations(f *fixture) {
	s := f.putSession(newSession(f.ours, "s", 1))
	o := newObservation(f.ours, "Raise the limit", 10)
	o.SessionID, o.AgentID, o.GenerationKey, o.CreatedByJob = memory.Opt(s.ID), "sub", "generation:v1:j:0:f", "j"
	o.Metadata = memory.Metadata{
		Title: "Raise the limit", Subtitle: "of chunks", Narrative: "It was too low.", Facts: []string{"64 KiB → 1 MiB"},
		Concepts: []string{"gotcha"}, FilesRead: []string{"a.go"}, FilesModified: []string{"b/c.go"},
		Summary:  &memory.Summary{Request: "why", Learned: "that"},
		Provider: "local", Model: "rules", Extra: map[string]json.RawMessage{"own": json.RawMessage(`{"k":[1]}`)},
	}
	var keyless memory.Observation
	f.tx(func(tx storage.Tx) error {
		got, created, err := tx.PutObservation(f.ctx, o)
		f.ok(err)
		if got.Number <= 0 {
			f.Errorf("number %d", got.Number)
		}
		o.Number = got.Number
		f.same("stored", got, o)
		f.same("created", created, true)

		again := newObservation(f.ours, "another text", 11)
		again.GenerationKey = o.GenerationKey
		got, created, err = tx.PutObservation(f.ctx, again)
		f.ok(err)
		f.same("the same generation key is the same observation", got, o)
		f.same("created again", created, false)
		for range 2 {
			keyless, created, err = tx.PutObservation(f.ctx, newObservation(f.ours, "without a key", 12))
			f.ok(err)
			f.same("without a key each is its own", created, true)
		}
		return nil
	})
	got, err := f.store.Observation(f.ctx, f.ours, o.ID)
	f.ok(err)
	f.same("read back", got, o)
	f.updates(o)
	list, err := f.store.ObservationsByNumber(f.ctx, f.ours, []int64{keyless.Number, 1 << 60, o.Number, -1, keyless.Number})
	f.ok(err)
	f.same("by number, in the order asked", ids(list, title), []string{"without a key", "New", "without a key"})
	list, err = f.store.ObservationsByNumber(f.ctx, f.ours, nil)
	f.ok(err)
	f.same("by no number", list, []memory.Observation{})
	f.deletes(o)
	f.supersedes(s)
}

// updates checks that kind, content and metadata are replaced and nothing else.
func (f *fixture) updates(o memory.Observation) {
	f.Helper()
	changed := o
	changed.Kind, changed.Content, changed.UpdatedAt = memory.KindManual, "entirely rewritten", 99
	changed.Metadata = memory.Metadata{Title: "New"}
	want := changed
	changed.OccurredAt, changed.SessionID, changed.GenerationKey = 77, "", "" // not the caller's to change
	f.tx(func(tx storage.Tx) error {
		got, err := tx.UpdateObservation(f.ctx, changed)
		f.ok(err)
		f.same("updated", got, want)
		gone := changed
		gone.ID = "nothing"
		_, err = tx.UpdateObservation(f.ctx, gone)
		f.fails("updating nothing", err, memory.ErrNotFound)
		return nil
	})
}

// deletes checks that a number is never given away twice: people cite it.
func (f *fixture) deletes(o memory.Observation) {
	f.Helper()
	f.tx(func(tx storage.Tx) error {
		f.ok(tx.DeleteObservation(f.ctx, f.ours, o.ID))
		f.fails("deleting it again", tx.DeleteObservation(f.ctx, f.ours, o.ID), memory.ErrNotFound)
		again, created, err := tx.PutObservation(f.ctx, o)
		f.ok(err)
		f.same("its key is free again", created, true)
		if again.Number <= o.Number {
			f.Errorf("the number %d of a deleted observation was given away again", again.Number)
		}
		return nil
	})
}

// supersedes checks that only the same session's summaries are replaced.
func (f *fixture) supersedes(s memory.Session) {
	f.Helper()
	put := func(kind string, session memory.Opt) memory.Observation {
		o := newObservation(f.ours, "of a session", 20)
		o.Kind, o.SessionID = kind, session
		return f.putObservation(o)
	}
	other := f.putSession(newSession(f.ours, "other", 1))
	old, note := put(memory.KindSummaryObservation, memory.Opt(s.ID)), put(memory.KindManual, memory.Opt(s.ID))
	elsewhere, newest := put(memory.KindSummaryObservation, memory.Opt(other.ID)), put(memory.KindSummaryObservation, memory.Opt(s.ID))
	f.tx(func(tx storage.Tx) error { return tx.SupersedeSummaries(f.ctx, f.ours, s.ID) })
	for _, c := range []struct {
		o    memory.Observation
		want memory.Opt
	}{{old, memory.Opt(newest.ID)}, {note, ""}, {elsewhere, ""}, {newest, ""}} {
		got, err := f.store.Observation(f.ctx, f.ours, c.o.ID)
		f.ok(err)
		f.same("superseded by", got.SupersededBy, c.want)
	}
	list, err := f.store.Observations(f.ctx, f.ours, storage.ObservationFilter{SessionID: s.ID, WithoutSuperseded: true, Kinds: []string{memory.KindSummaryObservation}}, storage.Page{})
	f.ok(err)
	f.same("without superseded", ids(list, func(o memory.Observation) string { return o.ID }), []string{newest.ID})
}

// testFilters checks every filter of a list, and that a search narrows alike.
func testFilters(f *fixture) {
	s := f.putSession(newSession(f.ours, "s", 1))
	put := func(name string, at memory.Epoch, change func(o *memory.Observation)) {
		o := newObservation(f.ours, name, at)
		change(&o)
		f.putObservation(o)
	}
	put("a", 10, func(o *memory.Observation) {
		o.Kind, o.Metadata.FilesRead = memory.KindBugfix, []string{"internal/lexical/scan.go", "/abs/main.go"}
	})
	put("b", 20, func(o *memory.Observation) {
		o.Metadata.Concepts, o.Metadata.FilesModified = []string{"gotcha", "how-it-works"}, []string{"scan.go"}
	})
	put("c", 20, func(o *memory.Observation) {
		o.SessionID, o.Kind, o.Metadata.Concepts = memory.Opt(s.ID), memory.KindSummaryObservation, []string{"works"}
		o.Metadata.FilesRead = []string{"internal/lexical/scan_test.go", "not-scan.go"}
	})
	put("d", 30, func(o *memory.Observation) {
		o.AgentID, o.Kind = "sub", memory.KindFeature
		o.Metadata.FilesRead = []string{`we"ird (näme) [x].go`, "100%_sure.md", "…"}
		o.Metadata.Extra = map[string]json.RawMessage{"concepts": json.RawMessage(`"gotcha"`)}
	})
	for _, c := range []struct {
		what string
		f    storage.ObservationFilter
		want []string
	}{
		{"newest first, then by number", storage.ObservationFilter{}, []string{"d", "c", "b", "a"}},
		{"kinds", storage.ObservationFilter{Kinds: []string{memory.KindBugfix, memory.KindFeature}}, []string{"d", "a"}},
		{"without summaries", storage.ObservationFilter{WithoutSummaries: true}, []string{"d", "b", "a"}},
		{"summaries without summaries", storage.ObservationFilter{WithoutSummaries: true, Kinds: []string{memory.KindSummaryObservation}}, nil},
		{"an unknown kind", storage.ObservationFilter{Kinds: []string{`x' OR 1=1 --`}}, nil},
		{"any concept, whole", storage.ObservationFilter{Concepts: []string{"how-it-works", "pattern"}}, []string{"b"}},
		{"a concept without a letter", storage.ObservationFilter{Concepts: []string{"---"}}, nil},
		{"the end of a path", storage.ObservationFilter{Files: []string{"lexical/scan.go"}}, []string{"a"}},
		{"a file name, not the end of one", storage.ObservationFilter{Files: []string{"scan.go"}}, []string{"b", "a"}},
		{"any file", storage.ObservationFilter{Files: []string{"/abs/main.go", "scan_test.go"}}, []string{"c", "a"}},
		{"a weird file", storage.ObservationFilter{Files: []string{`we"ird (näme) [x].go`}}, []string{"d"}},
		{"no pattern", storage.ObservationFilter{Files: []string{"100__sure.md", "%", "*", "_.go"}}, nil},
		{"a file without a letter", storage.ObservationFilter{Files: []string{"…"}}, []string{"d"}},
		{"since, inclusive", storage.ObservationFilter{Since: 20}, []string{"d", "c", "b"}},
		{"until, exclusive", storage.ObservationFilter{Until: 20}, []string{"a"}},
		{"session", storage.ObservationFilter{SessionID: s.ID}, []string{"c"}},
		{"without sub-agents", storage.ObservationFilter{WithoutSubagents: true}, []string{"c", "b", "a"}},
		{"several at once", storage.ObservationFilter{Since: 20, Until: 30, Files: []string{"scan.go"}, Concepts: []string{"gotcha"}}, []string{"b"}},
	} {
		list, err := f.store.Observations(f.ctx, f.ours, c.f, storage.Page{})
		f.ok(err)
		f.same(c.what, ids(list, title), c.want)

		list, err = f.store.LastWritten(f.ctx, f.ours, c.f, 0)
		f.ok(err)
		f.same("last written, "+c.what, ids(list, title), c.want)

		want := slices.Sorted(slices.Values(c.want))
		f.same("ranked, "+c.what, f.passing(c.f, []int64{1, 2, 3, 4}), want)
		// The same filter, on a search that matches every one of them.
		matches, err := f.store.Matching(f.ctx, f.ours, storage.Matching{Clauses: [][]string{{"a"}, {"b"}, {"c"}, {"d"}}, Filter: c.f})
		f.ok(err)
		var found []int64
		for _, m := range matches {
			found = append(found, m.Numbers...)
		}
		f.same("search, "+c.what, f.passing(c.f, found), want)
	}
}

// testLastWritten checks that what was written last comes first, whenever it
// happened, and no more than is asked for.
func testLastWritten(f *fixture) {
	for i, at := range []memory.Epoch{30, 10, 20} {
		o := newObservation(f.ours, nth("o", i), at)
		o.Metadata.FilesModified = []string{"pkg/a.go"}
		f.putObservation(o)
	}
	list, err := f.store.LastWritten(f.ctx, f.ours, storage.ObservationFilter{Files: []string{"a.go"}}, 2)
	f.ok(err)
	f.same("the last written", ids(list, title), []string{"o-002", "o-001"})
	list, err = f.store.LastWritten(f.ctx, f.ours, storage.ObservationFilter{}, 2)
	f.ok(err)
	f.same("without a file", ids(list, title), []string{"o-000", "o-002"})
}

// passing are the titles of those that pass the filter, sorted.
func (f *fixture) passing(filter storage.ObservationFilter, numbers []int64) []string {
	f.Helper()
	ranked, err := f.store.Ranked(f.ctx, f.ours, storage.Ranking{Numbers: numbers, Filter: filter})
	f.ok(err)
	var passing []int64
	for _, r := range ranked {
		passing = append(passing, r.Number)
	}
	list, err := f.store.ObservationsByNumber(f.ctx, f.ours, passing)
	f.ok(err)
	return slices.Sorted(slices.Values(ids(list, title)))
}

// testAround checks the neighbours of an observation in time, at the edges too.
func testAround(f *fixture) {
	var numbers []int64
	for i, at := range []memory.Epoch{10, 20, 20, 20, 30, 40} {
		o := newObservation(f.ours, nth("o", i), at)
		switch i {
		case 3:
			o.AgentID = "sub"
		case 4:
			o.SupersededBy = "another"
		}
		numbers = append(numbers, f.putObservation(o).Number)
	}
	f.putObservation(newObservation(f.ours2, "elsewhere", 20))
	for _, c := range []struct {
		anchor, before, after int
		want                  []string
	}{
		{2, 1, 1, []string{"o-001", "o-002", "o-005"}},
		{2, 99, 99, []string{"o-000", "o-001", "o-002", "o-005"}},
		{1, 0, 0, []string{"o-001"}},
		{1, -5, 1, []string{"o-001", "o-002"}},
		{3, 1, 1, []string{"o-002", "o-003", "o-005"}}, // an anchor is always there
		{0, 5, 0, []string{"o-000"}},
	} {
		list, err := f.store.Around(f.ctx, f.ours, numbers[c.anchor], c.before, c.after)
		f.ok(err)
		f.same(nth("around", c.anchor), ids(list, title), c.want)
	}
	_, err := f.store.Around(f.ctx, f.ours, 1<<40, 1, 1)
	f.fails("around nothing", err, memory.ErrNotFound)
}

// testSources checks the links from events to what was made of them.
func testSources(f *fixture) {
	e := f.putEvent(newEvent(f.ours, "", 1))
	source := memory.Source{ID: id.New(), SourceType: memory.KindEvent.SourceType(), SourceID: e.ID, JobID: "job", CreatedAt: 5}
	first := f.putObservation(newObservation(f.ours, "first", 20), source,
		memory.Source{SourceType: memory.KindEvent.SourceType(), SourceID: "another event"})
	second := f.putObservation(newObservation(f.ours, "second", 10), memory.Source{SourceType: memory.KindEvent.SourceType(), SourceID: e.ID})
	f.putObservation(newObservation(f.ours, "third", 10), memory.Source{SourceType: memory.KindSummary.SourceType(), SourceID: e.ID})

	got, err := f.store.EventObservations(f.ctx, f.ours, e.ID)
	f.ok(err)
	f.same("in the order they were made", ids(got, func(o memory.SourcedObservation) string { return o.Title() }), []string{"first", "second"})
	source.ObservationID = first.ID
	f.same("source", got[0].Source, source)
	f.same("observation", got[0].Observation, first)
	if s := got[1].Source; s.ID == "" || s.CreatedAt != second.CreatedAt {
		f.Errorf("a source gets the id and time it lacks: %+v", s)
	}
	f.tx(func(tx storage.Tx) error { return tx.DeleteObservation(f.ctx, f.ours, first.ID) })
	got, err = f.store.EventObservations(f.ctx, f.ours, e.ID)
	f.ok(err)
	f.same("sources go with their observation", len(got), 1)
}

// madeBy is an observation of a job, not stored yet.
func madeBy(j memory.Job, title string, at memory.Epoch) memory.Observation {
	o := newObservation(j.Scope(), title, at)
	o.CreatedByJob, o.GenerationKey = memory.Opt(j.ID), memory.Opt(j.GenerationKeys()+title)
	return o
}

// testJobObservations checks that what a job made is found, and nothing of others.
func testJobObservations(f *fixture) {
	j, other := f.putJob(newJob(f.ours, memory.KindEvent, "a", 1)), f.putJob(newJob(f.ours, memory.KindEvent, "b", 1))
	first, second := f.putObservation(madeBy(j, "9", 5)), f.putObservation(madeBy(j, "10", 4))
	f.putObservation(madeBy(other, "0", 3))
	f.putObservation(newObservation(f.ours, "by hand", 2))
	got, err := f.store.JobObservations(f.ctx, j)
	f.ok(err)
	f.same("in the order they were made", ids(got, func(o memory.Observation) string { return o.ID }), []string{first.ID, second.ID})
	got, err = f.store.JobObservations(f.ctx, newJob(f.ours, memory.KindEvent, "c", 1))
	f.ok(err)
	f.same("of a job that made none", len(got), 0)
}
