package rank

import (
	"slices"
	"strings"
	"testing"

	"claude-mem/internal/termlist"
	"claude-mem/memory"
	"claude-mem/storage"
)

// note is an observation in a few words.
type note struct {
	memory.Metadata
	text    string
	session string
	at      memory.Epoch
}

// order numbers the notes from 1, scores them as all there is, and returns the
// numbers of those found, best first.
func order(query string, notes ...note) []Found {
	q := Parse(query)
	var all []storage.Ranked
	for i, n := range notes {
		o := memory.Observation{Metadata: n.Metadata, Content: n.text, SessionID: memory.Opt(n.session)}
		if n.text == "" {
			o.Content = n.Content()
		}
		terms := termlist.Of(o)
		all = append(all, storage.Ranked{
			Number: int64(i + 1), Thread: termlist.Thread(o), List: terms.Encode(), OccurredAt: n.at,
		})
	}
	s := q.Statistics(all)
	s.Observations = 1000 // among many others
	return q.Order(s, all)
}

func numbers(found []Found) (out []int64) {
	for _, f := range found {
		out = append(out, f.Number)
	}
	return out
}

// apart puts each note into a session of its own, so that none is another's context.
func apart(notes ...note) []note {
	for i := range notes {
		notes[i].session = strings.Repeat("x", i+1)
	}
	return notes
}

func TestOrder(t *testing.T) {
	filler := strings.Repeat("filler text that says nothing of note here. ", 4)
	for _, c := range []struct {
		name, query string
		notes       []note
		want        []int64
	}{
		{"title before facts before narrative", "zebra", apart(
			note{Metadata: memory.Metadata{Title: "other", Narrative: "zebra " + filler}},
			note{Metadata: memory.Metadata{Title: "other", Narrative: filler, Facts: []string{"zebra"}}},
			note{Metadata: memory.Metadata{Title: "zebra", Narrative: filler}},
		), []int64{3, 2, 1}},
		{"a rare term before common ones", "zebra common", apart(
			note{text: "common"}, note{text: "zebra"}, note{text: "common"}, note{text: "common"},
		), []int64{2, 4, 3, 1}},
		{"all terms before one", "zebra okapi", apart(note{text: "zebra"}, note{text: "zebra okapi"}, note{text: "okapi"}),
			[]int64{2, 3, 1}},
		{"short before long", "zebra", apart(note{text: "zebra in a few words"}, note{text: "zebra " + filler}), []int64{1, 2}},
		{"near before far", "zebra okapi", apart(note{text: "zebra okapi " + filler}, note{text: "zebra " + filler + " okapi"}),
			[]int64{1, 2}},
		{"in the query's order before another", "zebra okapi", apart(note{text: "zebra okapi"}, note{text: "okapi zebra"}), []int64{1, 2}},
		{"as far apart as in the query", "zebra of the okapi", apart(
			note{text: "zebra at my okapi"}, note{text: "zebra okapi"}, note{text: "zebra at first, and then my okapi"},
		), []int64{1, 2, 3}},
		{"a copied name before its words in a title", "reset orphaned branch", apart(
			note{text: "reset orphaned branch " + filler},
			note{Metadata: memory.Metadata{Title: "branch", Narrative: "an orphaned one is reset"}},
		), []int64{1, 2}},
		{"but a sentence is none", "how is an orphaned branch reset", apart(
			note{text: "reset orphaned branch " + filler},
			note{Metadata: memory.Metadata{Title: "branch", Narrative: "an orphaned one is reset"}},
		), []int64{2, 1}},
		{"an identifier before its parts", "MaxChunkSize", apart(
			note{text: "the size of a chunk at most, max"}, note{text: "MaxChunkSize is a bound"},
		), []int64{2, 1}},
		{"other forms of a word", "bought children", apart(note{text: "nothing"}, note{text: "to buy a child something"}), []int64{2}},
		{"the newer of equals", "zebra", apart(note{text: "zebra", at: 1}, note{text: "zebra", at: 9e9}, note{text: "zebra", at: 1}),
			[]int64{2, 3, 1}},
		{"a statement before a question", "zebra", apart(note{text: "is it the zebra"}, note{text: "is it the zebra?"}), []int64{1, 2}},
		{"nothing matches", "quagga", apart(note{text: "zebra"}), nil},
		{"scripts without spaces", "连接池", apart(note{text: "数据库已满"}, note{text: "数据库连接池已满"}), []int64{2}},
	} {
		if got := numbers(order(c.query, c.notes...)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestContextCountsInOneSession(t *testing.T) {
	at := func(session string, texts ...string) (notes []note) {
		for _, text := range texts {
			notes = append(notes, note{text: text, session: session})
		}
		return notes
	}
	// The second half of what is asked stands right before number 2, in its session.
	notes := slices.Concat(at("a", "the zebra enclosure", "it was repaired"), at("b", "other things"), at("c", "it was repaired"))
	if got := numbers(order("when was the zebra enclosure repaired", notes...)); !slices.Equal(got, []int64{1, 2, 4}) {
		t.Errorf("beside its context: %v", got)
	}
	notes[0].session = "z"
	if got := numbers(order("when was the zebra enclosure repaired", notes...)); !slices.Equal(got, []int64{1, 4, 2}) {
		t.Errorf("in another session: %v", got)
	}
}

func TestAnAnswerTakesMoreOfItsQuestion(t *testing.T) {
	score := func(before string) float64 {
		found := order("zebra enclosure", note{text: before}, note{text: "the enclosure was moved"})
		return found[slices.IndexFunc(found, func(f Found) bool { return f.Number == 2 })].Score
	}
	if question, statement := score("where is the zebra?"), score("where is the zebra"); question <= statement {
		t.Errorf("after a question %g, after a statement %g", question, statement)
	}
}

func TestMatchedAreTheWordsThatItHolds(t *testing.T) {
	found := order("Where did the zebras go?", note{text: "one zebra went away"}, note{text: "zebra"})
	if len(found) != 2 || !slices.Equal(found[0].Matched, []string{"zebras", "go"}) || !slices.Equal(found[1].Matched, []string{"zebras"}) {
		t.Errorf("found %+v", found)
	}
}

func TestParseKeepsEachRootOnce(t *testing.T) {
	q := Parse("the zebra, zebras and ZEBRA's")
	if len(q.Terms) != 1 || q.Terms[0].Word != "zebra" || q.Terms[0].Root != "zebra" {
		t.Errorf("parsed %+v", q.Terms)
	}
	if q := Parse("what was that"); len(q.Terms) == 0 {
		t.Error("a query of nothing but stop words asks for nothing")
	}
}

// Whatever is stored, a search answers.
func TestOrderOfDamagedLists(t *testing.T) {
	q := Parse("zebra")
	s := Statistics{Observations: 0, Holding: []int64{5}}
	good := termlist.Of(memory.Observation{Content: "zebra"}).Encode()
	found := q.Order(s, []storage.Ranked{
		{Number: 1}, {Number: 2, List: good[:len(good)-4]}, {Number: 3, List: good}, {Number: 4, List: []byte("zebra")},
	})
	if got := numbers(found); !slices.Equal(got, []int64{3}) || found[0].Score <= 0 {
		t.Errorf("found %+v", found)
	}
}
