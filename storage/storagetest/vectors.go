package storagetest

import (
	"claude-mem/memory"
	"claude-mem/storage"
)

// testVectors checks that vectors come back in the order of their storing, in their
// own project and model only, and go with what they are of.
func testVectors(f *fixture) {
	var all []memory.Observation
	for i, at := range []memory.Epoch{10, 30, 20, 20} {
		all = append(all, f.putObservation(newObservation(f.ours, nth("o", i), at)))
	}
	foreign := f.putObservation(newObservation(f.ours2, "elsewhere", 5))
	put := func(s memory.Scope, model string, values byte, numbers ...int64) {
		f.Helper()
		var vs []storage.Vector
		for _, n := range numbers {
			vs = append(vs, storage.Vector{Number: n, Values: []byte{values, 0, 255}})
		}
		f.tx(func(tx storage.Tx) error { return tx.PutVectors(f.ctx, s, model, vs...) })
	}
	stored := func(s memory.Scope, model string, seq int64, limit int) []storage.Vector {
		f.Helper()
		vs, err := f.store.Vectors(f.ctx, s, model, seq, limit)
		f.ok(err)
		return vs
	}
	numbers := func(vs []storage.Vector) []int64 {
		return ids(vs, func(v storage.Vector) int64 { return v.Number })
	}
	owed := func(model string, from storage.Place, limit int) []string {
		f.Helper()
		list, err := f.store.WithoutVector(f.ctx, f.ours, model, from, limit)
		f.ok(err)
		return ids(list, title)
	}
	put(f.ours, "m", 7, all[1].Number, all[0].Number, foreign.Number, 1<<40)
	put(f.ours, "other model", 7, all[2].Number)
	put(f.ours2, "m", 7, foreign.Number)
	vs := stored(f.ours, "m", 0, 0)
	f.same("stored", numbers(vs), []int64{all[1].Number, all[0].Number})
	f.same("values", vs[0].Values, []byte{7, 0, 255})
	f.same("of another project", numbers(stored(f.ours2, "m", 0, 0)), []int64{foreign.Number})
	f.same("the first", numbers(stored(f.ours, "m", 0, 1)), []int64{all[1].Number})
	f.same("after the first", numbers(stored(f.ours, "m", vs[0].Seq, 9)), []int64{all[0].Number})
	f.same("owed", owed("m", storage.Place{}, 0), []string{"o-003", "o-002"})
	f.same("owed, the first", owed("m", storage.Place{}, 1), []string{"o-003"})
	f.same("owed, from there on", owed("m", storage.Place{OccurredAt: 20, Number: all[3].Number}, 9), []string{"o-002"})

	put(f.ours, "m", 9, all[1].Number)
	again := stored(f.ours, "m", vs[1].Seq, 0)
	f.same("stored anew, it is new", numbers(again), []int64{all[1].Number})
	put(f.theirs, "m", 1, all[1].Number)
	f.same("whoever else stores one", stored(f.ours, "m", vs[1].Seq, 0), again)
	f.tx(func(tx storage.Tx) error {
		_, err := tx.UpdateObservation(f.ctx, all[1])
		f.ok(err)
		return tx.DeleteObservation(f.ctx, f.ours, all[0].ID)
	})
	f.same("after a change and a deletion", len(stored(f.ours, "m", 0, 0)), 0)
	n, err := f.store.CountVectors(f.ctx, f.ours, "other model")
	f.ok(err)
	f.same("count", n, int64(1))
}

// reachesOfVectors are the cases of the isolation test for vectors.
func reachesOfVectors() map[string]reach {
	return map[string]reach{
		"Vectors": func(a attempt) (bool, error) { return some(a.Vectors(a.ctx, a.in, "m", 0, 0)) },
		"CountVectors": func(a attempt) (bool, error) {
			n, err := a.CountVectors(a.ctx, a.in, "m")
			return n > 0, err
		},
		"WithoutVector": func(a attempt) (bool, error) {
			return some(a.WithoutVector(a.ctx, a.in, "another", storage.Place{}, 0))
		},
		"PutVectors": func(a attempt) (bool, error) {
			if err := a.PutVectors(a.ctx, a.in, "n", storage.Vector{Number: a.summary.Number, Values: []byte{1}}); err != nil {
				return false, err
			}
			n, err := a.CountVectors(a.ctx, a.summary.Scope(), "n")
			return n > 0, err
		},
	}
}
