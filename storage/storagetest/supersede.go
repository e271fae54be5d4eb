package storagetest

import (
	"sync"

	"claude-mem/memory"
	"claude-mem/storage"
)

// about is an observation of that title about one file.
func about(s memory.Scope, title string, at memory.Epoch) memory.Observation {
	o := newObservation(s, title, at)
	o.Metadata.FilesModified = []string{"a.go"}
	return o
}

// counting lists the titles of what is not superseded.
func (f *fixture) counting(s memory.Scope) []string {
	f.Helper()
	list, err := f.store.Observations(f.ctx, s, storage.ObservationFilter{WithoutSuperseded: true}, storage.Page{})
	f.ok(err)
	return ids(list, func(o memory.Observation) string { return o.ID })
}

// testAlike checks that of those alike the one that occurred last counts, in whatever
// order they are written, and that nothing else is touched.
func testAlike(f *fixture) {
	first := f.putObservation(about(f.ours, "Raise the limit", 10))
	f.putObservation(about(f.ours2, "Raise the limit", 11))
	f.putObservation(about(f.theirs, "Raise the limit", 11))
	f.same("those of other projects are not alike", f.counting(f.ours), []string{first.ID})

	second := f.putObservation(about(f.ours, "raise  the limit.", 30), memory.Source{SourceType: "t", SourceID: "s"})
	f.same("stored", second.SupersededBy, memory.Opt(""))
	f.same("the newer counts", f.counting(f.ours), []string{second.ID})
	late := f.putObservation(about(f.ours, "Raise the limit", 20))
	f.same("stored late", late.SupersededBy, memory.Opt(second.ID))
	f.same("what is written late does not", f.counting(f.ours), []string{second.ID})
	for _, o := range []memory.Observation{first, late} {
		got, err := f.store.Observation(f.ctx, f.ours, o.ID)
		f.ok(err)
		f.same("superseded by", got.SupersededBy, memory.Opt(second.ID))
		f.same("and else as it was", got.Content, o.Content)
	}
	replaced, err := f.store.Observations(f.ctx, f.ours, storage.ObservationFilter{SupersededBy: second.ID}, storage.Page{})
	f.ok(err)
	f.same("what it replaces", ids(replaced, func(o memory.Observation) string { return o.ID }), []string{late.ID, first.ID})

	told := about(f.ours, "Raise the limit", 40)
	told.SupersededBy = "another"
	f.putObservation(told)
	f.same("one that comes superseded supersedes nothing", f.counting(f.ours), []string{second.ID})
	keyed := about(f.ours, "Lower the limit", 50)
	keyed.GenerationKey = "generation:v1:j:0:f"
	keyed = f.putObservation(keyed)
	again := about(f.ours, "Lower the limit", 60)
	again.GenerationKey = keyed.GenerationKey
	f.same("the same generation key", f.putObservation(again).ID, keyed.ID)
	f.same("is the same observation, which counts", f.counting(f.ours), []string{keyed.ID, second.ID})
	changed := keyed
	changed.Metadata.Title = "Keep the limit"
	f.tx(func(tx storage.Tx) error { _, err := tx.UpdateObservation(f.ctx, changed); return err })
	f.putObservation(about(f.ours, "Lower the limit", 70))
	if n := len(f.counting(f.ours)); n != 3 {
		f.Errorf("%d count: one that was changed is still like what it was", n)
	}
}

// testAlikeAtATime checks that of many that are written at once exactly one counts.
func testAlikeAtATime(f *fixture) {
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for at := range memory.Epoch(4) {
				err := f.store.InTx(f.ctx, func(tx storage.Tx) error {
					for _, title := range []string{"Raise the limit", "Lower the limit"} {
						if _, _, err := tx.PutObservation(f.ctx, about(f.ours, title, at+1)); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					f.Error(err)
				}
			}
		})
	}
	all.Wait()
	f.same("how many count", len(f.counting(f.ours)), 2)
}

// testSupersede checks that what is replaced is marked, in its own project only, and
// can count again.
func testSupersede(f *fixture) {
	a, b := f.putObservation(newObservation(f.ours, "a", 1)), f.putObservation(newObservation(f.ours, "b", 2))
	c := f.putObservation(newObservation(f.ours, "c", 3))
	foreign := f.putObservation(newObservation(f.ours2, "d", 4))
	f.tx(func(tx storage.Tx) error { return tx.Supersede(f.ctx, f.ours, c.ID, []string{a.ID, b.ID}) })
	f.same("what counts", f.counting(f.ours), []string{c.ID})
	passes := func(filter storage.ObservationFilter) []int64 {
		ranked, err := f.store.Ranked(f.ctx, f.ours, storage.Ranking{Numbers: []int64{a.Number, c.Number}, Filter: filter})
		f.ok(err)
		f.same("how many pass", len(ranked), 1)
		return []int64{ranked[0].Number}
	}
	f.same("what a search passes", passes(storage.ObservationFilter{WithoutSuperseded: true}), []int64{c.Number})
	f.same("what it replaces", passes(storage.ObservationFilter{SupersededBy: c.ID}), []int64{a.Number})
	for what, wrong := range map[string][]string{"itself": {a.ID, c.ID}, "nothing": {a.ID, "nothing"}, "another project's": {foreign.ID}} {
		err := f.store.InTx(f.ctx, func(tx storage.Tx) error { return tx.Supersede(f.ctx, f.ours, c.ID, wrong) })
		f.fails("superseding "+what, err, memory.ErrNotFound)
	}
	f.tx(func(tx storage.Tx) error { return tx.Supersede(f.ctx, f.ours, "", []string{a.ID}) })
	f.same("what counts again", f.counting(f.ours), []string{c.ID, a.ID})
}
