package storagetest

import (
	"errors"

	"claude-mem/memory"
	"claude-mem/storage"
)

// testWords checks that a project's words are those of its observations, once those were
// dropped that none holds any more.
func testWords(f *fixture) {
	put := func(s memory.Scope, title string) memory.Observation {
		return f.putObservation(newObservation(s, title, 1))
	}
	words := func(s memory.Scope, q storage.Spelling) []string {
		f.Helper()
		w, err := f.store.Words(f.ctx, s, q)
		f.ok(err)
		return w
	}
	like := func(begin, end string) storage.Spelling {
		return storage.Spelling{Begin: begin, End: end, Shortest: 4, Longest: 8}
	}
	first := put(f.ours, "Parsing the parser")
	second := put(f.ours, "A sparse parser, größer than parsimonious ones")
	put(f.ours2, "Parsley")
	put(f.theirs, "Parson")

	f.same("by their beginning", words(f.ours, like("pars", "?")), []string{"parser", "parsing"})
	f.same("by their end", words(f.ours, like("?", "rse")), []string{"sparse"})
	f.same("by either, once each", words(f.ours, like("gro", "sser")), []string{"grosser"})
	f.same("of other lengths", words(f.ours, storage.Spelling{Begin: "pars", End: "?", Shortest: 7, Longest: 12}), []string{"parsimonious", "parsing"})
	f.same("of a team", words(memory.Scope{TeamID: f.ours.TeamID}, like("pars", "?")), []string{"parser", "parsing", "parsley"})
	f.same("of another one", words(f.theirs, like("pars", "?")), []string{"parson"})
	f.same("of a foreign project", words(memory.Scope{TeamID: f.theirs.TeamID, ProjectID: f.ours.ProjectID}, like("pars", "?")), []string{})
	for _, text := range []string{"", "%", "_", "'", "<", "\x00", "\xff"} {
		words(f.ours, like(text, text)) // none is syntax
	}

	second.Metadata.Title, second.Content = "A sparse one", "A sparse one"
	f.tx(func(tx storage.Tx) error { _, err := tx.UpdateObservation(f.ctx, second); return err })
	f.dropWords(f.ours, 2)
	f.same("what another holds stays", words(f.ours, like("pars", "?")), []string{"parser", "parsing"})
	f.same("after an update", words(f.ours, like("gro", "?")), []string{})
	f.tx(func(tx storage.Tx) error { return tx.DeleteObservation(f.ctx, f.ours, first.ID) })
	f.dropWords(f.ours2, 2)
	f.same("of another project's", words(f.ours, like("pars", "?")), []string{"parser", "parsing"})
	f.dropWords(f.ours, 2)
	f.same("after a deletion", words(f.ours, like("pars", "?")), []string{})
	f.same("of the others", words(f.ours, like("?", "rse")), []string{"sparse"})
	f.wordsOfTransactions(words, like)
}

// wordsOfTransactions checks what a transaction sees, and what stays of one.
func (f *fixture) wordsOfTransactions(words func(memory.Scope, storage.Spelling) []string, like func(begin, end string) storage.Spelling) {
	f.Helper()
	undone := errors.New("undone")
	err := f.store.InTx(f.ctx, func(tx storage.Tx) error {
		if _, _, err := tx.PutObservation(f.ctx, newObservation(f.ours, "Phantoms", 1)); err != nil {
			return err
		}
		seen, err := tx.Words(f.ctx, f.ours, like("phan", "?"))
		f.ok(err)
		f.same("a transaction knows what it learned", seen, []string{"phantoms"})
		return undone
	})
	f.fails("undone", err, undone)
	f.same("of what was undone", words(f.ours, like("phan", "?")), []string{})

	f.wordsOfPurges(words, like)
}

// dropWords drops words that are held by none, a few a step, and says how many.
func (f *fixture) dropWords(s memory.Scope, limit int) (total int64) {
	f.Helper()
	for last := ""; ; {
		next, n := f.dropStep(s, last, limit)
		if total += n; next == "" {
			return total
		}
		if next <= last {
			f.Fatalf("after %q comes %q", last, next)
		}
		last = next
	}
}

func (f *fixture) dropStep(s memory.Scope, after string, limit int) (last string, n int64) {
	f.Helper()
	f.tx(func(tx storage.Tx) (err error) {
		last, n, err = tx.DropWords(f.ctx, memory.Scope{TeamID: s.TeamID}, s.ProjectID, after, limit)
		return err
	})
	return last, n
}

// wordsOfPurges checks that of what is purged no word stays, however many observations do,
// and that what is doubted while words are looked at is looked at again.
func (f *fixture) wordsOfPurges(words func(memory.Scope, storage.Spelling) []string, like func(begin, end string) storage.Spelling) {
	f.Helper()
	late := newObservation(f.ours, "Laters and latest", 9)
	late.CreatedAt = 9
	late = f.putObservation(late)
	f.purge(f.ours, 5)
	f.dropWords(f.ours, 2)
	f.same("of what was purged", words(f.ours, like("?", "rse")), []string{})
	f.same("of what came since", words(f.ours, like("late", "?")), []string{"laters", "latest"})
	f.same("there is nothing to look at", f.dropWords(f.ours, 2), int64(0))

	early := f.putObservation(newObservation(f.ours, "Aardvark", 9))
	late.Metadata.Title, late.Content = "Laters", "Laters"
	f.tx(func(tx storage.Tx) error { _, err := tx.UpdateObservation(f.ctx, late); return err })
	last, _ := f.dropStep(f.ours, "", 1)
	f.same("the first", last, "aardvark")
	f.tx(func(tx storage.Tx) error { return tx.DeleteObservation(f.ctx, f.ours, early.ID) })
	last, _ = f.dropStep(f.ours, last, 99)
	f.same("the end", last, "")
	f.same("of what was looked at", words(f.ours, like("late", "?")), []string{"laters"})
	f.same("of what went since", words(f.ours, like("aard", "?")), []string{"aardvark"})
	f.same("it is looked at again", f.dropWords(f.ours, 99), int64(1))
	f.same("of what went", words(f.ours, like("aard", "?")), []string{})
	f.putObservation(newObservation(f.ours, "Aardvark", 9))
	f.same("of what is back", words(f.ours, like("aard", "?")), []string{"aardvark"})

	f.purge(f.ours, 99)
	f.same("of a project without memories", words(f.ours, like("a", "r")), []string{})
	f.same("of another project", words(f.ours2, like("pars", "?")), []string{"parsley"})
}
